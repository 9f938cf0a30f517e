// A messaging server as a node: SIP in and out, its database and its XDM server played by the test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "as/application_server.h"
#include "as/messaging/body_parts.h"
#include "as/messaging/content_filter.h"
#include "as/messaging/messaging.h"
#include "as/xdm/documents.h"
#include "msrp/fingerprint.h"
#include "sip/headers.h"
#include "tests/support/node_flow.h"

namespace imslab::messaging {

inline const std::string kHome = "home.example";
inline const std::string kHost = "im.home.example";
inline const Address kIm = test::at("127.1.10.5:5060");
inline const Address kScscf = test::at("127.1.3.1:5060");
inline const Address kMsrp = test::at("127.1.10.5:2855");
inline const Address kMsrpByTls = test::at("127.1.10.5:2856");
inline const std::string kServerShows = "the server's certificate";
inline const Address kIcscf = test::at("127.1.2.1:5060");

// What an XDM server would keep.
class Lists final : public as::Enabler, public xdm::Documents {
public:
    explicit Lists(as::Services& services) : Enabler(services, "lists") {}
    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 405);
    }
    xdm::Documents* documents() override { return this; }
    const xdm::Document* find(const xdm::DocumentPath& path) const override {
        const auto found = all.find(path);
        return found == all.end() ? nullptr : &found->second;
    }
    std::vector<xdm::DocumentPath> list(std::string_view auid,
                                        std::optional<std::string_view> xui) const override {
        std::vector<xdm::DocumentPath> paths;
        for (const auto& [path, document] : all) {
            if (path.auid == auid && (!xui || path.xui == *xui)) paths.push_back(path);
        }
        return paths;
    }
    void watch(Watch watch) override { watches.push_back(std::move(watch)); }
    void store(xdm::DocumentPath path,
               std::optional<xdm::Document> document,
               OnStored on_stored) override {
        if (!problem.empty()) return on_stored(failure(problem));
        if (document)
            all[path] = *std::move(document);
        else
            all.erase(path);
        for (const auto& tell : watches) tell(path);
        if (on_stored) on_stored({});
    }
    std::map<xdm::DocumentPath, xdm::Document> all;
    std::vector<Watch> watches;
    std::string problem;  // why nothing is stored
};

struct MessagingLab {
    explicit MessagingLab(MessagingSettings settings = {}, std::vector<StoredMessage> stored = {})
        : node(config(), entropy) {
        node.host([&](as::Services& services) {
            auto made = std::make_unique<Lists>(services);
            lists = made.get();
            return made;
        });
        node.host(
            [&](as::Services& services) {
                return make_messaging(services, "messaging", settings, stored);
            },
            settings.identities);
    }
    static as::Config config() {
        as::Config config;
        config.host = kHost;
        config.address = kIm;
        config.domains = {kHome};
        config.msrp = kMsrp;
        config.msrp_by_tls = kMsrpByTls;
        config.certificate = kServerShows;
        config.hosts = {{kHost, kIm}, {"scscf." + kHome, kScscf}, {kHome, kIcscf}};
        return config;
    }

    // As the S-CSCF sends it: `served` is "bob>;sescase=term;regstate=reg" or empty.
    void message(const std::string& to,
                 const std::string& served,
                 const std::string& body,
                 const std::string& type = "text/plain",
                 const std::string& extra = {},
                 const Address& from = kScscf,
                 const std::string& sender = "alice",
                 const std::string& call = {}) {
        const auto number = std::to_string(++last_);
        std::string text = "MESSAGE sip:" + to + "@" + kHome + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
                           from.to_string() + ";branch=z9hG4bKm" + number + "\r\n";
        if (!served.empty())
            text += "Route: <sip:messaging@" + kHost + ";lr>, <sip:odi_1@scscf." + kHome +
                    ";lr>\r\nP-Served-User: <sip:" + served + "\r\n";
        text += "Max-Forwards: 60\r\nFrom: <sip:" + sender + "@" + kHome +
                ">;tag=a1\r\nTo: <sip:" + to + "@" + kHome +
                ">\r\nCall-ID: " + (call.empty() ? "c" + number : call) +
                "\r\nCSeq: 1 MESSAGE\r\nP-Asserted-Identity: <sip:" + sender + "@" + kHome +
                ">\r\n" + extra + "Content-Type: " + type +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        deliver(Arrived{Flow{Transport::udp, kIm, from, 0}, text});
    }
    void registers(const std::string& user, unsigned expires = 3600) {
        const auto number = std::to_string(++last_);
        deliver(Arrived{Flow{Transport::udp, kIm, kScscf, 0},
                        "REGISTER sip:messaging@" + kHost +
                            " SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.3.1;branch=z9hG4bKr" + number +
                            "\r\nMax-Forwards: 70\r\nFrom: <sip:scscf." + kHome +
                            ">;tag=s\r\nTo: <sip:" + user + "@" + kHome + ">\r\nCall-ID: r" +
                            number + "\r\nCSeq: 1 REGISTER\r\nContact: <sip:scscf." + kHome +
                            ":5060>\r\nExpires: " + std::to_string(expires) +
                            "\r\nContent-Length: 0\r\n\r\n"});
    }
    void answer(const test::SentMessage& request, int status) {
        auto response = sip::Message::response_to(request.message, status);
        sip::set_to_tag(response, "remote");
        deliver(Arrived{Flow{Transport::udp, kIm, request.flow.remote, 0}, response.to_bytes()});
    }
    test::SentMessage sent() {
        drop_trying();
        REQUIRE_FALSE(messages.empty());
        auto first = std::move(messages.front());
        messages.pop_front();
        return first;
    }
    bool quiet() {
        drop_trying();
        return messages.empty();
    }
    void passes(Duration duration) {
        const Time until = now + duration;
        for (;;) {
            const auto deadline = node.next_deadline();
            if (!deadline || *deadline > until) break;
            if (*deadline > now) now = *deadline;
            deliver(Woken{});
        }
        now = until;
    }
    void deliver(Event event) {
        node.deliver(std::move(event), now);
        std::vector<Effect> effects;
        node.take_effects(effects);
        for (auto& effect : effects) {
            if (auto* send = std::get_if<Send>(&effect);
                send != nullptr && (send->flow.local == kMsrp || send->flow.local == kMsrpByTls)) {
                octets[send->flow.remote] += send->bytes;
            } else if (send != nullptr) {
                auto parsed = sip::parse(std::move(send->bytes));
                REQUIRE(parsed);
                messages.push_back({send->flow, *std::move(parsed)});
            } else if (auto* ask = std::get_if<Ask>(&effect);
                       ask != nullptr &&
                       std::any_cast<msrp::WhoIsThere>(&ask->request) != nullptr) {
                asked_who.emplace_back(ask->id,
                                       std::any_cast<msrp::WhoIsThere>(ask->request).connection);
                if (!who_is_there_waits) say_who_is_there();
            } else if (ask != nullptr && std::any_cast<ScanRequest>(&ask->request) != nullptr) {
                scanned.push_back(std::any_cast<ScanRequest>(ask->request).octets);
                scans.push_back(ask->id);
                if (!scans_wait) deliver(Answered{ask->id, scanner(scanned.back())});
            } else if (ask != nullptr) {
                database.push_back(std::any_cast<StoreRequest>(ask->request));
                if (database_waits) {
                    waiting.push_back(ask->id);
                } else {
                    deliver(Answered{ask->id, StoreAnswer{database_error}});
                }
            } else if (auto* reading = std::get_if<Reading>(&effect)) {
                reads[reading->flow.remote] = reading->wanted;
            } else if (auto* closes = std::get_if<Close>(&effect)) {
                closed.push_back(closes->flow.remote);
            } else if (auto* log = std::get_if<Log>(&effect)) {
                logs.push_back(log->text);
            }
        }
    }
    void say_who_is_there() {
        for (const auto& [id, connection] : std::exchange(asked_who, {}))
            deliver(Answered{id, msrp::PeerCertificate{shown[connection], {}}});
    }
    nlohmann::ordered_json state() { return node.state()["enablers"]["messaging"]; }

    test::CountingEntropy entropy;
    as::ApplicationServer node;
    Lists* lists = nullptr;
    Time now = Time{} + std::chrono::hours(10'000);
    std::deque<test::SentMessage> messages;
    std::map<Address, std::string> octets;  // written to streams, by remote
    std::map<Address, bool> reads;
    std::vector<Address> closed;
    std::vector<std::string> scanned;
    std::vector<AskId> scans;
    bool scans_wait = false;
    std::vector<std::pair<AskId, std::uint64_t>> asked_who;
    std::map<std::uint64_t, std::string> shown;  // in TLS, by connection
    bool who_is_there_waits = false;
    std::function<ScanAnswer(const std::string&)> scanner;
    std::vector<StoreRequest> database;
    std::vector<AskId> waiting;
    std::vector<std::string> logs;
    std::string database_error;
    bool database_waits = false;

private:
    void drop_trying() {
        while (!messages.empty() && messages.front().message.status() == 100) messages.pop_front();
    }
    unsigned last_ = 0;
};

}  // namespace imslab::messaging
