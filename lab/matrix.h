// `imslab run --matrix`: each scenario with each CSCF played by Kamailio's own IMS modules, one at
// a time and all at once, beside our own. Who conforms, and what the others depart from.
#pragma once

#include <string>
#include <vector>

#include "lab/run.h"

namespace imslab::lab {

// Who plays: as the table has it, as --stock does, and as a folder is called.
struct Cast {
    const char *name, *stock, *folder;
};
const std::vector<Cast>& casts();

// What is wrong, by whom, and the clause that has it.
struct Departure {
    std::string clause;  // of a flow: what the scenario is about; empty: it could not be played
    std::string who;     // "P-CSCF (theirs)"; empty: nobody's message
    std::string sentence;

    std::string to_string() const;
    bool operator==(const Departure&) const = default;
};
// Each once, in the order: the run itself, the flow, the rule book, the scenario's own criteria.
std::vector<Departure> departures_of(const ScenarioRun& run, const Topology& topology);

struct MatrixCell {
    bool passed = false;
    std::string not_played;  // why: somebody else's node cannot do what a step asks; or empty
    std::vector<Departure> departures;
    std::string report;  // relative to the matrix's own; empty: it was not played
};
struct MatrixRow {
    std::string id, title;
    std::vector<MatrixCell> cells;  // beside casts()
};
struct Matrix {
    std::string folder;  // where it lies
    std::vector<MatrixRow> rows;
    std::vector<std::string> not_run;  // or not with all casts: it was interrupted

    bool all_passed() const;  // that were played
};

// Plays all; a row is printed as it grows unless `quiet`.
Matrix play_matrix(const RunOptions& options,
                   const std::vector<PreparedScenario>& scenarios,
                   bool quiet);
// Each departure once, with where it was seen: "their P, all theirs: SES-001, SES-003".
std::string departures_text(const Matrix& matrix);
std::string matrix_json(const Matrix& matrix);
std::string html_matrix(const Matrix& matrix, const RunFacts& facts);

}  // namespace imslab::lab
