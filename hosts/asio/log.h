// A node's log: one logfmt line an entry, with the node, the dialog and the clause.
//   time=2026-01-31T12:00:00.000001Z level=info node=scscf dialog=a84b@ue clause="TS 24.229 …"
//   text="…"
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/node.h"
#include "core/result.h"

namespace imslab::host {

class NodeLog {
public:
    // An empty path: standard error; "syslog:": the system's log. `level` is debug, info, warning,
    // error or off.
    static Result<std::unique_ptr<NodeLog>, std::string> open(const std::string& node,
                                                              const std::string& path,
                                                              const std::string& level);
    ~NodeLog();

    // From any thread. Of warnings at most 200 a second and clause are written, the others counted.
    void write(LogLevel level,
               std::string_view dialog,
               std::string_view clause,
               std::string_view text);
    void write(LogLevel level, std::string_view text) { write(level, {}, {}, text); }
    bool wants(LogLevel level) const;
    bool take_dirty();  // something was written since the last call
    void flush();

private:
    struct Sink;
    explicit NodeLog(std::unique_ptr<Sink> sink);
    std::unique_ptr<Sink> sink_;
};

}  // namespace imslab::host
