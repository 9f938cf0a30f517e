// RFC 3261 §17.1.3: a response belongs to the request with its branch and its CSeq's method.
#include "tests/kills/phones.h"

#include <poll.h>

#include <filesystem>
#include <map>

#include "sip/headers.h"
#include "sip/via.h"

namespace imslab::kills {

namespace {

std::string transaction_of(const sip::Message& message) {
    const auto via = sip::top_via(message);
    return std::string(message.method_text()) + " " +
           (via ? std::string(via->branch()) : std::string());
}

// What a phone sent is its own if its Via is the only one.
bool is_own_request(const trace::Record& record, const sip::Message& message) {
    return record.direction == trace::Direction::sent && message.is_request() &&
           message.method() != sip::Method::ack;
}

}  // namespace

Result<Phones, std::string> Phones::listen(const lab::Topology& topology,
                                           const std::string& folder) {
    Phones phones;
    phones.folder_ = folder + "/phones";
    std::error_code ignored;
    std::filesystem::create_directories(phones.folder_, ignored);
    std::map<IpAddress, std::string> names;
    for (const auto& ue : topology.ues) {
        names[ue.address.ip] = ue.name;
        phones.names_.push_back(ue.name);
    }
    auto tap = lab::Wiretap::listen_to(names, phones.folder_);
    if (!tap) return failure(tap.error());
    phones.tap_ = std::move(*tap);
    return phones;
}

std::vector<std::string> Phones::unanswered() const {
    std::vector<std::string> open;
    for (const auto& name : names_) {
        const auto records = trace::read(folder_ + "/" + name + ".trace");
        if (!records) continue;
        std::map<std::string, bool> answered;
        for (const auto& record : *records) {
            const auto message = sip::parse(record.bytes);
            if (!message) continue;  // bad on purpose
            if (is_own_request(record, *message))
                answered.try_emplace(transaction_of(*message), false);
            if (record.direction != trace::Direction::received || message->is_request()) continue;
            const auto found = answered.find(transaction_of(*message));
            if (found != answered.end() && message->status() >= 200) found->second = true;
        }
        for (const auto& [transaction, done] : answered) {
            if (!done) open.push_back(name + ": " + transaction);
        }
    }
    return open;
}

std::vector<std::string> Phones::await_answers(lab::Deadline deadline) const {
    for (;;) {
        auto open = unanswered();
        if (open.empty() || lab::milliseconds_until(deadline) == 0) return open;
        // nobody tells of a datagram that was heard: look again soon
        poll(nullptr, 0, 20);
    }
}

}  // namespace imslab::kills
