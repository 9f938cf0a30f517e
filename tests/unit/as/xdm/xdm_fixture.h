// An XDM server as a node: HTTP requests in, answers out, its database and the HSS played by the
// test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "as/application_server.h"
#include "as/xdm/xdm_server.h"
#include "diameter/zh.h"
#include "diameter/zn.h"

namespace imslab::xdm {

inline constexpr const char* kAlice = "sip:alice@home.example";
inline constexpr const char* kBob = "sip:bob@home.example";
inline constexpr const char* kProxy = "127.9.0.1";
inline constexpr const char* kServing = "127.9.3.1:5060";
inline constexpr const char* kLists = "application/resource-lists+xml";
inline constexpr const char* kElementType = "application/xcap-el+xml";
inline constexpr const char* kAttributeType = "application/xcap-att+xml";

class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = static_cast<std::uint8_t>(++count_ * 37U);
    }

private:
    std::uint64_t count_ = 0;
};

class XdmLab {
public:
    explicit XdmLab(XdmSettings settings = trusting_the_proxy(),
                    std::vector<StoredDocument> stored = {})
        : node(config(), entropy) {
        node.host([&](as::Services& services) {
            auto made = make_xdm_server(services, "xdm", std::move(settings), std::move(stored));
            documents = made->documents();
            return made;
        });
    }

    static XdmSettings trusting_the_proxy() {
        XdmSettings settings;
        settings.authentication.trusted.insert(*IpAddress::parse(kProxy));
        return settings;
    }

    // As the proxy sends it for that user.
    http::Response ask(const std::string& method,
                       const std::string& target,
                       const std::string& body = {},
                       const std::string& type = {},
                       const std::vector<http::Field>& fields = {},
                       const std::string& user = kAlice) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        request.flow.remote = *Address::parse(kProxy, 40'000);
        if (!user.empty()) request.fields.add("X-3GPP-Asserted-Identity", "\"" + user + "\"");
        if (!type.empty()) request.fields.add("Content-Type", type);
        for (const auto& [name, value] : fields) request.fields.add(name, value);
        return send(std::move(request));
    }
    http::Response send(http::Request request) {
        const auto id = begin(std::move(request));
        run();
        const auto found = replies.find(id);
        REQUIRE(found != replies.end());
        return found->second;
    }
    // Without waiting for what the node asks.
    AskId begin(http::Request request) {
        const AskId id = ++last_;
        node.deliver(Asked{id, request.flow.remote.to_string(), std::move(request)}, now);
        take();
        return id;
    }
    void take() {
        std::vector<Effect> effects;
        node.take_effects(effects);
        for (auto& effect : effects) {
            if (auto* asked = std::get_if<Ask>(&effect)) asks.push_back(std::move(*asked));
            if (auto* reply = std::get_if<Reply>(&effect))
                replies[reply->id] = std::any_cast<http::Response>(reply->answer);
            if (auto* log = std::get_if<Log>(&effect)) logs.push_back(log->text);
            if (auto* send = std::get_if<Send>(&effect)) sent.push_back(std::move(send->bytes));
        }
    }
    // Answers what was asked, until nothing more is.
    void run() {
        while (!asks.empty()) {
            auto ask = std::move(asks.front());
            asks.erase(asks.begin());
            std::any answer;
            if (auto* change = std::any_cast<StoreRequest>(&ask.request)) {
                stored.push_back(*change);
                answer = StoreAnswer{database_error};
            } else if (auto* mar = std::any_cast<zh::Request>(&ask.request)) {
                answer = hss ? std::any(hss(std::get<zh::MultimediaAuthRequest>(*mar)))
                             : std::any(AskFailed{AskFailed::Why::unreachable, "no HSS"});
            } else if (auto* bir = std::any_cast<zn::Request>(&ask.request)) {
                answer = bsf ? std::any(bsf(std::get<zn::BootstrappingInfoRequest>(*bir)))
                             : std::any(AskFailed{AskFailed::Why::unreachable, "no BSF"});
            }
            node.deliver(Answered{ask.id, std::move(answer)}, now);
            take();
        }
    }

    CountingEntropy entropy;
    as::ApplicationServer node;
    Documents* documents = nullptr;
    Time now{std::chrono::seconds(1'000'000)};
    std::vector<Ask> asks;
    std::map<AskId, http::Response> replies;
    std::vector<StoreRequest> stored;
    std::vector<std::string> logs;
    std::vector<std::string> sent;  // SIP
    std::string database_error;
    std::function<zh::Answer(const zh::MultimediaAuthRequest&)> hss;
    std::function<zn::Answer(const zn::BootstrappingInfoRequest&)> bsf;

private:
    static as::Config config() {
        as::Config config;
        config.host = "xdms.home.example";
        config.address = *Address::parse("127.9.1.1:5060");
        config.domains = {"home.example"};
        config.hosts = {{"scscf.home.example", *Address::parse(kServing)}};
        return config;
    }
    AskId last_ = 0;
};

inline std::string etag(const http::Response& response) {
    return std::string(response.fields.get("ETag").value_or(""));
}
inline std::string type_of(const http::Response& response) {
    return std::string(response.fields.get("Content-Type").value_or(""));
}

inline const std::string kIndex = "/resource-lists/users/sip:alice@home.example/index";
inline const std::string kFriends =
    "<?xml version=\"1.0\"?>\n"
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\n"
    " <list name=\"friends\">\n"
    "  <entry uri=\"sip:bob@home.example\"><display-name>Bob</display-name></entry>\n"
    "  <entry uri=\"sip:carol@home.example\"/>\n"
    " </list>\n"
    "</resource-lists>\n";

}  // namespace imslab::xdm
