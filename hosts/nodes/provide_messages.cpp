// messaging::StoreRequest to the database, its answer to the loop.
#include "hosts/nodes/provide_messages.h"

#include "as/messaging/content_filter.h"
#include "hosts/asio/octet_scanner.h"
#include "hosts/nodes/provide_store.h"
#include "hosts/store/message_database.h"

namespace imslab::host {

namespace {

// What clamd is given for an answer.
constexpr std::chrono::seconds kPatience{5};

// "stream: Eicar-Test FOUND", "stream: OK"; anything else is no verdict.
messaging::ScanAnswer verdict_of(const ScanLine& said) {
    using Verdict = messaging::ScanAnswer::Verdict;
    if (!said.error.empty()) return {Verdict::unknown, said.error};
    std::string_view line = said.line;
    if (line.starts_with("stream: ")) line.remove_prefix(8);
    if (line == "OK") return {Verdict::clean, {}};
    if (line.ends_with(" FOUND"))
        return {Verdict::infected, std::string(line.substr(0, line.size() - 6))};
    return {Verdict::unknown, "clamd says " + said.line};
}

}  // namespace

void provide_content_filter(Process& process, const std::string& socket) {
    auto& loop = process.loop();
    loop.provide<messaging::ScanRequest>(
        [socket, &loop](AskId id, messaging::ScanRequest request) {
            scan_octets(loop.io(),
                        socket,
                        std::move(request.octets),
                        kPatience,
                        [id, &loop](const ScanLine& said) { loop.answer(id, verdict_of(said)); });
        },
        2 * kPatience);
}

Result<std::vector<messaging::StoredMessage>, std::string> provide_messages(
    Process& process, const std::string& database) {
    return provide_loaded_store<MessageDatabase>(process.loop(), database);
}

}  // namespace imslab::host
