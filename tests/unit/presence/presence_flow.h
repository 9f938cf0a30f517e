// A presence server under test: who publishes, who watches, and documents in memory in place of an
// XDM server.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "as/application_server.h"
#include "as/presence/presence_settings.h"
#include "as/xdm/documents.h"
#include "tests/support/node_flow.h"

namespace imslab::test {

inline const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
inline const std::string kAs = "as1." + kHome;
inline const Address kAsAddress = at("127.1.10.1:5060");
inline const Address kScscf = at("127.1.3.1:5060");
inline const std::string kAlice = "sip:alice@" + kHome;
inline const std::string kBob = "sip:bob@" + kHome;
inline const std::string kCarol = "sip:carol@" + kHome;

class DocumentsInMemory final : public xdm::Documents {
public:
    const xdm::Document* find(const xdm::DocumentPath& path) const override {
        ++reads[path.auid];
        const auto found = all_.find(path);
        return found == all_.end() ? nullptr : &found->second;
    }
    std::vector<xdm::DocumentPath> list(std::string_view auid,
                                        std::optional<std::string_view> xui) const override {
        std::vector<xdm::DocumentPath> paths;
        for (const auto& [path, document] : all_) {
            if (path.auid == auid && (!xui || *xui == path.xui)) paths.push_back(path);
        }
        return paths;
    }
    void watch(Watch watch) override { watches_.push_back(std::move(watch)); }
    void store(xdm::DocumentPath path,
               std::optional<xdm::Document> document,
               OnStored on_stored) override {
        if (document) {
            all_[path] = *std::move(document);
        } else {
            all_.erase(path);
        }
        if (on_stored) on_stored({});
        for (const auto& watch : watches_) watch(path);
    }

    mutable std::map<std::string, std::size_t> reads;  // by AUID

private:
    std::map<xdm::DocumentPath, xdm::Document> all_;
    std::vector<Watch> watches_;
};

class DocumentsHost final : public as::Enabler {
public:
    DocumentsHost(as::Services& services, DocumentsInMemory& documents)
        : Enabler(services, "xdm"), documents_(documents) {}
    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 405);
    }
    xdm::Documents* documents() override { return &documents_; }

private:
    DocumentsInMemory& documents_;
};

inline std::string a_pidf(std::string_view basic, std::string_view more = {}) {
    return "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
           "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
           "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"" +
           kAlice + "\"><tuple id=\"t1\"><status><basic>" + std::string(basic) +
           "</basic></status><contact>" + kAlice + "</contact></tuple>" + std::string(more) +
           "</presence>";
}

// Rules of one watcher each.
inline std::string a_rule(std::string_view watcher,
                          std::string_view handling,
                          std::string_view transformations =
                              "<pr:provide-services><pr:all-services/></pr:provide-services>"
                              "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
                              "<pr:provide-all-attributes/>") {
    return "<rule id=\"r" + std::to_string(std::hash<std::string_view>{}(watcher)) +
           "\"><conditions><identity><one id=\"" + std::string(watcher) +
           "\"/></identity></conditions><actions><pr:sub-handling>" + std::string(handling) +
           "</pr:sub-handling></actions><transformations>" + std::string(transformations) +
           "</transformations></rule>";
}

struct PresenceUnderTest {
    CountingEntropy entropy;
    DocumentsInMemory documents;
    as::ApplicationServer node;
    NodeFlow flow{node, kAsAddress};
    unsigned number = 0;

    explicit PresenceUnderTest(
        const std::string& enablers =
            R"({"presence": {"unruled": "allow", "watcher_information_interval_ms": 0}})")
        : node(config(), entropy) {
        node.host([this](as::Services& services) {
            return std::make_unique<DocumentsHost>(services, documents);
        });
        const auto settings = nlohmann::json::parse(enablers);
        for (const auto& [name, description] : settings.items()) {
            const auto recipe = presence::read_presence_enabler(name, description);
            INFO((recipe ? std::string() : recipe.error()));
            REQUIRE(recipe);
            node.host(recipe->make, recipe->identities);
        }
    }
    static as::Config config() {
        as::Config config;
        config.host = kAs;
        config.address = kAsAddress;
        config.domains = {kHome};
        config.hosts = {{kAs, kAsAddress}, {"scscf." + kHome, kScscf}, {kHome, kScscf}};
        return config;
    }

    struct Request {
        std::string method, from, to, call_id, event = "presence", to_tag;
        std::string extra;  // header fields, each with its "\n"
        std::string body, type = "application/pidf+xml";
        unsigned cseq = 1;
        std::string enabler = "presence";
        Address source = kScscf;
    };
    void send(const Request& request) {
        const auto inside = !request.to_tag.empty();
        const auto uri = inside ? "sip:" + request.enabler + "@" + kAs : request.to;
        std::string text = request.method + " " + uri + " SIP/2.0\nVia: SIP/2.0/UDP " +
                           request.source.to_string() + ";branch=z9hG4bK" +
                           std::to_string(++number) + "\nMax-Forwards: 60\n";
        if (!inside) text += "Route: <sip:" + request.enabler + "@" + kAs + ";lr>\n";
        text += "From: <" + request.from + ">;tag=f\nTo: <" + request.to + ">" +
                (inside ? ";tag=" + request.to_tag : "") + "\nCall-ID: " + request.call_id +
                "\nCSeq: " + std::to_string(request.cseq) + " " + request.method + "\n";
        if (!request.event.empty()) text += "Event: " + request.event + "\n";
        if (request.extra.find("P-Asserted") == std::string::npos)
            text += "P-Asserted-Identity: <" + request.from + ">\n";
        text += request.extra + "Contact: <sip:ue@127.1.3.1:5060>\n";
        if (!request.body.empty()) text += "Content-Type: " + request.type + "\n";
        // the body has no line ends of its own to convert
        text += "Content-Length: " + std::to_string(request.body.size()) + "\n\n" + request.body;
        flow.arrives(request.source, text);
    }
    sip::Message publish(std::string_view body,
                         std::string_view extra = {},
                         const std::string& who = kAlice) {
        Request request{"PUBLISH", who, who, "pub-" + std::to_string(number)};
        request.extra = extra;
        request.body = body;
        send(request);
        return flow.sent().message;
    }
    // Publishes; nothing but the entity-tag matters.
    std::string published(std::string_view body, std::string_view extra = {}) {
        const auto ok = publish(body, extra);
        REQUIRE(ok.status() == 200);
        return std::string(ok.get(sip::HeaderId::sip_etag).value_or(""));
    }
    struct Watching {
        sip::Message answer;
        std::string to_tag;
    };
    Watching subscribe(const std::string& who,
                       const std::string& whom = kAlice,
                       std::string_view extra = {},
                       const std::string& event = "presence") {
        Request request{"SUBSCRIBE", who, whom, "sub-" + who + event};
        request.event = event;
        request.extra = extra;
        send(request);
        Watching watching{flow.sent().message, {}};
        watching.to_tag = std::string(sip::to_tag(watching.answer).value_or(""));
        return watching;
    }
    // The next NOTIFY, answered.
    sip::Message notified(int status = 200) {
        auto notify = flow.sent();
        REQUIRE(notify.message.method() == sip::Method::notify);
        flow.answers(notify, status);
        return notify.message;
    }
    void stores(const std::string& auid,
                const std::string& xui,
                const std::string& name,
                std::optional<std::string> body) {
        std::optional<xdm::Document> document;
        if (body) document = xdm::Document{"e", *std::move(body), "application/xml"};
        documents.store({auid, xui, name}, std::move(document), {});
        flow.deliver(Woken{});
    }
    void rules(std::string_view inside) {
        stores("org.openmobilealliance.pres-rules",
               kAlice,
               "pres-rules",
               "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
               "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\" "
               "xmlns:o=\"urn:oma:xml:xdm:common-policy\">" +
                   std::string(inside) + "</ruleset>");
    }
    nlohmann::ordered_json state() const { return node.state()["enablers"]["presence"]; }
};

inline bool says(const sip::Message& message, std::string_view text) {
    return message.body().find(text) != std::string_view::npos;
}

}  // namespace imslab::test
