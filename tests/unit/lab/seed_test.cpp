// A run's seed decides the phones' identifiers, SIPp's among them: Call-IDs, tags, branches.
#include "hosts/trace/trace.h"
#include "lab/places.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab::test;

namespace {

bool identifies(std::string_view line) {
    for (const std::string_view name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
        if (line.starts_with(name)) return true;
    }
    return false;
}

// The identifying header fields of all that the phones said to the P-CSCF, in order.
std::string identifiers_of(const std::string& run) {
    const auto records = trace::read(run + "/pcscf.trace");
    REQUIRE(records);
    std::string identifiers;
    for (const auto& record : *records) {
        const bool from_phone =
            record.flow.remote.ip.to_string().find(".100.") != std::string::npos;
        if (record.direction != trace::Direction::received || !from_phone) continue;
        std::istringstream lines(record.bytes);
        for (std::string line; std::getline(lines, line) && line != "\r";) {
            if (identifies(line)) identifiers += line;
        }
    }
    return identifiers;
}

std::string identifiers_with_seed(const OwnPlace& place, const std::string& seed) {
    const auto said = place.run("SES-001 --seed " + seed);
    INFO(said.text);
    REQUIRE(said.status == 0);
    return identifiers_of(place.out + "/latest/SES-001");
}

}  // namespace

TEST_CASE("given the same seed, the phones identify themselves as before; given another, not") {
    if (!nodes_are_built() || lab::find_program("sipp").empty())
        SKIP("the nodes are not built, or there is no SIPp");
    const OwnPlace place;
    const auto first = identifiers_with_seed(place, "7");
    CHECK(first.find("Call-ID:") != std::string::npos);
    CHECK(first == identifiers_with_seed(place, "7"));
    CHECK(first != identifiers_with_seed(place, "8"));
}

TEST_CASE("no script of the lab's draws identifiers of SIPp's own") {
    for (const auto& entry : fs::directory_iterator(IMSLAB_SOURCE_DIR "/scenarios/ue")) {
        const auto script = content_of(entry.path().string());
        INFO(entry.path().string());
        CHECK(script.find("[pid]") == std::string::npos);
        CHECK(script.find("[branch]") == std::string::npos);
    }
}
