// An enabler that sends requests elsewhere: as a redirect server (TS 24.229 §5.7.2, 302 with
// Contact), or as a proxy that puts another Request-URI in (§5.7.4), which ends the terminating
// services.
#include <nlohmann/json.hpp>

#include "as/enablers.h"
#include "sip/headers.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

class Redirecting final : public Enabler {
public:
    Redirecting(Services& services, std::string name, RedirectingSettings settings)
        : Enabler(services, std::move(name)), settings_(std::move(settings)) {}

    void on_request(sip::ServerId id, ServiceRequest request) override {
        auto message = std::move(request.message);
        ++redirected_;
        if (settings_.answer) {
            auto response = sip::Message::response_to(message, 302);
            sip::set_to_tag(response, services_.entropy().token(8));
            response.append(HeaderId::contact, "<" + settings_.to + ">");
            services_.proxy().respond(id, std::move(response));
            return;
        }
        // RFC 7044 §9: who was called before, and why no longer.
        const std::string before(message.uri());
        if (!message.has(HeaderId::history_info))
            message.append(HeaderId::history_info, "<" + before + ">;index=1");
        message.append(HeaderId::history_info, "<" + settings_.to + ";cause=302>;index=1.1;mp=1");
        message.set_uri(settings_.to);
        services_.proxy_on(id, std::move(message));
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["redirected"] = redirected_;
        return state;
    }

private:
    RedirectingSettings settings_;
    std::uint64_t redirected_ = 0;
};

}  // namespace

std::unique_ptr<Enabler> make_redirecting(Services& services,
                                          std::string name,
                                          RedirectingSettings settings) {
    return std::make_unique<Redirecting>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::as
