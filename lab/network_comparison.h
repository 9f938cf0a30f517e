// The same scenario on two networks: on which way each message went there and there, and which
// header fields one network adds that the other does not know. What an IMS adds to plain SIP.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lab/ladder.h"
#include "lab/observation.h"
#include "lab/report.h"

namespace imslab::lab {

struct AddedField {
    std::string header;
    std::string by;            // the lifeline that put it in
    std::string until;         // who took it out again; empty: it reached the end
    std::string clause, says;  // empty: no clause known
};

// One message on both networks, by the lifelines it visited: alice, P-CSCF, …, bob.
struct ComparedMessage {
    std::string label;  // "INVITE", "200 (INVITE)"
    std::vector<std::string> first, second;
    std::vector<AddedField> added;      // only on the first; each told once in a comparison
    std::vector<AddedField> missing;    // only on the second
    std::vector<AddedField> taken_out;  // on both; reaches the end on the second alone
};

struct NetworkComparison {
    std::string scenario, first, second;  // SES-001, core, plain-sip
    std::size_t first_messages = 0, second_messages = 0;
    std::vector<std::string> diameter;  // on the first only: LIR, LIA
    std::vector<ComparedMessage> messages;
};

NetworkComparison compare_networks(const Observation& first, const Observation& second);
// Of each scenario that passed on two networks; the one of its head is the first.
std::vector<NetworkComparison> comparisons_of(const std::vector<ScenarioRun>& runs);

std::string draw_comparison(const NetworkComparison& comparison, const LadderStyle& style);
// "SES-001: 42 messages on core, 15 on plain-sip; INVITE over 6 hops and 2; core adds …"
std::string summary_of(const NetworkComparison& comparison);
nlohmann::ordered_json to_json(const NetworkComparison& comparison);
std::string html_comparison(const NetworkComparison& comparison);

}  // namespace imslab::lab
