// Reports: HTML, JUnit, pcapng.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <pugixml.hpp>

#include "lab/capture.h"
#include "lab/header_changes.h"
#include "lab/ladder.h"
#include "lab/pcapng.h"
#include "lab/report.h"
#include "registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

ScenarioRun run_of(const RegistrationRun& registration) {
    ScenarioRun run;
    auto scenario = parse_scenario("scenarios/registration/reg-001.md", registration_scenario());
    REQUIRE(scenario);
    run.scenario = std::move(*scenario);
    run.observation = registration.record().observation();
    run.verdict = judge(run.scenario, run.observation);
    run.seconds = 0.25;
    run.rerun = "imslab run REG-001";
    return run;
}

void keep(const std::string& name, const std::string& content) {
    std::ofstream(std::string(IMSLAB_BINARY_DIR) + "/" + name, std::ios::binary) << content;
}

}  // namespace

TEST_CASE("the report is one file without references to others, and escapes what messages say") {
    RegistrationRun spoiled;
    spoiled.challenge_to_ue =
        "WWW-Authenticate: Digest realm=\"<script>\", "
        "nonce=\"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\", algorithm=AKAv1-MD5, "
        "ck=\"63\"\r\n";
    RegistrationRun cut;
    cut.maa_missing = true;
    const std::string page =
        html_report({run_of({}), run_of(spoiled), run_of(cut)},
                    {"imslab run", "2026-11-21T05:00:00Z", 7, {{"imslab", "0.1.0"}}});
    keep("report.html", page);
    CHECK(page.find("realm=&quot;&lt;script&gt;") != std::string::npos);
    CHECK(page.find("src=\"http") == std::string::npos);
    CHECK(page.find("<link") == std::string::npos);
    CHECK(page.find("P-Visited-Network-ID") != std::string::npos);
}

TEST_CASE("the report counts all messages, as the terminal does, and its ladder fits a window") {
    auto run = run_of({});
    run.observation.messages.front().implied = true;
    const auto page = html_report({run}, {});
    CHECK(page.find("title=\"1 of them implied\">" +
                    std::to_string(run.observation.messages.size()) + "</td>") !=
          std::string::npos);
    // 1,400 less the margins, less times, reference points and the longest note
    constexpr int kRoom = 1220 - 112 - 30 - 7 * 34;
    const std::string longest = "DIAMETER_FIRST_REGISTRATION (2001)";
    REQUIRE(page.find(longest) != std::string::npos);
    const auto at = page.find("<svg width=\"");
    REQUIRE(at != std::string::npos);
    CHECK(std::stoi(page.substr(at + 12)) <= kRoom);
}

TEST_CASE("what a hop changed is told with its clause") {
    const auto observation = RegistrationRun{}.record().observation();
    const auto changes = changes_of(observation.messages[1], observation);
    const auto path = std::find_if(
        changes.begin(), changes.end(), [](const auto& change) { return change.header == "Path"; });
    REQUIRE(path != changes.end());
    CHECK(path->kind == HeaderChange::Kind::added);
    CHECK(path->clause == "TS 24.229 §5.2.2.1");
    const auto answer = changes_of(observation.messages[9], observation);
    const auto challenge = std::find_if(answer.begin(), answer.end(), [](const auto& change) {
        return change.header == "WWW-Authenticate";
    });
    REQUIRE(challenge != answer.end());
    CHECK(challenge->clause == "TS 24.229 §5.2.2.2");
}

TEST_CASE("junit.xml is well formed and tells failures from errors") {
    RegistrationRun cut;
    cut.maa_missing = true;
    auto broken = run_of({});
    broken.error = "port 5060 of 127.1.1.1 is taken";
    const std::string xml =
        junit_xml({run_of({}), run_of(cut), broken}, {"imslab run", "2026-11-21T05:00:00Z", 7, {}});
    pugi::xml_document document;
    REQUIRE(document.load_string(xml.c_str()));
    const auto suite = document.child("testsuite");
    CHECK(suite.attribute("tests").as_int() == 3);
    CHECK(suite.attribute("failures").as_int() == 1);
    CHECK(suite.attribute("errors").as_int() == 1);
    CHECK(std::string(suite.select_node("testcase/failure").node().attribute("message").value())
              .find("`MAA` from the HSS") == 0);
}

TEST_CASE("a run written as pcapng and read again is the same run") {
    const auto run = run_of({});
    const std::string file =
        to_pcapng(run.observation, packet_comments(run.scenario, run.observation, run.verdict));
    keep("run.pcapng", file);
    CHECK(looks_like_capture(file));
    const auto again = observe_capture(file, core_network());
    REQUIRE(again);
    REQUIRE(again->messages.size() == run.observation.messages.size());
    for (std::size_t i = 0; i < again->messages.size(); ++i) {
        CHECK(again->messages[i].label == run.observation.messages[i].label);
        CHECK(again->messages[i].bytes == run.observation.messages[i].bytes);
        CHECK(again->messages[i].reference_point == run.observation.messages[i].reference_point);
    }
    CHECK(judge(run.scenario, *again).passed);
}

TEST_CASE("without a topology the elements of a capture are told by what they do") {
    const auto observation = observe_capture(to_pcapng(run_of({}).observation));
    REQUIRE(observation);
    const auto name = [&](std::size_t message) {
        return observation->network[observation->messages[message].from].name + " " +
               observation->network[observation->messages[message].to].name;
    };
    CHECK(name(0) == "UE P-CSCF");
    CHECK(name(1) == "P-CSCF I-CSCF");
    CHECK(name(2) == "I-CSCF HSS");
    CHECK(name(5) == "S-CSCF HSS");
    // UEs first, then the way of a request, the database last
    const auto ladder = draw_ladder(*observation, {});
    const auto names = ladder.substr(0, ladder.find('\n'));
    std::size_t before = 0;
    for (const auto* one : {"UE", "P-CSCF", "I-CSCF", "S-CSCF", "HSS"}) {
        INFO(names);
        const auto at = names.find(one);
        CHECK(at != std::string::npos);
        CHECK(at >= before);
        before = at;
    }
    CHECK(RuleBook::built_in().apply(*observation, {}).empty());
}

TEST_CASE("tshark reads the capture and finds nothing malformed") {
    if (std::system("command -v tshark >/dev/null 2>&1") != 0) SKIP("tshark is not installed");
    const auto run = run_of({});
    keep("tshark.pcapng",
         to_pcapng(run.observation, packet_comments(run.scenario, run.observation, run.verdict)));
    const std::string file = std::string(IMSLAB_BINARY_DIR) + "/tshark.pcapng";
    const auto count = [&](const std::string& filter) {
        std::string lines;
        FILE* pipe = popen(("tshark -r " + file +
                            " -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o "
                            "tcp.check_checksum:TRUE -Y '" +
                            filter + "' -T fields -e frame.number 2>/dev/null | wc -l")
                               .c_str(),
                           "r");
        char buffer[64] = {};
        if (fgets(buffer, sizeof buffer, pipe) != nullptr) lines = buffer;
        pclose(pipe);
        return std::atoi(lines.c_str());
    };
    CHECK(count("_ws.malformed") == 0);
    CHECK(count("sip") == 6);
    CHECK(count("diameter") == 4);
    CHECK(count("ip.checksum.status==0 || udp.checksum.status==0 || tcp.checksum.status==0") == 0);
    CHECK(count("tcp.analysis.flags") == 0);
}
