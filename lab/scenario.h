// A scenario: one Markdown file in the shape of an OMA Enabler Test Specification case.
// docs/scenario-format.md is its description for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/criterion.h"
#include "lab/mermaid.h"
#include "lab/mistake.h"
#include "lab/network.h"

namespace imslab::lab {

// One line of the test procedure. The command is the runner's to understand.
struct Step {
    std::string command;               // "alice register"
    std::string text;                  // the prose beside it
    std::size_t line = 0, column = 0;  // of the command
};

// The same procedure on another network ("Also on"): a call flow and criteria of its own.
struct OtherNetwork {
    std::string topology;
    std::size_t line = 0, column = 0;  // in the row
    Diagram flow;
    std::vector<Criterion> criteria;
};

struct Scenario {
    std::string file;
    std::string id, title;  // "REG-001", "Initial registration with IMS AKA"
    std::string base_id;    // "SES-001" of "SES-001@plain-sip"; else as the ID
    std::string test_object, specification, preconditions;
    std::vector<std::string> conformance;  // items of OMA's static conformance requirements (SCR)
    std::string topology = "core";
    std::vector<std::string> tags, departures, actors;  // comma-separated in the file
    // Rows of the head table that the analysis does not know are mistakes; each known row's place,
    // for the runner's own:
    struct Place {
        std::size_t line = 0, column = 0;
    };
    Place preconditions_at, topology_at, actors_at, departures_at;
    std::string purpose;  // the paragraphs between the table and the procedure
    std::vector<Step> steps;
    Diagram flow;
    std::vector<Criterion> criteria;
    std::vector<OtherNetwork> also_on;
    std::string markdown;  // the whole file

    bool is_on_another_network() const { return id != base_id; }
};

Result<Scenario, Mistakes> parse_scenario(const std::string& file, std::string_view markdown);
// Reads the file; a missing file is a mistake at 1:1.
Result<Scenario, Mistakes> load_scenario(const std::string& path);
// The scenario as it is played there: SES-001@plain-sip.
Scenario on_another_network(const Scenario& scenario, const OtherNetwork& network);
// Does every lifeline and every name in the criteria exist there? (`imslab check`, and before a
// run)
Mistakes check_against(const Scenario& scenario, const Network& network);

}  // namespace imslab::lab
