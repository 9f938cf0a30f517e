// A message that was not drawn fails the scenario also when it comes after everything that was
// drawn, with real processes: what a node still has open is waited for, nothing else.
#include "lab/places.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab::lab::test;

namespace {

// A phone that says REGISTER and hangs up.
constexpr const char* kSaysAndLeaves = R"(<?xml version="1.0" encoding="UTF-8"?>
<scenario name="says and leaves">
  <send>
    <![CDATA[
      REGISTER sip:[home] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK[phone]-1
      Max-Forwards: 70
      From: <[identity]>;tag=[phone]c
      To: <[identity]>
      Call-ID: [call_id]
      CSeq: 1 REGISTER
      Contact: <sip:[local_ip]:[local_port]>;expires=600
      Authorization: Digest username="001010000000001@[home]",realm="[home]",uri="sip:[home]",nonce="",response=""
      Content-Length: 0

    ]]>
  </send>
</scenario>
)";

// The S-CSCF is somebody else's and silent; the I-CSCF gives up after 64 × 10 ms (Timer F).
OwnPlace& with_silent_scscf(OwnPlace& place) {
    auto yaml = content_of(place.topology);
    OwnPlace::replace(yaml, "{kind: scscf,", "{kind: scscf, external: true,");
    OwnPlace::replace(yaml,
                      "{kind: icscf,",
                      "{kind: icscf, settings: {timers: {t1_ms: 10, t2_ms: 40, t4_ms: 50}},");
    place.topology = place.write("silent.yaml", yaml);
    return place;
}

std::string scenario(const OwnPlace& place, const std::string& after) {
    const auto script = place.write("says_and_leaves.xml", kSaysAndLeaves);
    const auto relative =
        fs::path(script).lexically_relative(IMSLAB_SOURCE_DIR "/scenarios/ue").string();
    return R"(# OWN-003 The S-CSCF is silent

| | |
|---|---|
| Test object | I-CSCF |
| Specification | RFC 3261 §17.1.2 |
| Topology | core |

## Test procedure
1. `alice play )" +
           relative + R"(` – Alice's phone registers and is gone.

## Call flow
```mermaid
sequenceDiagram
    participant alice
    participant P-CSCF
    participant I-CSCF
    participant S-CSCF
    participant HSS
    alice->>P-CSCF: REGISTER
    P-CSCF->>I-CSCF: REGISTER
    I-CSCF->>HSS: UAR
    HSS-->>I-CSCF: UAA
    I-CSCF->>S-CSCF: REGISTER
)" + after +
           R"(```
)";
}

}  // namespace

TEST_CASE("given all that was drawn has come, a late one that was not drawn fails the scenario") {
    if (!nodes_are_built() || imslab::lab::find_program("sipp").empty())
        SKIP("the nodes are not built, or there is no SIPp");
    OwnPlace place;
    with_silent_scscf(place);
    const auto file = place.write("OWN-003-silent.md", scenario(place, {}));
    const auto said = place.run(file);
    INFO(said.text);
    CHECK(said.status == 1);
    CHECK(said.has("I-CSCF"));
    CHECK(said.has("504"));
}

TEST_CASE("given the late message is drawn, the same run passes") {
    if (!nodes_are_built() || imslab::lab::find_program("sipp").empty())
        SKIP("the nodes are not built, or there is no SIPp");
    OwnPlace place;
    with_silent_scscf(place);
    const auto file = place.write("OWN-003-silent.md",
                                  scenario(place,
                                           "    I-CSCF-->>P-CSCF: 504\n"
                                           "    P-CSCF-->>alice: 504\n"));
    const auto said = place.run(file);
    INFO(said.text);
    CHECK(said.status == 0);
}
