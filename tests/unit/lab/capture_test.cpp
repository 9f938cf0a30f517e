// Other people's captures: one exchange packed in every way we know of. What is in each file is
// said by tshark (tests/vectors/captures/make.py), not by us.
#include "lab/capture.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "lab/pcapng.h"
#include "tests/unit/lab/recorded.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

const std::string kFolder = IMSLAB_SOURCE_DIR "/tests/vectors/captures/";

std::string octets_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

// File → its messages: "time source destination label Call-ID".
std::map<std::string, std::vector<std::string>> said_by_tshark() {
    std::map<std::string, std::vector<std::string>> all;
    std::ifstream table(kFolder + "messages.tsv");
    for (std::string line; std::getline(table, line);) {
        std::istringstream columns(line);
        std::string file, time, source, source_port, destination, destination_port, label, call;
        columns >> file >> time >> source >> source_port >> destination >> destination_port >>
            label >> call;
        const auto address = [](const std::string& ip, const std::string& port) {
            return (ip.find(':') != std::string::npos ? "[" + ip + "]" : ip) + ":" + port;
        };
        all[file].push_back(time + " " + address(source, source_port) + " " +
                            address(destination, destination_port) + " " + label + " " + call);
    }
    return all;
}

std::vector<std::string> read_by_us(const std::string& octets) {
    const auto observation = observe_capture(octets);
    REQUIRE(observation);
    std::vector<std::string> all;
    for (const auto& message : observation->messages) {
        const auto label = message.request ? message.method : std::to_string(message.status);
        all.push_back(std::to_string(message.time_ns()) + " " + message.source.to_string() + " " +
                      message.destination.to_string() + " " + label + " " + message.dialog);
    }
    return all;
}

}  // namespace

TEST_CASE("every way of packing gives the messages that an independent dissector finds") {
    const auto expected = said_by_tshark();
    REQUIRE(expected.size() == 24);
    for (const auto& [file, messages] : expected) {
        INFO(file);
        const auto octets = octets_of(kFolder + file);
        CHECK(looks_like_capture(std::string_view(octets).substr(0, 16)));
        CHECK(read_by_us(octets) == messages);
    }
}

TEST_CASE("a capture that is torn anywhere gives what came before, and never more") {
    for (const auto& [file, messages] : said_by_tshark()) {
        INFO(file);
        const auto octets = octets_of(kFolder + file);
        for (std::size_t size = 24; size < octets.size(); size += 7) {
            const auto observation = observe_capture(std::string_view(octets).substr(0, size));
            if (observation) CHECK(observation->messages.size() <= messages.size());
        }
    }
}

TEST_CASE("a capture that is cut off is said to be, and where") {
    for (const auto* file : {"little-endian.pcap", "big-endian.pcap", "little-endian.pcapng"}) {
        INFO(file);
        const auto octets = octets_of(kFolder + file);
        const auto whole = observe_capture(octets);
        REQUIRE(whole);
        CHECK(whole->remarks.empty());
        for (const auto size : {octets.size() - 1, std::size_t{200}}) {
            const auto cut = observe_capture(std::string_view(octets).substr(0, size));
            REQUIRE(cut);
            REQUIRE_FALSE(cut->remarks.empty());
            CHECK(cut->remarks.front().find("the file is cut off: at octet ") == 0);
        }
    }
    const auto head = observe_capture(octets_of(kFolder + "little-endian.pcap").substr(0, 20));
    REQUIRE_FALSE(head);
    CHECK(head.error() ==
          "the file is cut off: at octet 0 the head of a pcap file begins, of which 20 octets are "
          "there");
    const auto nothing = observe_capture("");
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error() == "the file is empty, expected a pcap or pcapng file");
}

TEST_CASE("what is no capture is said to be none") {
    CHECK_FALSE(observe_capture("REGISTER sip:example.com SIP/2.0\r\n\r\n"));
    CHECK_FALSE(observe_capture(""));
    CHECK_FALSE(looks_like_capture("<?xml version"));
}

TEST_CASE("a response whose request is not in the capture is said to be unchecked") {
    const std::string alone = Text{"SIP/2.0 200 OK", "z9hG4bK1", "1 OPTIONS", "s"};
    const auto seen = Recording().hop("P-CSCF", "alice", alone).observation();
    const auto observation = observe_capture(to_pcapng(seen, {}));
    REQUIRE(observation);
    REQUIRE(observation->remarks.size() == 1);
    CHECK(observation->remarks.front().find("1 response answers no request") == 0);
}
