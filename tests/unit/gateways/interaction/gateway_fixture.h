// An interaction gateway as a node: web applications ask it by HTTP, phones answer it by SIP, a
// proxy in front vouches for its users.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "as/application_server.h"
#include "gateways/interaction/gateway.h"
#include "tests/support/node_flow.h"

namespace imslab::interaction {

inline const std::string kAlice = "sip:alice@home.example", kBob = "sip:bob@home.example",
                         kCarol = "sip:carol@home.example", kMenu = "sip:menu@home.example";
inline const std::string kUrl = "http://gateway.home.example:8080";
inline const std::string kSessions = "/thirdpartycall/v1/callSessions";

class GatewayLab {
public:
    explicit GatewayLab(GatewaySettings settings = settings_of_the_lab())
        : node(config(), entropy) {
        node.host([&](as::Services& services) {
            return make_gateway(services, "interaction", std::move(settings));
        });
        deliver(Woken{});
    }

    static GatewaySettings settings_of_the_lab() {
        GatewaySettings settings;
        settings.url = kUrl;
        settings.service = "sip:click@home.example";
        settings.automata = {kMenu};
        settings.authentication.trusted.insert(*IpAddress::parse("127.9.0.1"));
        return settings;
    }

    // ---- web

    http::Request request(const std::string& method,
                          const std::string& target,
                          const std::string& body = {},
                          const std::string& user = kAlice) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        request.flow = {Transport::tcp,
                        *Address::parse("127.9.1.1:8080"),
                        *Address::parse("127.9.0.1:40000"),
                        ++connections_};
        if (!user.empty()) request.fields.add("X-3GPP-Asserted-Identity", "\"" + user + "\"");
        if (!body.empty())
            request.fields.add("Content-Type",
                               body.front() == '<' ? "application/xml" : "application/json");
        return request;
    }
    AskId begin(http::Request request) {
        deliver(Asked{++last_, request.flow.remote.to_string(), std::move(request)});
        return last_;
    }
    http::Response ask(http::Request request) {
        const auto asked = begin(std::move(request));
        REQUIRE(replies.contains(asked));
        return replies.at(asked);
    }
    http::Response ask(const std::string& method,
                       const std::string& target,
                       const std::string& body = {},
                       const std::string& user = kAlice) {
        return ask(request(method, target, body, user));
    }
    // What a JSON answer holds under its root.
    static nlohmann::json read(const http::Response& response) {
        const auto body = nlohmann::json::parse(response.body, nullptr, false);
        REQUIRE(body.is_object());
        REQUIRE(body.size() == 1);
        return body.begin().value();
    }
    nlohmann::json session() { return read(ask("GET", kSessions + "/" + id)); }
    // Alice has herself and somebody called.
    http::Response click(const std::string& other = kBob) {
        auto response = ask("POST", kSessions, order(kAlice, other));
        if (response.status == 201) {
            const std::string location(response.fields.get("Location").value_or(""));
            id = location.substr(location.rfind('/') + 1);
        }
        return response;
    }
    static std::string order(const std::string& first, const std::string& second) {
        return R"({"callSessionInformation":{"participant":[{"participantAddress":")" + first +
               R"("},{"participantAddress":")" + second + R"(","participantName":"B"}]}})";
    }

    // ---- phones

    test::SentMessage sent() {
        while (!sip_sent.empty() && sip_sent.front().message.status() == 100) sip_sent.pop_front();
        REQUIRE_FALSE(sip_sent.empty());
        auto first = std::move(sip_sent.front());
        sip_sent.pop_front();
        return first;
    }
    void answers(const test::SentMessage& request, int status, const std::string& body = {}) {
        auto response = sip::Message::response_to(request.message, status);
        if (sip::to_tag(response).value_or("").empty())
            sip::set_to_tag(response, "t" + std::string(request.message.uri().substr(4, 1)));
        response.append(sip::HeaderId::contact, "<sip:127.1.100.1:5060>");
        if (!body.empty()) response.set_body("application/sdp", body);
        deliver(Arrived{Flow{Transport::udp, config().address, request.flow.remote, 0},
                        response.to_bytes()});
    }
    // Both pick up; what is sent meanwhile is forgotten.
    void join() {
        answers(sent(), 200, kSilence);
        sent();  // ACK
        answers(sent(), 200, kVoice);
        answers(sent(), 200, kVoice);
        sip_sent.clear();
    }
    void passes(Duration duration) {
        const Time until = now + duration;
        for (auto next = node.next_deadline(); next && *next <= until;
             next = node.next_deadline()) {
            now = std::max(now, *next);
            deliver(Woken{});
        }
        now = until;
    }

    void deliver(Event event) {
        node.deliver(std::move(event), now);
        std::vector<Effect> effects;
        node.take_effects(effects);
        for (auto& effect : effects) {
            if (auto* reply = std::get_if<Reply>(&effect))
                replies[reply->id] = std::any_cast<http::Response>(reply->answer);
            if (auto* log = std::get_if<Log>(&effect)) logs.push_back(log->text);
            if (auto* send = std::get_if<Send>(&effect)) take(*send);
        }
    }

    static inline const std::string kSilence =
        "v=0\r\no=- 1 1 IN IP4 127.1.100.1\r\ns=-\r\nc=IN IP4 127.1.100.1\r\nt=0 0\r\n";
    static inline const std::string kVoice = kSilence + "m=audio 4000 RTP/AVP 0\r\n";

    test::CountingEntropy entropy;
    as::ApplicationServer node;
    Time now{std::chrono::seconds(1'000'000'000)};
    std::map<AskId, http::Response> replies;
    std::deque<test::SentMessage> sip_sent;
    std::vector<std::pair<Flow, std::string>> pushed;
    std::vector<std::string> logs;
    std::string id;  // of the session

private:
    static as::Config config() {
        as::Config config;
        config.host = "gateway.home.example";
        config.address = *Address::parse("127.9.1.1:5060");
        config.http = {*Address::parse("127.9.1.1:8080")};
        config.domains = {"home.example"};
        config.hosts = {{"gateway.home.example", config.address},
                        {"home.example", *Address::parse("127.9.2.1:5060")}};
        return config;
    }
    void take(Send& send) {
        if (config().http.contains(send.flow.local)) {
            pushed.emplace_back(send.flow, std::move(send.bytes));
            return;
        }
        auto parsed = sip::parse(std::move(send.bytes));
        REQUIRE(parsed);
        sip_sent.push_back({send.flow, *std::move(parsed)});
    }
    AskId last_ = 0;
    std::uint64_t connections_ = 0;
};

}  // namespace imslab::interaction
