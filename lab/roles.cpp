// The roles of TS 23.228 §4 by deeds: who asks the HSS what, who sends the first REGISTER, who adds
// Path.
#include "lab/roles.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "sip/headers.h"

namespace imslab::lab {
namespace {

std::size_t via_count(const ObservedMessage& message) {
    return message.sip ? message.sip->values(sip::HeaderId::via).size() : 0;
}

std::string branch_of(const ObservedMessage& message, std::size_t via) {
    const auto values = message.sip->values(sip::HeaderId::via);
    const auto parsed = via < values.size() ? sip::Via::parse(values[via]) : std::nullopt;
    return parsed ? std::string(parsed->branch()) : std::string();
}

// The second Via of a request is the top one of what its sender received: then sender and that
// receiver are one element, even if it listens on one address and sends from another.
void join_sides(Observation& observation) {
    std::map<std::string, std::size_t> receiver_of;  // top Via's branch -> who received it
    std::set<std::size_t> receives_requests;
    for (const auto& message : observation.messages) {
        if (message.request && message.sip) receives_requests.insert(message.to);
    }
    std::vector<std::size_t> same_as(observation.network.participants.size());
    for (std::size_t i = 0; i < same_as.size(); ++i) same_as[i] = i;
    for (const auto& message : observation.messages) {
        if (!message.request || !message.sip) continue;
        const auto vias = message.sip->values(sip::HeaderId::via);
        if (vias.empty()) continue;
        const auto top = sip::Via::parse(vias[0]);
        if (!top || top->branch().empty()) continue;
        if (vias.size() > 1) {
            const auto before = sip::Via::parse(vias[1]);
            const auto received =
                before ? receiver_of.find(std::string(before->branch())) : receiver_of.end();
            const bool stranger = observation.network[message.from].kind == "unknown";
            if (received != receiver_of.end() && received->second != message.from && stranger &&
                received->second != message.to) {
                same_as[message.from] = same_as[received->second];
            }
        }
        receiver_of[std::string(top->branch())] = message.to;
    }
    for (auto& message : observation.messages) {
        message.from = same_as[message.from];
        message.to = same_as[message.to];
    }
    auto& participants = observation.network.participants;
    for (std::size_t i = 0; i < same_as.size(); ++i) {
        if (same_as[i] == i) continue;
        for (const auto& [point, address] : participants[i].addresses)
            participants[same_as[i]].addresses.emplace(point + std::to_string(i), address);
    }
}

void tell_kinds(Observation& observation) {
    auto& participants = observation.network.participants;
    const auto become = [&](std::size_t who, std::string_view kind) {
        if (participants[who].kind == "unknown") participants[who].kind = kind;
    };
    for (const auto& message : observation.messages) {
        if (!message.diameter || !message.request) continue;
        if (message.diameter->application == diameter::kApplicationSh) {
            const bool told = message.label == "PNR";
            become(told ? message.from : message.to, "hss");
            become(told ? message.to : message.from, "as");
        }
        if (message.diameter->application == diameter::kApplicationZn) {
            become(message.to, "bsf");
            become(message.from, "as");
        }
        if (message.diameter->application != diameter::kApplicationCx) continue;
        const bool from_hss = message.label == "RTR" || message.label == "PPR";
        const bool interrogates = message.label == "UAR" || message.label == "LIR";
        become(from_hss ? message.from : message.to, "hss");
        become(from_hss ? message.to : message.from, interrogates ? "icscf" : "scscf");
    }
    // Who accepts a REGISTER that no proxy has passed on is a registrar of plain SIP.
    std::set<std::string> passed_on;  // the branches below the topmost
    for (const auto& message : observation.messages) {
        if (message.method == "REGISTER" && message.request && via_count(message) > 1)
            passed_on.insert(branch_of(message, 1));
    }
    for (const auto& message : observation.messages) {
        if (message.method == "REGISTER" && message.status == 200 && via_count(message) == 1 &&
            !message.sip->has(sip::HeaderId::path) && !passed_on.contains(branch_of(message, 0)))
            become(message.from, "plain-sip");
    }
    // The first proxy of a registration is a P-CSCF, who sends to it a UE.
    for (const auto& message : observation.messages) {
        if (message.method != "REGISTER" || !message.request || !message.sip) continue;
        if (via_count(message) == 1 && !message.sip->has(sip::HeaderId::path)) {
            become(message.from, "ue");
            become(message.to, "pcscf");
        } else if (message.sip->has(sip::HeaderId::path)) {
            if (via_count(message) == 2) become(message.from, "pcscf");
        }
    }
    // Who starts or ends requests and never forwards is a UE.
    std::set<std::size_t> forwards;
    for (const auto& message : observation.messages) {
        if (message.request && via_count(message) > 1) forwards.insert(message.from);
    }
    for (const auto& message : observation.messages) {
        if (!message.request || !message.sip) continue;
        for (const auto& [end, other] :
             {std::pair(message.from, message.to), std::pair(message.to, message.from)}) {
            const auto& kind = participants[other].kind;
            if (forwards.count(end) == 0 && (kind == "pcscf" || kind == "plain-sip"))
                become(end, "ue");
        }
    }
}

// Lifelines as such ladders are usually drawn: UEs, then the way of a request through the network,
// databases last. Who is of a known topology stays in its order, between the UEs and the others.
void put_in_order(Observation& observation, const std::vector<bool>& strangers) {
    constexpr std::array<std::string_view, 9> kOrder{
        "ue", "", "plain-sip", "pcscf", "icscf", "scscf", "as", "bsf", "hss"};
    auto& participants = observation.network.participants;
    const auto rank = [&](std::size_t who) {
        const std::string_view kind =
            strangers[who] ? std::string_view(participants[who].kind) : "";
        return std::find(kOrder.begin(), kOrder.end(), kind) - kOrder.begin();
    };
    std::vector<std::size_t> order(participants.size()), place(participants.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
    std::vector<Participant> sorted;
    for (const auto who : order) {
        place[who] = sorted.size();
        sorted.push_back(std::move(participants[who]));
    }
    participants = std::move(sorted);
    for (auto& message : observation.messages) {
        message.from = place[message.from];
        message.to = place[message.to];
    }
}

// "P-CSCF", "P-CSCF 2"; a UE by the user of its From or To.
void give_names(Observation& observation) {
    std::map<std::string, int> count;
    std::set<std::size_t> used;
    for (const auto& message : observation.messages) {
        used.insert(message.from);
        used.insert(message.to);
    }
    auto& participants = observation.network.participants;
    for (std::size_t i = 0; i < participants.size(); ++i) {
        Participant& participant = participants[i];
        if (participant.name != participant.id || participant.kind == "unknown" ||
            used.count(i) == 0)
            continue;
        const int number = ++count[participant.kind];
        participant.name = display_name_of_kind(participant.kind) +
                           (number > 1 ? " " + std::to_string(number) : "");
    }
}

}  // namespace

void recognise_roles(Observation& observation) {
    std::vector<bool> strangers;
    for (const auto& participant : observation.network.participants)
        strangers.push_back(participant.kind == "unknown");
    join_sides(observation);
    tell_kinds(observation);
    put_in_order(observation, strangers);
    give_names(observation);
}

}  // namespace imslab::lab
