// What bench_peer has measured, as figures for out/bench.json, as Markdown tables and as a chart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/peer_core.h"

namespace imslab::bench {

struct Cell {
    bool calls = false;
    double rate = 0;

    std::string id() const;    // reg_1000
    std::string text() const;  // registrations, 1,000/s
};

struct Measured {
    lab::LoadResult load;
    PerNode cpu_seconds;             // per 1,000 that succeeded
    double generator_cpu_share = 0;  // of one core, while it sent

    double success() const {
        return 100 * static_cast<double>(load.succeeded) / static_cast<double>(load.attempted);
    }
};

struct Column {
    std::vector<std::optional<Measured>> cells;  // in the order of `Results::cells`
    std::optional<PerNode> bytes_per_user;
    std::optional<double> boot_ms;
};

struct Results {
    std::vector<Cell> cells;
    std::map<std::string, Column> columns;  // by name
};

// One line of JSON for each figure.
std::string figures(const Results& results);
std::string markdown(const Results& results);
// CPU-s per 1,000, a group of bars for each load.
std::string chart(const Results& results);

}  // namespace imslab::bench
