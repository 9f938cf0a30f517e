// A run's seed decides the phones' identifiers, SIPp's among them: Call-IDs, tags, branches.
#include <set>

#include "hosts/trace/trace.h"
#include "lab/places.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab::test;

namespace {

bool identifies(std::string_view line, bool is_response) {
    // The Vias of a response are the nodes': how they number their transactions is up to what comes
    // first.
    if (line.starts_with("Via:")) return !is_response;
    for (const std::string_view name : {"From:", "To:", "Call-ID:", "CSeq:"}) {
        if (line.starts_with(name)) return true;
    }
    return false;
}

// The identifying header fields of each message that a phone said to the P-CSCF. A set: what is
// sent again on a busy machine, and whose message comes first, says nothing.
std::set<std::string> identifiers_of(const std::string& run) {
    const auto records = trace::read(run + "/pcscf.trace");
    REQUIRE(records);
    std::set<std::string> identifiers;
    for (const auto& record : *records) {
        const bool from_phone =
            record.flow.remote.ip.to_string().find(".100.") != std::string::npos;
        if (record.direction != trace::Direction::received || !from_phone) continue;
        const bool is_response = record.bytes.starts_with("SIP/2.0");
        std::istringstream lines(record.bytes);
        std::string message;
        for (std::string line; std::getline(lines, line) && line != "\r";) {
            if (identifies(line, is_response)) message += line;
        }
        identifiers.insert(std::move(message));
    }
    return identifiers;
}

std::set<std::string> identifiers_with_seed(const OwnPlace& place, const std::string& seed) {
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
    REQUIRE(!first.empty());
    CHECK(first.begin()->find("Call-ID:") != std::string::npos);
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
