// The node's trace, written by the event loop and by the services' threads alike.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/node.h"
#include "hosts/trace/trace.h"

namespace imslab::host {

class Recorder {
public:
    // Without a writer, tracing is off and costs a comparison.
    explicit Recorder(std::optional<trace::Writer> writer) : writer_(std::move(writer)) {}

    bool is_on() const { return writer_.has_value(); }

    void record(trace::Protocol protocol,
                trace::Direction direction,
                const Flow& flow,
                std::string_view bytes) {
        if (!writer_) return;
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        writer_->append(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
                        protocol,
                        direction,
                        flow,
                        bytes);
    }

    bool pending() {
        if (!writer_) return false;
        const std::lock_guard lock(mutex_);
        return writer_->pending();
    }
    void flush() {
        if (!writer_) return;
        const std::lock_guard lock(mutex_);
        writer_->flush();
    }

private:
    std::mutex mutex_;
    std::optional<trace::Writer> writer_;
};

}  // namespace imslab::host
