// The core as real processes, and its phones.
#pragma once

#include <optional>
#include <string>

#include "lab/performance.h"
#include "tests/unit/lab/lab_process.h"

namespace imslab::lab::test {

struct CoreWithPhones {
    // Empty: on SQLite.
    explicit CoreWithPhones(const std::string& database = {}) {
        if (!database.empty()) {
            auto yaml = content_of(place.topology);
            OwnPlace::replace(
                yaml, "hss: {kind: hss,", "hss: {kind: hss, database: \"" + database + "\",");
            place.write("elsewhere.yaml", yaml);
        }
        up.emplace(place);
        auto loaded = Topology::load(place.topology);
        REQUIRE(loaded);
        topology = std::move(*loaded);
        auto ready = Performance::prepare(topology, nullptr, place.folder + "/ue", 1);
        REQUIRE(ready);
        phones.emplace(std::move(*ready));
    }
    int register_phone(const std::string& ue) {
        RegisterCommand command;
        command.ue = ue;
        return phones->perform(command).status;
    }

    OwnPlace place;
    std::optional<Up> up;
    Topology topology;
    std::optional<Performance> phones;
};

}  // namespace imslab::lab::test
