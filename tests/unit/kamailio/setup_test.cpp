// Parameters of the Kamailio module as a node's configuration.
#include "hosts/kamailio/setup.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <utility>
#include <vector>

namespace imslab::kamailio {
namespace {

using Parameters = std::vector<ims_parameter>;

Parameters of_an_scscf() {
    return {{"role", "scscf"},
            {"host", "scscf.ims.example"},
            {"domain", "ims.example"},
            {"mw", "127.1.3.1:5060"},
            {"cx", "127.1.3.1:3868"},
            {"hss", "hss.ims.example=127.1.4.1:3868"}};
}

std::string mistake_in(Parameters parameters) {
    const auto config = configuration(parameters, "/run/kamailio");
    return config ? std::string() : config.error();
}

Parameters with(Parameters parameters, ims_parameter one) {
    parameters.push_back(one);
    return parameters;
}

Parameters without(Parameters parameters, std::string_view name) {
    std::erase_if(parameters, [&](const auto& one) { return one.name == name; });
    return parameters;
}

}  // namespace

TEST_CASE("an S-CSCF's parameters: what is not said follows from what is") {
    auto parameters = of_an_scscf();
    parameters.push_back({"setting", "max_contacts=3"});
    parameters.push_back({"resolve", "pcscf.ims.example=127.1.1.2:5060"});
    const auto config = configuration(parameters, "/run/kamailio");
    REQUIRE(config);
    CHECK(config->node == "scscf");
    CHECK(config->kind == "scscf");
    CHECK(config->diameter_identity == "scscf.ims.example");
    CHECK(config->diameter_realm == "ims.example");
    REQUIRE(config->diameter_peers.size() == 1);
    CHECK(config->diameter_peers[0].identity == "hss.ims.example");
    CHECK(config->diameter_peers[0].realm == "ims.example");
    CHECK(config->diameter_peers[0].address.to_string() == "127.1.4.1:3868");
    CHECK(config->hosts.at("pcscf.ims.example").first().to_string() == "127.1.1.2:5060");
    CHECK(config->settings.at("max_contacts") == 3);
    CHECK(config->control == "/run/kamailio/ims_scscf.sock");
}

TEST_CASE("a mistake is a sentence that names the parameter") {
    CHECK(mistake_in({}) == "no role: expected the parameter role, pcscf, icscf or scscf");
    CHECK(mistake_in(with(of_an_scscf(), {"role", "hss"})) ==
          "parameter role is \"hss\"; expected pcscf, icscf or scscf");
    CHECK(mistake_in(without(of_an_scscf(), "mw")) ==
          "no address for Mw: expected the parameter mw");
    CHECK(mistake_in(without(of_an_scscf(), "hss")) == "no HSS: expected the parameter hss");
    CHECK(mistake_in(with(of_an_scscf(), {"hss", "127.1.4.1"})) ==
          "parameter hss is \"127.1.4.1\"; expected identity=address, as "
          "hss.example=127.1.4.1:3868");
    CHECK(mistake_in(with(of_an_scscf(), {"seed", "-1"})) ==
          "parameter seed is \"-1\"; expected a whole number");
    CHECK(mistake_in(with(of_an_scscf(), {"setting", "max_contacts=\"few\""})) ==
          "settings.max_contacts is \"few\"; expected a whole number");
    CHECK(mistake_in(with(of_an_scscf(), {"mw", "127.1.3.1:x"})).starts_with("addresses.Mw is"));
}

TEST_CASE("an address that Kamailio does not listen on is a mistake") {
    const Parameters parameters{{"role", "pcscf"},
                                {"host", "pcscf.ims.example"},
                                {"domain", "ims.example"},
                                {"gm", "127.1.1.1:5060"},
                                {"gm_tls", "5061"},
                                {"mw", "127.1.1.2:5060"}};
    const auto config = configuration(parameters, "/run/kamailio");
    REQUIRE(config);
    std::set<std::pair<Transport, std::string>> sockets;
    const auto missing = [&] {
        return missing_socket(*config, [&](const Flow& from) {
            return sockets.contains({from.transport, from.local.to_string()});
        });
    };
    CHECK(missing() ==
          "parameter gm is \"127.1.1.1:5060\"; expected one of Kamailio's listen addresses");
    sockets.insert({Transport::tcp, "127.1.1.1:5060"});
    CHECK(missing() ==
          "for TLS Kamailio does not listen on 127.1.1.1:5061; expected listen=tls:127.1.1.1:5061");
    sockets.insert({Transport::tls, "127.1.1.1:5061"});
    CHECK(missing().starts_with("parameter mw is \"127.1.1.2:5060\""));
    sockets.insert({Transport::udp, "127.1.1.2:5060"});
    CHECK(missing().empty());
}

}  // namespace imslab::kamailio
