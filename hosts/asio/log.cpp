// Structured logs through spdlog.
#include "hosts/asio/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

namespace imslab::host {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

// " key=value", quoted where logfmt needs it: what a peer wrote can never start a line or a field.
void put(std::string& line, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (!line.empty()) line += ' ';
    line.append(key).append("=");
    const auto is_plain = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '='; };
    bool plain = true;
    for (const char c : value) plain = plain && is_plain(c);
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            line += "\\x";
            line += kDigits[static_cast<unsigned char>(c) >> 4U];
            line += kDigits[static_cast<unsigned char>(c) & 0xFU];
        } else {
            line += c;
        }
    }
    line += '"';
}

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kWarningsPerSecond = 200;  // of one clause

// What peers do wrong is a warning, and peers may do it a hundred thousand times a second: of each
// clause so many a second are written, the others counted.
struct Second {
    Clock::time_point began;
    std::uint64_t written = 0, unwritten = 0;
};

}  // namespace

struct NodeLog::Sink {
    std::shared_ptr<spdlog::logger> logger;
    std::atomic<bool> dirty = false;
    std::mutex mutex;
    std::map<std::string, Second, std::less<>> warnings;  // by clause

    // Whether one more may be written now; a new second begins with what the last one left out.
    bool admits(std::string_view clause) {
        const std::lock_guard lock(mutex);
        auto it = warnings.find(clause);
        if (it == warnings.end()) it = warnings.emplace(std::string(clause), Second{}).first;
        auto& second = it->second;
        const auto now = Clock::now();
        if (now - second.began >= std::chrono::seconds(1)) {
            say_unwritten(clause, second);
            second = {now, 0, 0};
        }
        if (second.written == kWarningsPerSecond) return ++second.unwritten, false;
        return ++second.written, true;
    }

    void say_unwritten(std::string_view clause, Second& second) {
        if (second.unwritten == 0) return;
        std::string line;
        put(line, "clause", clause);
        put(line,
            "text",
            std::to_string(second.unwritten) + " more warnings of this clause within the second");
        logger->warn(line);
        second.unwritten = 0;
    }

    ~Sink() {
        for (auto& [clause, second] : warnings) say_unwritten(clause, second);
        logger->flush();
    }
};

NodeLog::NodeLog(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
NodeLog::~NodeLog() = default;

Result<std::unique_ptr<NodeLog>, std::string> NodeLog::open(const std::string& node,
                                                            const std::string& path,
                                                            const std::string& level) {
    static const std::map<std::string, spdlog::level::level_enum> kLevels{
        {"debug", spdlog::level::debug},
        {"info", spdlog::level::info},
        {"warning", spdlog::level::warn},
        {"error", spdlog::level::err},
        {"off", spdlog::level::off}};
    const auto wanted = kLevels.find(level);
    if (wanted == kLevels.end()) {
        return failure("log_level is \"" + level +
                       "\"; expected debug, info, warning, error or off");
    }
    auto sink = std::make_unique<Sink>();
    try {
        spdlog::sink_ptr out;
        if (path.empty()) {
            out = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else if (path == "syslog:") {
            out = std::make_shared<spdlog::sinks::syslog_sink_mt>(
                "imslab", LOG_PID, LOG_DAEMON, true);
        } else {
            out = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
        }
        sink->logger = std::make_shared<spdlog::logger>(node, std::move(out));
    } catch (const spdlog::spdlog_ex& error) {
        return failure("cannot write the log " + path + ": " + error.what());
    }
    sink->logger->set_pattern(path == "syslog:" ? "level=%l node=%n %v"
                                                : "time=%Y-%m-%dT%H:%M:%S.%fZ level=%l node=%n %v",
                              spdlog::pattern_time_type::utc);
    sink->logger->set_level(wanted->second);
    return std::unique_ptr<NodeLog>(new NodeLog(std::move(sink)));
}

void NodeLog::write(LogLevel level,
                    std::string_view dialog,
                    std::string_view clause,
                    std::string_view text) {
    if (!wants(level)) return;
    if (level == LogLevel::warning && !sink_->admits(clause)) return;
    std::string line;
    put(line, "dialog", dialog);
    put(line, "clause", clause);
    put(line, "text", text);
    sink_->logger->log(level_of(level), line);
    sink_->dirty.store(true, std::memory_order_relaxed);
}

bool NodeLog::wants(LogLevel level) const { return sink_->logger->should_log(level_of(level)); }

bool NodeLog::take_dirty() { return sink_->dirty.exchange(false, std::memory_order_relaxed); }

void NodeLog::flush() { sink_->logger->flush(); }

}  // namespace imslab::host
