// ClamAV's daemon beside the nodes of a run (clamd(8)), for messaging servers whose content filter
// is `clamd`. It knows one signature, that of the test file of the EICAR, and so needs no database
// of the world's malware.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "lab/node_config.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

bool needs_scanner(const Topology& topology);
// One sentence with the remedy; empty: nothing is missing.
std::string why_no_scanner();
std::string scanner_socket(const NodeOptions& options);
std::string scanners_test_string();
// `clamd` is replaced by where it listens.
void name_scanner(nlohmann::ordered_json& settings, const NodeOptions& options);

class ContentScanner {
public:
    // Back when it answers. One sentence if it does not.
    static Result<std::unique_ptr<ContentScanner>, std::string> start(const NodeOptions& options,
                                                                      Deadline deadline);
    ~ContentScanner();

private:
    ContentScanner(Process process, std::string socket)
        : process_(std::move(process)), socket_(std::move(socket)) {}
    Process process_;
    std::string socket_;
};

}  // namespace imslab::lab
