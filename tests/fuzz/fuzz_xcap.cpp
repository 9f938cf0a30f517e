// What a client may send on Ut: a method, a target and a body, each on a line of its own, at an XDM
// server that holds a document. What is taken must be a document of its usage afterwards, and
// GET(PUT(x)) is x.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "as/application_server.h"
#include "as/xdm/xcap_uri.h"
#include "as/xdm/xdm_server.h"

using namespace imslab;

namespace {

constexpr std::string_view kStored =
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:p=\"urn:p\">\n <list "
    "name=\"a\"><!-- b --><entry uri=\"sip:c@d\"/>e<p:f g='h' "
    "p:g=\"i\"/></list>\n</resource-lists>";

class Counting final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = ++count_;
    }

private:
    std::uint8_t count_ = 0;
};

struct Server {
    Server() : node({}, entropy) {
        xdm::XdmSettings settings;
        settings.authentication.trusted.insert(*IpAddress::parse("127.0.0.1"));
        settings.xcap.access.administrators.insert("sip:alice@home");
        std::vector<xdm::StoredDocument> stored{
            {{"resource-lists", "sip:alice@home", "index"},
             {"tag", std::string(kStored), "application/resource-lists+xml"}}};
        node.host([&](as::Services& services) {
            return xdm::make_xdm_server(services, "xdm", settings, std::move(stored));
        });
    }

    http::Response ask(http::Request request) {
        request.flow.remote = *Address::parse("127.0.0.1:1");
        request.fields.add("X-3GPP-Asserted-Identity", "\"sip:alice@home\"");
        http::Response answer;
        node.deliver(Asked{1, "", std::move(request)}, Time{});
        std::vector<Effect> effects;
        for (node.take_effects(effects); !effects.empty(); node.take_effects(effects)) {
            const auto now = std::move(effects);
            effects.clear();
            for (const auto& effect : now) {
                if (const auto* question = std::get_if<Ask>(&effect))
                    node.deliver(Answered{question->id, xdm::StoreAnswer{}}, Time{});
                if (const auto* reply = std::get_if<Reply>(&effect))
                    answer = std::any_cast<http::Response>(reply->answer);
            }
        }
        return answer;
    }

    Counting entropy;
    as::ApplicationServer node;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto line = [&rest] {
        const auto end = rest.find('\n');
        const auto text = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return std::string(text);
    };
    http::Request request;
    request.method = line();
    request.target = line();
    request.body = rest;
    const auto uri = xdm::parse_xcap_uri(request.target, "");
    const auto* usage = uri ? xdm::find_usage(uri->document.auid) : nullptr;
    const bool attribute = request.target.rfind("/@") != std::string::npos;
    if (usage != nullptr)
        request.fields.add("Content-Type",
                           !uri->has_node ? std::string(usage->content_type)
                           : attribute    ? "application/xcap-att+xml"
                                          : "application/xcap-el+xml");
    Server server;
    const auto answer = server.ask(request);
    if (answer.status < 200 || answer.status > 599) std::abort();
    if (request.method != "PUT" || answer.status >= 300) return 0;
    http::Request get = request;
    get.method = "GET";
    const auto read = server.ask(get);
    if (read.status != 200) std::abort();
    if (uri->has_node || read.body == request.body) return 0;
    std::abort();
}
