// RFC 3261 §17.1.3, §17.2.3; RFC 6733 §3: whose response and whose retransmission a message is.
#include "lab/observation_transactions.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "sip/headers.h"

namespace imslab::lab {

namespace {

std::string session_of(const diameter::Message& message) {
    const auto* avp = message.find(263);
    return avp == nullptr ? std::string() : avp->data;
}

// RFC 3261 §17.1.3, §17.2.3: the top Via's branch and sent-by, and the CSeq's number and method;
// per hop. Two hops have two branches.
std::string transaction_of(const ObservedMessage& message, bool with_method = true) {
    if (message.diameter) {
        const auto session = session_of(*message.diameter);
        return "D" + std::to_string(message.diameter->command) + "|" +
               (session.empty() ? std::to_string(message.diameter->end_to_end) : session);
    }
    if (!message.sip) return {};
    const auto via = sip::top_via(*message.sip);
    const auto cseq = sip::cseq(*message.sip);
    if (!via || !cseq) return {};
    if (message.request && cseq->method == "ACK" && with_method) {
        // A proxy sends each copy of an ACK to a 2xx on with a branch of its own: it is known by
        // its dialog.
        return "A" + std::string(sip::call_id(*message.sip)) + "|" + std::to_string(cseq->number) +
               "|" + std::string(sip::from_tag(*message.sip).value_or("")) + "|" +
               std::string(sip::to_tag(*message.sip).value_or(""));
    }
    std::string key = "S" + std::string(via->branch()) + "|" + std::string(via->host) + ":" +
                      std::to_string(via->port) + "|" + std::string(sip::call_id(*message.sip)) +
                      "|" + std::to_string(cseq->number);
    if (with_method) key += "|" + std::string(cseq->method);
    return key;
}

// What a response is found by that does not repeat all of its request, strictest first: the
// transaction as a client tells it (the branch and the method), the branch alone; of Diameter the
// end-to-end identifier.
std::vector<std::string> loose_keys(const ObservedMessage& message) {
    if (message.diameter) {
        const auto& own = *message.diameter;
        if (own.end_to_end == 0) return {};
        return {"E" + std::to_string(own.command) + "|" + std::to_string(own.end_to_end)};
    }
    if (!message.sip) return {};
    const auto via = sip::top_via(*message.sip);
    if (!via || !via->branch().starts_with("z9hG4bK")) return {};
    const auto branch = "B" + std::string(via->branch()) + "|" + std::string(via->host) + ":" +
                        std::to_string(via->port) + "|";
    // RFC 3261 §9.1: a CANCEL has the branch of what it cancels, which may not have been seen.
    if (message.method == "CANCEL") return {branch + message.method};
    return {branch + message.method, branch};
}

// Who is to be found, by what and on which hop.
using Place = std::tuple<std::string, std::size_t, std::size_t>;

class Requests {
public:
    // The request that this one repeats, if it was seen before.
    std::optional<std::size_t> note(const ObservedMessage& request, const std::string& key) {
        const auto [first, fresh] =
            exact_.try_emplace(Place(key, request.from, request.to), request.index);
        if (!fresh) return first->second;
        if (request.method == "ACK") return std::nullopt;  // nobody answers it
        for (const auto& loose : loose_keys(request))
            loose_[Place(loose, request.from, request.to)] = request.index;
        return std::nullopt;
    }

    std::optional<std::size_t> answered_by(const ObservedMessage& response,
                                           const std::string& key) const {
        const auto found = exact_.find(Place(key, response.to, response.from));
        if (found != exact_.end()) return found->second;
        for (const auto& loose : loose_keys(response)) {
            const auto near = loose_.find(Place(loose, response.to, response.from));
            if (near != loose_.end()) return near->second;
        }
        return std::nullopt;
    }

private:
    std::map<Place, std::size_t> exact_;
    std::map<Place, std::size_t> loose_;  // the latest
};

}  // namespace

void link_transactions(Observation& observation) {
    Requests requests;
    std::map<std::tuple<std::string, std::size_t, std::size_t, int>, std::vector<std::size_t>>
        copies;
    for (auto& message : observation.messages) {
        const std::string key = transaction_of(message);
        if (key.empty()) continue;
        if (message.request) {
            message.retransmission_of = requests.note(message, key);
            continue;
        }
        message.answers = requests.answered_by(message, key);
        auto& same = copies[{key, message.from, message.to, message.status}];
        const auto original = std::find_if(same.begin(), same.end(), [&](std::size_t other) {
            return observation.messages[other].bytes == message.bytes;
        });
        if (original == same.end()) {
            same.push_back(message.index);
        } else if (message.sip) {
            message.retransmission_of = *original;
        }
    }
}

void mark_implied(Observation& observation) {
    std::set<std::string> failed_invites;  // transactions of INVITEs that had a 3xx-6xx
    for (auto& message : observation.messages) {
        if (message.retransmission_of) message.implied = true;
        if (message.diameter && message.diameter->application == 0) message.implied = true;
        if (!message.sip) continue;
        if (message.status == 100) message.implied = true;
        // a request may spiral (RFC 3261 §16.3): what an element says to itself is its own affair
        if (message.sip && message.from == message.to) message.implied = true;
        if (message.method == "INVITE" && message.status >= 300)
            failed_invites.insert(transaction_of(message, false));
        // The ACK to a failure is part of its transaction and has its branch (RFC 3261 §17.1.1.3).
        if (message.request && message.method == "ACK" &&
            failed_invites.count(transaction_of(message, false)) != 0) {
            message.implied = true;
        }
    }
}

void forgive_repaired_losses(Observation& observation) {
    for (auto& copy : observation.messages) {
        if (!copy.retransmission_of) continue;
        ObservedMessage& original = observation.messages[*copy.retransmission_of];
        if (!original.lost || !copy.received_ns) continue;
        original.lost = false;
        original.received_ns = copy.received_ns;
        original.received_sequence = copy.received_sequence;
        copy.received_ns.reset();
        copy.received_sequence.reset();
    }
}

}  // namespace imslab::lab
