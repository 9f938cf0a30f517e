// A home network with a few subscribers, for the HSS's tests.
#include "tests/unit/hss/home.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "hosts/store/sql_store.h"
#include "hss/subscriber_file.h"
#include "tests/support/postgres_server.h"

namespace imslab::test {

std::vector<std::string> store_kinds() {
    std::vector<std::string> kinds{"memory", "sqlite"};
    if (!PostgresServer::programs().empty()) kinds.push_back("postgresql");
    return kinds;
}

std::unique_ptr<hss::Store> make_store(const std::string& kind) {
    if (kind == "memory") return std::make_unique<hss::MemoryStore>();
    auto store =
        host::SqlStore::open(kind == "sqlite" ? ":memory:" : PostgresServer::shared().fresh());
    if (!store) FAIL(store.error());
    return std::move(*store);
}

std::vector<hss::Subscription> home_subscribers() {
    const std::string path = std::string(IMSLAB_SOURCE_DIR) + "/tests/vectors/hss/home.xml";
    std::ifstream file(path);
    std::ostringstream xml;
    xml << file.rdbuf();
    auto subscribers = hss::read_subscribers(xml.str(), path);
    if (!subscribers) FAIL(subscribers.error().front().to_string());
    return *subscribers;
}

hss::Config Home::default_config() {
    hss::Config config;
    config.home_networks = {kHome};
    return config;
}

Home::Home(const std::string& kind, hss::Config config) : store_(make_store(kind)) {
    hss::StoreRequest provision(hss::Provision{home_subscribers()});
    const auto done = store_->perform(provision);
    if (const auto* refused = std::get_if<hss::StoreError>(&done)) FAIL(refused->reason);
    hss_ = std::make_unique<hss::Hss>(std::move(config), entropy_);
}

// Plays host: performs what the node asks, until it has replied and nothing is left to do.
std::any Home::deliver(Asked asked) {
    auto reply = settle(std::move(asked));
    REQUIRE(reply.has_value());
    return reply;
}

std::any Home::settle(Event event) {
    std::any reply;
    std::vector<Effect> effects;
    hss_->deliver(std::move(event), now);
    for (hss_->take_effects(effects); !effects.empty(); hss_->take_effects(effects)) {
        auto batch = std::move(effects);
        effects = {};
        for (auto& effect : batch) {
            if (auto* log = std::get_if<Log>(&effect)) {
                logged.push_back(log->text);
            } else if (auto* replied = std::get_if<Reply>(&effect)) {
                reply = std::move(replied->answer);
            } else if (auto* ask = std::get_if<Ask>(&effect)) {
                if (const auto* question = std::any_cast<hss::StoreRequest>(&ask->request)) {
                    std::any answer = store_->perform(*question);
                    if (store_fails)
                        answer = AskFailed{AskFailed::Why::unreachable, "the disk is gone"};
                    hss_->deliver(Answered{ask->id, std::move(answer)}, now);
                } else if (const auto* told = std::any_cast<sh::Request>(&ask->request)) {
                    notified.push_back(std::get<sh::PushNotificationRequest>(*told));
                    sh::Answer answer = sh::PushNotificationAnswer{notification_result};
                    hss_->deliver(Answered{ask->id, std::any(std::move(answer))}, now);
                } else {
                    const auto& request = std::any_cast<const cx::Request&>(ask->request);
                    sent.push_back(request);
                    hss_->deliver(s_cscf(ask->id, request), now);
                }
            }
        }
    }
    return reply;
}

cx::Answer Home::ask(cx::Request request, const std::string& peer) {
    return std::any_cast<cx::Answer>(deliver(Asked{++last_id_, peer, std::move(request)}));
}

sh::Answer Home::ask_sh(sh::Request request, const std::string& server) {
    return std::any_cast<sh::Answer>(deliver(Asked{++last_id_, server, std::move(request)}));
}

zh::Answer Home::ask_zh(zh::Request request, const std::string& server) {
    return std::any_cast<zh::Answer>(deliver(Asked{++last_id_, server, std::move(request)}));
}

hss::AdministrationAnswer Home::administer(hss::Administration change) {
    return std::any_cast<hss::AdministrationAnswer>(
        deliver(Asked{++last_id_, "control", std::move(change)}));
}

cx::UserAuthorizationAnswer Home::authorize(const std::string& private_identity,
                                            const std::string& public_identity) {
    cx::UserAuthorizationRequest uar;
    uar.private_identity = private_identity;
    uar.public_identity = public_identity;
    uar.visited_network = kHome;
    return as<cx::UserAuthorizationAnswer>(ask(uar, "icscf." + kHome));
}

cx::MultimediaAuthAnswer Home::challenge(const std::string& private_identity,
                                         const std::string& public_identity,
                                         const std::string& server,
                                         const std::string& peer) {
    cx::MultimediaAuthRequest mar;
    mar.private_identity = private_identity;
    mar.public_identity = public_identity;
    mar.server_name = server;
    mar.auth_scheme = cx::scheme::unknown;
    return as<cx::MultimediaAuthAnswer>(ask(mar, peer));
}

cx::ServerAssignmentAnswer Home::assign(const std::string& private_identity,
                                        const std::string& public_identity,
                                        cx::ServerAssignmentType type,
                                        const std::string& server,
                                        const std::string& peer) {
    cx::ServerAssignmentRequest sar;
    sar.private_identity = private_identity;
    if (!public_identity.empty()) sar.public_identities = {public_identity};
    sar.server_name = server;
    sar.type = type;
    return as<cx::ServerAssignmentAnswer>(ask(sar, peer));
}

cx::LocationInfoAnswer Home::locate(const std::string& public_identity,
                                    bool originating,
                                    bool capabilities) {
    cx::LocationInfoRequest lir;
    lir.public_identity = public_identity;
    lir.originating = originating;
    lir.capabilities_wanted = capabilities;
    return as<cx::LocationInfoAnswer>(ask(lir, "icscf." + kHome));
}

void Home::register_user(const std::string& private_identity, const std::string& public_identity) {
    REQUIRE(challenge(private_identity, public_identity).result == cx::result::success);
    REQUIRE(assign(private_identity, public_identity).result == cx::result::success);
}

hss::User Home::user(const std::string& private_identity, const std::string& public_identity) {
    hss::LoadUser load;
    load.private_identity = private_identity;
    load.public_identity = public_identity;
    load.with_credentials = true;
    hss::StoreRequest question(std::move(load));
    return std::get<hss::User>(store_->perform(question));
}

}  // namespace imslab::test
