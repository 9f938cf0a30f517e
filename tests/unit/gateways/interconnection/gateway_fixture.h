// The gateway as a node between a core and an XMPP server, both played by the test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>

#include "as/application_server.h"
#include "gateways/interconnection/gateway.h"
#include "sip/headers.h"
#include "tests/support/node_flow.h"

namespace imslab::interconnection {

inline const std::string kHome = "home.example";
inline const std::string kXmpp = "xmpp.example";
inline const Address kGateway = test::at("127.1.10.7:5060");
inline const Address kScscf = test::at("127.1.3.1:5060");
inline const Address kIcscf = test::at("127.1.2.1:5060");

struct GatewayLab {
    explicit GatewayLab(Settings settings = usual()) : node(config(), entropy) {
        node.host([&](as::Services& services) {
            return std::make_unique<Gateway>(services, "interconnection", settings);
        });
        tell(xmpp::StreamOpened{});
    }
    static Settings usual() {
        Settings settings;
        settings.server = test::at("127.1.20.1:5347");
        settings.secret = "secret";
        settings.domains = {kXmpp};
        return settings;
    }
    static as::Config config() {
        as::Config config;
        config.host = "gw." + kHome;
        config.address = kGateway;
        config.domains = {kHome};
        config.hosts = {{config.host, kGateway}, {"scscf." + kHome, kScscf}, {kHome, kIcscf}};
        return config;
    }

    // A MESSAGE of alice's as the S-CSCF sends it; a line in `extra` takes the place of the usual
    // one of its name.
    void message(const std::string& body,
                 const std::string& to = "sip:romeo@xmpp.example",
                 const std::string& type = "text/plain",
                 const std::string& extra = {},
                 const Address& from = kScscf,
                 const std::string& method = "MESSAGE") {
        const auto number = std::to_string(++last_);
        std::string text = method + " " + to + " SIP/2.0\r\nVia: SIP/2.0/UDP " + from.to_string() +
                           ";branch=z9hG4bKm" + number + "\r\n";
        const auto usual = [&](const std::string& name, const std::string& value) {
            if (extra.find(name + ": ") == std::string::npos) text += name + ": " + value + "\r\n";
        };
        usual("Max-Forwards", "60");
        usual("From", "<sip:alice@home.example>;tag=a1");
        usual("To", "<" + to + ">");
        usual("Call-ID", "c" + number);
        usual("P-Asserted-Identity", "<sip:alice@home.example>");
        text += "CSeq: 1 " + method + "\r\n" + extra + "Content-Type: " + type +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        deliver(Arrived{Flow{Transport::udp, kGateway, from, 0}, text});
    }
    void answer(const test::SentMessage& request,
                int status,
                const std::string& reason = {},
                const std::string& contact = {}) {
        auto response = sip::Message::response_to(request.message, status, reason);
        sip::set_to_tag(response, "remote");
        if (!contact.empty()) response.append(sip::HeaderId::contact, contact);
        deliver(
            Arrived{Flow{Transport::udp, kGateway, request.flow.remote, 0}, response.to_bytes()});
    }
    template <class What>
    void tell(What what) {
        deliver(Asked{++asked_, "127.1.20.1:5347", std::move(what)});
    }
    // A stanza of romeo's for alice, the children written as name, namespace and text.
    static xmpp::Element stanza(const std::string& name = "message",
                                const std::string& type = "chat",
                                const std::string& id = "s1",
                                const std::string& from = "romeo@xmpp.example/orchard",
                                const std::string& to = "alice@home.example") {
        xmpp::Element made(name);
        made.set("from", from);
        made.set("to", to);
        if (!type.empty()) made.set("type", type);
        if (!id.empty()) made.set("id", id);
        return made;
    }
    static xmpp::Element message_of(const std::string& body) {
        auto made = stanza();
        made.add(xmpp::Element("body", {}, body));
        return made;
    }
    void arrives(xmpp::Element stanza) { tell(xmpp::StanzaArrived{std::move(stanza)}); }
    // The server's answer to the question that follows a message.
    void server_has_taken(const xmpp::Element& ping) { arrives(xmpp::result_of(ping)); }

    test::SentMessage sent() {
        drop_trying();
        REQUIRE_FALSE(messages.empty());
        auto first = std::move(messages.front());
        messages.pop_front();
        return first;
    }
    bool quiet() {
        drop_trying();
        return messages.empty() && stanzas.empty();
    }
    xmpp::Element stanza_sent() {
        REQUIRE_FALSE(stanzas.empty());
        auto first = std::move(stanzas.front());
        stanzas.pop_front();
        return first;
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
            if (auto* send = std::get_if<Send>(&effect)) {
                auto parsed = sip::parse(std::move(send->bytes));
                REQUIRE(parsed);
                messages.push_back({send->flow, *std::move(parsed)});
            } else if (auto* ask = std::get_if<Ask>(&effect)) {
                auto question = std::any_cast<xmpp::SendStanza>(ask->request);
                if (away) {
                    deliver(Answered{ask->id, AskFailed{AskFailed::Why::unreachable, "away"}});
                } else {
                    stanzas.push_back(std::move(question.stanza));
                    deliver(Answered{ask->id, xmpp::Sent{}});
                }
            } else if (auto* reply = std::get_if<Reply>(&effect)) {
                CHECK(std::any_cast<xmpp::Taken>(&reply->answer) != nullptr);
            }
        }
    }
    nlohmann::ordered_json state() { return node.state()["enablers"]["interconnection"]; }

    test::CountingEntropy entropy;
    as::ApplicationServer node;
    Time now = Time{} + std::chrono::hours(10'000);
    std::deque<test::SentMessage> messages;
    std::deque<xmpp::Element> stanzas;
    bool away = false;  // there is no stream

private:
    void drop_trying() {
        while (!messages.empty() && messages.front().message.status() == 100) messages.pop_front();
    }
    unsigned last_ = 0;
    AskId asked_ = 0;
};

}  // namespace imslab::interconnection
