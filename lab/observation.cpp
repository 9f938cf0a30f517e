// Merges the nodes' traces: two records of a hop become one message; responses find their requests.
#include "lab/observation.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "diameter/dictionary.h"
#include "lab/observation_http.h"
#include "lab/observation_msrp.h"
#include "lab/observation_parts.h"
#include "lab/observation_transactions.h"
#include "sip/headers.h"

namespace imslab::lab {
namespace {

// Two processes of one machine read one clock; this is for what scheduling does to the moment of
// reading it.
constexpr std::int64_t kClockTolerance_ns = 5'000'000;

struct Seen {
    std::size_t owner = 0;            // participant whose trace it is in
    std::optional<std::size_t> peer;  // by the remote address
    trace::Record record;
};

std::string text_avp(const diameter::Message& message, std::uint32_t code) {
    const auto* avp = message.find(code);
    return avp == nullptr ? std::string() : avp->data;
}

// What both ends agree on. Of a Diameter message the hop-by-hop identifier may be put in after it
// was recorded, so it is known by its session.
std::string key_of(const trace::Record& record) {
    if (record.protocol == trace::Protocol::sip || record.protocol == trace::Protocol::msrp)
        return record.bytes;
    if (record.protocol == trace::Protocol::http) {
        // The same request may be made again: it is known by its connection.
        const auto ends = std::minmax(record.flow.local, record.flow.remote);
        return record.bytes + "|" + ends.first.to_string() + "|" + ends.second.to_string();
    }
    const auto message = diameter::decode(record.bytes);
    if (!message) return record.bytes;
    std::string key = std::to_string(message->command) + (message->request ? "R" : "A");
    const std::string session = text_avp(*message, 263);
    return key + "|" +
           (session.empty() ? std::to_string(message->end_to_end) + text_avp(*message, 264)
                            : session);
}

bool may_be_one(const Seen& sent, const Seen& received) {
    if (sent.owner == received.owner) return false;
    if (sent.peer && *sent.peer != received.owner) return false;
    return !received.peer || *received.peer == sent.owner;
}

struct Pairing {
    std::vector<Seen> sent, received;  // of one key, each in time order
};

class Merger {
public:
    Merger(Network network, std::vector<NodeTrace> traces, Window window) {
        observation_.network = std::move(network);
        for (const auto& participant : observation_.network.participants)
            on_the_wire_.push_back(!participant.traced);
        gather(std::move(traces), window);
    }

    Observation run() {
        for (auto& [key, pairing] : by_key_) pair(pairing);
        complete_observation(observation_);
        return std::move(observation_);
    }

private:
    void gather(std::vector<NodeTrace> traces, Window window) {
        Network& network = observation_.network;
        const auto before = messages_before(traces, window);
        for (auto& trace : traces) {
            std::optional<std::size_t> owner;
            for (std::size_t i = 0; i < network.participants.size(); ++i) {
                if (network[i].id == trace.participant) owner = i;
            }
            if (!owner) {
                observation_.remarks.push_back("a trace of " + trace.participant +
                                               ", which is not in the topology");
                continue;
            }
            network.participants[*owner].traced = true;
            put_msrp_together(trace.records);
            for (auto& record : trace.records) {
                if (record.time_ns < window.from_ns || record.time_ns > window.to_ns) continue;
                if (before.contains(key_of(record))) continue;
                Seen seen{*owner, network.at(record.flow.remote), std::move(record)};
                auto& pairing = by_key_[key_of(seen.record)];
                auto& list = seen.record.direction == trace::Direction::sent ? pairing.sent
                                                                             : pairing.received;
                list.push_back(std::move(seen));
            }
        }
    }

    // What was said before the window and is heard, or said again, within it is no part of it.
    static std::set<std::string> messages_before(const std::vector<NodeTrace>& traces,
                                                 Window window) {
        std::set<std::string> keys;
        for (const auto& trace : traces) {
            for (const auto& record : trace.records) {
                if (record.time_ns < window.from_ns) keys.insert(key_of(record));
            }
        }
        return keys;
    }

    // Each receipt belongs to a sending before it; where more were sent than came, the latest
    // sending that fits.
    void pair(Pairing& pairing) {
        const auto by_time = [](const Seen& a, const Seen& b) {
            return a.record.time_ns < b.record.time_ns;
        };
        std::stable_sort(pairing.sent.begin(), pairing.sent.end(), by_time);
        std::stable_sort(pairing.received.begin(), pairing.received.end(), by_time);
        std::vector<bool> taken(pairing.sent.size(), false);
        for (std::size_t r = 0; r < pairing.received.size(); ++r) {
            const Seen& received = pairing.received[r];
            std::vector<std::size_t> fitting;
            for (std::size_t s = 0; s < pairing.sent.size(); ++s) {
                if (!taken[s] && may_be_one(pairing.sent[s], received) &&
                    pairing.sent[s].record.time_ns <=
                        received.record.time_ns + kClockTolerance_ns) {
                    fitting.push_back(s);
                }
            }
            if (fitting.empty()) {
                add(nullptr, &received);
                continue;
            }
            const std::size_t still_to_come = static_cast<std::size_t>(
                std::count_if(pairing.received.begin() + static_cast<std::ptrdiff_t>(r) + 1,
                              pairing.received.end(),
                              [&](const Seen& other) { return other.owner == received.owner; }));
            const std::size_t spare =
                fitting.size() > still_to_come + 1 ? fitting.size() - still_to_come - 1 : 0;
            const std::size_t chosen = fitting[std::min(spare, fitting.size() - 1)];
            taken[chosen] = true;
            add(&pairing.sent[chosen], &received);
        }
        for (std::size_t s = 0; s < pairing.sent.size(); ++s) {
            if (!taken[s]) add(&pairing.sent[s], nullptr);
        }
    }

    // Would its arrival have been seen? Of who writes no trace only SIP is taken from the wire; an
    // HTTP client is not expected to write one.
    bool is_heard(const ObservedMessage& message) const {
        return observation_.network[message.to].traced &&
               (message.protocol == trace::Protocol::sip || !on_the_wire_[message.to]);
    }

    void add(const Seen* sent, const Seen* received) {
        Network& network = observation_.network;
        const Seen& either = sent != nullptr ? *sent : *received;
        ObservedMessage message;
        message.protocol = either.record.protocol;
        message.transport = either.record.flow.transport;
        message.bytes = either.record.bytes;
        decode_message(message);
        if (sent != nullptr) {
            message.from = sent->owner;
            message.source = sent->record.flow.local;
            message.destination = sent->record.flow.remote;
            message.sent_ns = sent->record.time_ns;
            message.sent_sequence = sent->record.sequence;
            message.to = received != nullptr ? received->owner : peer_of(*sent, message, true);
        }
        if (received != nullptr) {
            message.to = received->owner;
            message.received_ns = received->record.time_ns;
            message.received_sequence = received->record.sequence;
            if (sent == nullptr) {
                message.source = received->record.flow.remote;
                message.destination = received->record.flow.local;
                message.from = peer_of(*received, message, false);
            }
        }
        if (sent != nullptr && received == nullptr) message.lost = is_heard(message);
        observation_.messages.push_back(std::move(message));
    }

    // Who is at the other end of what only one end has seen: by address, else by the Diameter
    // identity.
    std::size_t peer_of(const Seen& seen, const ObservedMessage& message, bool destination) {
        Network& network = observation_.network;
        if (seen.peer) return *seen.peer;
        if (message.diameter) {
            const auto by_host =
                network.with_host(text_avp(*message.diameter, destination ? 293 : 264));
            if (by_host && *by_host != seen.owner) return *by_host;
        }
        return network.at_or_unknown(seen.record.flow.remote);
    }

    Observation observation_;
    std::map<std::string, Pairing> by_key_;
    std::vector<bool> on_the_wire_;  // participants that write no trace of their own
};

// ---- order

// A message's place on the lifelines: what a trace has counted, the clock breaking ties between
// traces.
void sort_by_time(Observation& observation) {
    std::stable_sort(
        observation.messages.begin(), observation.messages.end(), [](const auto& a, const auto& b) {
            if (a.time_ns() != b.time_ns()) return a.time_ns() < b.time_ns();
            if (a.from == b.from && a.sent_sequence && b.sent_sequence)
                return *a.sent_sequence < *b.sent_sequence;
            if (a.to == b.to && a.received_sequence && b.received_sequence)
                return *a.received_sequence < *b.received_sequence;
            return false;
        });
    for (std::size_t i = 0; i < observation.messages.size(); ++i) observation.messages[i].index = i;
    if (!observation.messages.empty())
        observation.start_ns = observation.messages.front().time_ns();
}

bool same_transaction_end_to_end(const ObservedMessage& a, const ObservedMessage& b) {
    if (a.request != b.request || a.status != b.status || a.method != b.method ||
        a.dialog != b.dialog)
        return false;
    if (!a.sip || !b.sip) return false;
    const auto a_cseq = sip::cseq(*a.sip);
    const auto b_cseq = sip::cseq(*b.sip);
    if (!a_cseq || !b_cseq || a_cseq->number != b_cseq->number) return false;
    return sip::from_tag(*a.sip) == sip::from_tag(*b.sip) &&
           (a.request || sip::to_tag(*a.sip) == sip::to_tag(*b.sip));
}

}  // namespace

namespace {

void decode_http(ObservedMessage& message) {
    auto parsed = http::parse(message.bytes);
    if (!parsed) {
        const std::string_view line =
            std::string_view(message.bytes).substr(0, message.bytes.find_first_of("\r\n"));
        message.malformed = std::move(parsed.error());
        message.request = !line.starts_with("HTTP/");
        message.label = std::string(line.substr(0, std::min<std::size_t>(line.find(' '), 24)));
        message.method = message.request ? message.label : std::string();
        return;
    }
    message.request = parsed->is_request;
    message.method = parsed->method;
    message.status = parsed->status;
    message.label = parsed->is_request
                        ? parsed->method
                        : std::to_string(parsed->status) + " " + parsed->reason;
    message.http = std::make_shared<const http::Message>(std::move(*parsed));
}

}  // namespace

void decode_message(ObservedMessage& message) {
    if (message.protocol == trace::Protocol::msrp) return decode_msrp(message);
    if (message.protocol == trace::Protocol::diameter) {
        auto decoded = diameter::decode(message.bytes);
        if (!decoded) {
            message.malformed =
                decoded.error().reason + " at octet " + std::to_string(decoded.error().position);
            message.label = "malformed Diameter";
            return;
        }
        message.request = decoded->request;
        message.label = diameter::command_name(decoded->command, decoded->request);
        message.method = diameter::command_name(decoded->command, true);
        message.dialog = text_avp(*decoded, 263);
        message.diameter = std::make_shared<const diameter::Message>(std::move(*decoded));
        return;
    }
    if (message.protocol == trace::Protocol::http) return decode_http(message);
    auto parsed = sip::parse(message.bytes);
    if (!parsed) {
        message.malformed = parsed.error().error.reason + " (line " +
                            std::to_string(parsed.error().error.line) + ", column " +
                            std::to_string(parsed.error().error.column) + ")";
        const std::string_view line =
            std::string_view(message.bytes).substr(0, message.bytes.find_first_of("\r\n"));
        message.label = std::string(line.substr(0, std::min<std::size_t>(line.find(' '), 24)));
        // What stands first in a request's start line can be drawn even so.
        message.request = line.substr(0, 8) != "SIP/2.0 ";
        message.method = message.request ? message.label : std::string();
        return;
    }
    message.request = parsed->is_request();
    message.method = std::string(parsed->method_text());
    message.status = parsed->status();
    message.dialog = std::string(sip::call_id(*parsed));
    message.label = message.request
                        ? message.method
                        : std::to_string(message.status) + " " + std::string(parsed->reason());
    message.sip = std::make_shared<const sip::Message>(std::move(*parsed));
}

void complete_observation(Observation& observation) {
    for (auto& message : observation.messages) {
        message.reference_point =
            reference_point_between(observation.network[message.from].kind,
                                    observation.network[message.to].kind,
                                    message.protocol == trace::Protocol::diameter);
        if (message.diameter && message.diameter->application == diameter::kApplicationZh)
            message.reference_point = "Zh";
        if (message.diameter && message.diameter->application == diameter::kApplicationZn)
            message.reference_point = "Zn";
        if (message.protocol == trace::Protocol::msrp) message.reference_point = "Mb";
    }
    sort_by_time(observation);
    link_transactions(observation);
    link_http(observation);
    name_http_points(observation);
    link_msrp(observation);
    mark_implied(observation);
    forgive_repaired_losses(observation);
}

const ObservedMessage* Observation::request_of(const ObservedMessage& response) const {
    return response.answers ? &messages[*response.answers] : nullptr;
}

const ObservedMessage* Observation::hop_before(const ObservedMessage& message) const {
    const ObservedMessage* found = nullptr;
    for (const auto& other : messages) {
        if (other.index >= message.index) break;
        if (other.to == message.from && !other.retransmission_of &&
            same_transaction_end_to_end(other, message))
            found = &other;
    }
    return found;
}

Observation merge(Network network, std::vector<NodeTrace> traces, Window window) {
    return Merger(std::move(network), std::move(traces), window).run();
}

bool save_network(const std::string& folder, const Network& network) {
    std::ofstream file(folder + "/network.json");
    file << to_json(network).dump(2) << '\n';
    return file.good();
}

bool save_window(const std::string& folder, const Window& window) {
    std::ofstream file(folder + "/window.json");
    file << nlohmann::ordered_json{{"from_ns", window.from_ns}, {"to_ns", window.to_ns}}.dump()
         << "\n";
    return file.good();
}

Result<Observation, std::string> load_record(const std::string& folder) {
    Window window;
    std::ifstream file(folder + "/window.json");
    const auto saved = nlohmann::json::parse(file, nullptr, false);
    if (saved.is_object()) {
        window.from_ns = saved.value("from_ns", window.from_ns);
        window.to_ns = saved.value("to_ns", window.to_ns);
    }
    return load_record(folder, window);
}

Result<Observation, std::string> load_record(const std::string& folder, const Window& window) {
    std::ifstream file(folder + "/network.json");
    if (!file) return failure(folder + " is no record of a run: it has no network.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto network = network_from_json(text);
    if (!network) return failure(folder + ": " + network.error());
    std::vector<NodeTrace> traces;
    std::vector<std::string> remarks;
    for (const auto& participant : network->participants) {
        const std::string path = folder + "/" + participant.id + ".trace";
        if (!std::ifstream(path)) continue;
        auto records = trace::read(path);
        if (!records) {
            remarks.push_back(records.error());
            continue;
        }
        traces.push_back({participant.id, std::move(*records)});
    }
    Observation observation = merge(std::move(*network), std::move(traces), window);
    observation.remarks.insert(observation.remarks.end(), remarks.begin(), remarks.end());
    return observation;
}

}  // namespace imslab::lab
