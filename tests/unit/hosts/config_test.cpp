// A node's configuration, settings and log lines.
#include "hosts/asio/config.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "hosts/asio/entropy.h"
#include "hosts/asio/log.h"
#include "hosts/asio/resolve.h"
#include "hosts/asio/settings.h"

using namespace imslab;
using namespace imslab::host;

namespace {

struct File {
    std::string path =
        (std::filesystem::temp_directory_path() / ("imslab-config-" + std::to_string(::getpid())))
            .string();
    explicit File(const std::string& text = "") { std::ofstream(path) << text; }
    ~File() { std::filesystem::remove(path); }
    std::string text() const {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

std::string mistake_in(const std::string& text) {
    const File file(text);
    const auto config = NodeConfig::load(file.path);
    REQUIRE(!config);
    CHECK(config.error().starts_with(file.path + ": "));
    return config.error().substr(file.path.size() + 2);
}

}  // namespace

TEST_CASE("a whole configuration is read") {
    const File file(R"({"node": "scscf1", "kind": "scscf", "host": "scscf.home",
        "addresses": {"Mw": "127.1.3.1:5060", "Cx": "[::1]:3868"},
        "hosts": {"home": "127.1.2.1:5060"}, "domains": ["home"],
        "diameter": {"identity": "scscf.home", "realm": "home",
            "peers": [{"identity": "hss.home", "realm": "home", "address": "127.1.4.1:3868"},
                {"identity": "bsf.home", "realm": "home", "address": "127.1.12.1:3868",
                 "serves": ["Zn"], "connects": true}]},
        "database": "d", "trace": "t", "log": "l", "log_level": "debug", "control": "c",
        "ready_fd": 3, "seed": 18446744073709551615, "settings": {"ring_seconds": 5}})");
    const auto config = NodeConfig::load(file.path);
    REQUIRE(config);
    CHECK(config->node == "scscf1");
    CHECK(config->addresses.at("Cx").to_string() == "[::1]:3868");
    CHECK(config->hosts.at("home").first().port == 5060);
    CHECK(config->domains == std::vector<std::string>{"home"});
    REQUIRE(config->diameter_peers.size() == 2);
    CHECK(config->diameter_peers[0].serves.empty());
    CHECK_FALSE(config->diameter_peers[0].connects);
    CHECK(config->diameter_peers[1].serves == std::vector<std::string>{"Zn"});
    CHECK(config->diameter_peers[1].connects);
    CHECK(config->diameter_peers[0].address.to_string() == "127.1.4.1:3868");
    CHECK(config->ready_fd == 3);
    CHECK(config->seed == 18446744073709551615ULL);
}

TEST_CASE("a name may have several addresses, each in its place") {
    const File file(R"({"node": "p", "kind": "pcscf", "hosts": {"home": [
        {"address": "127.1.2.2:5060", "priority": 1},
        {"address": "127.1.2.1:5060", "weight": 7}]}})");
    const auto config = NodeConfig::load(file.path);
    REQUIRE(config);
    const auto& home = config->hosts.at("home").addresses();
    REQUIRE(home.size() == 2);
    CHECK(home[0].address.to_string() == "127.1.2.1:5060");
    CHECK(home[0].weight == 7);
    CHECK(home[1].priority == 1);
    const auto of = [](const std::string& list) {
        return mistake_in(R"({"node": "p", "kind": "pcscf", "hosts": {"home": )" + list + "}}");
    };
    CHECK(of("[]") == "hosts.home is an empty list; expected one address at least");
    CHECK(of("[7]") == R"(hosts.home[0] is 7; expected {"address": "127.1.2.1:5060"})");
    CHECK(of(R"([{"weight": 1}])") == "hosts.home[0].address is missing");
    CHECK(of(R"([{"address": "127.1.2.1:5060", "weight": "much"}])") ==
          R"(hosts.home[0].weight is "much"; expected a number from 0 to 65535)");
    CHECK(of(R"([{"address": "127.1.2.1:5060", "weigth": 1}])") ==
          "hosts.home[0].weigth is not known");
    CHECK(of(R"("here")") ==
          R"(hosts.home is "here"; expected an address and port like "127.1.1.1:5060")");
}

TEST_CASE("what is wrong with a configuration is said with the key, what was found and expected") {
    CHECK(mistake_in(R"({"kind": "scscf"})") == "node is missing");
    CHECK(mistake_in(R"({"node": 7, "kind": "scscf"})") == "node is 7; expected a text");
    CHECK(mistake_in(R"({"node": "a", "kind": "b", "colour": 1})") == "colour is not known");
    CHECK(mistake_in(R"({"node": "a", "kind": "b", "addresses": {"Mw": "here"}})") ==
          R"(addresses.Mw is "here"; expected an address and port like "127.1.1.1:5060")");
    CHECK(mistake_in(R"({"node": "a", "kind": "b", "diameter": {"identity": "i"}})") ==
          "diameter.realm is missing");
    CHECK(mistake_in(R"({"node": "a", "kind": "b",
        "diameter": {"identity": "i", "realm": "r", "peers": [{"identity": "p", "realm": "r"}]}})") ==
          "diameter.peers[0].address is missing");
    CHECK(mistake_in("{\"node\": ").starts_with("not JSON: "));
}

TEST_CASE("settings: durations in either unit, timers, and no key is guessed") {
    const auto values = nlohmann::json::parse(
        R"({"ring_seconds": 5, "patience_ms": 250, "timers": {"t1_ms": 100}, "max": 7})");
    Settings settings(values);
    Duration ring{}, patience{};
    sip::Timers timers;
    std::size_t max = 0;
    settings.read_duration("ring", ring);
    settings.read_duration("patience", patience);
    settings.read_timers("timers", timers);
    CHECK(settings.mistake().starts_with("settings.max is not known; expected one of: "));
    settings.read("max", max);
    CHECK(settings.mistake().empty());
    CHECK(ring == std::chrono::seconds(5));
    CHECK(patience == std::chrono::milliseconds(250));
    CHECK(timers.t1 == std::chrono::milliseconds(100));
    CHECK(timers.t2 == sip::Timers::network().t2);
    CHECK(max == 7);
    bool flag = false;
    settings.read("max", flag);
    CHECK(settings.mistake() == "settings.max is 7; expected true or false");
}

TEST_CASE("a log line is logfmt; what a peer wrote starts no line and no field") {
    const File file;
    {
        auto log = NodeLog::open("scscf", file.path, "info");
        REQUIRE(log);
        (*log)->write(LogLevel::debug, "not wanted");
        (*log)->write(LogLevel::info,
                      "a84b@ue level=error",
                      "TS 24.229 §5.4.1.2.1",
                      "challenges \"alice\"\r\nlevel=error");
    }
    const std::string text = file.text();
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.find(" level=info node=scscf dialog=\"a84b@ue level=error\" clause=\"TS 24.229 "
                    "§5.4.1.2.1\" text=\"challenges \\\"alice\\\"\\x0d\\x0alevel=error\"\n") !=
          std::string::npos);
    CHECK(text.starts_with("time=20"));
}

TEST_CASE("of warnings that peers cause so many a second are written, the others are counted") {
    const File file;
    {
        auto log = NodeLog::open("pcscf", file.path, "info");
        REQUIRE(log);
        for (int i = 0; i < 5'000; ++i)
            (*log)->write(LogLevel::warning, {}, "RFC 3261 §16.3", "malformed message");
        (*log)->write(LogLevel::warning, {}, "TS 24.229 §5.2.6.3", "403 to INVITE");
        for (int i = 0; i < 300; ++i) (*log)->write(LogLevel::info, "a step");
    }
    const std::string text = file.text();
    const auto count = [&](const std::string& what) {
        std::size_t found = 0;
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
            ++found;
        return found;
    };
    CHECK(count("malformed message") >= 200);
    CHECK(count("malformed message") < 5'000);
    CHECK(count("more warnings of this clause within the second") >= 1);
    CHECK(count("403 to INVITE") == 1);
    CHECK(count("a step") == 300);
}

TEST_CASE("a host name may stand where an address does; one that leads nowhere is said") {
    CHECK(address_of("127.1.1.1:5060")->to_string() == "127.1.1.1:5060");
    CHECK(address_of("localhost:5060")->to_string() == "127.0.0.1:5060");
    for (const auto* wrong : {"",
                              "nonsense",
                              "localhost",
                              "localhost:0",
                              "localhost:70000",
                              "127.1.1:5060",
                              "two words:5060",
                              ":5060"}) {
        INFO(wrong);
        const auto found = address_of(wrong);
        REQUIRE_FALSE(found);
        CHECK(found.error() == "expected an address and port like \"127.1.1.1:5060\"");
    }
    const auto nowhere = address_of("icscf.invalid:5060");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().starts_with("the name icscf.invalid leads nowhere ("));
}

TEST_CASE("a log level that does not exist is named") {
    const auto log = NodeLog::open("scscf", "", "loud");
    REQUIRE(!log);
    CHECK(log.error() == "log_level is \"loud\"; expected debug, info, warning, error or off");
}

TEST_CASE("the same seed gives a node the same numbers, another node others, none fresh ones") {
    const auto draw = [](std::optional<std::uint64_t> seed, const char* node) {
        return make_entropy(seed, node)->token(16);
    };
    CHECK(draw(1, "pcscf") == draw(1, "pcscf"));
    CHECK(draw(1, "pcscf") != draw(1, "icscf"));
    CHECK(draw(1, "pcscf") != draw(2, "pcscf"));
    CHECK(draw({}, "pcscf") != draw({}, "pcscf"));
}
