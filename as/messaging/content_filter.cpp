// What the scanner says of a message, and what follows from it.
#include "as/messaging/content_filter.h"

#include "as/messaging/body_parts.h"
#include "as/messaging/cpim.h"

namespace imslab::messaging {

std::vector<std::string> contents_of(std::string_view content_type, std::string_view body) {
    std::vector<std::string> contents;
    auto parts = parts_of(content_type, body);
    if (!parts) return contents;
    for (auto& part : *parts) {
        if (media_type(part.type) == "message/cpim") {
            if (auto cpim = read_cpim(part.content)) part.content = std::move(cpim->content);
        }
        contents.push_back(std::move(part.content));
    }
    return contents;
}

Task<std::optional<ContentFilter::Objection>> ContentFilter::look_at(
    std::vector<std::string> contents, std::string call_id) {
    std::optional<Objection> objection;
    for (auto& content : contents) {
        std::any question{ScanRequest{std::move(content)}};
        auto answer = co_await services_.asks().ask<ScanAnswer>(std::move(question));
        ScanAnswer verdict{ScanAnswer::Verdict::unknown, {}};
        if (answer)
            verdict = *answer;
        else
            verdict.name = answer.error().reason;
        if (verdict.verdict == ScanAnswer::Verdict::infected) {
            ++infected_;
            objection = Objection{true, "The content is refused: " + verdict.name};
            break;
        }
        if (verdict.verdict == ScanAnswer::Verdict::clean) continue;
        objection = unseen(call_id, verdict.name);
        if (objection) break;
    }
    co_return objection;
}

std::optional<ContentFilter::Objection> ContentFilter::unseen(std::string_view call_id,
                                                              const std::string& why) {
    ++unfiltered_;
    services_.log(LogLevel::warning, call_id, {}, "a message could not be looked at: " + why);
    if (!required_) return std::nullopt;
    return Objection{false, "The content could not be looked at"};
}

}  // namespace imslab::messaging
