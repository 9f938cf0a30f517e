// An enabler that begins something itself: the originating user agent of TS 24.229 §5.7.3. When
// somebody registers, a MESSAGE goes to him or to whom the settings name, from a public service
// identity or on behalf of a user.
#include <nlohmann/json.hpp>
#include <set>

#include "as/application_server.h"
#include "as/enablers.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

class Welcoming final : public Enabler {
public:
    Welcoming(Services& services, std::string name, WelcomingSettings settings)
        : Enabler(services, std::move(name)), settings_(std::move(settings)) {}

    void on_request(sip::ServerId id, ServiceRequest) override {
        services_.proxy().respond(id, 405);
    }
    void on_registration(const ThirdPartyRegistration& registration) override {
        if (registration.expires_seconds == 0) {
            present_.erase(registration.identity);
            return;
        }
        if (!present_.insert(registration.identity).second) return;  // a re-registration
        send(registration);
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["present"] = present_;
        state["delivered"] = delivered_;
        state["failed"] = failed_;
        return state;
    }

private:
    void send(const ThirdPartyRegistration& registration);

    WelcomingSettings settings_;
    std::set<std::string> present_;
    std::uint64_t delivered_ = 0, failed_ = 0;
};

// TS 24.229 §5.7.3: the identity asserted is the one it is sent for; an originating service of that
// identity may look at it, so it goes to an S-CSCF by way of the home's entry point.
void Welcoming::send(const ThirdPartyRegistration& registration) {
    const auto& to = settings_.to.empty() ? registration.identity : settings_.to;
    auto message = sip::Message::request(sip::Method::message, to);
    message.append(HeaderId::max_forwards, "70");
    message.append(HeaderId::from, "<" + settings_.from + ">;tag=" + services_.entropy().token(8));
    message.append(HeaderId::to, "<" + to + ">");
    message.append(HeaderId::call_id, services_.entropy().token(16));
    message.append(HeaderId::cseq, "1 MESSAGE");
    if (settings_.originating) {
        message.append(HeaderId::route, services_.route_for_originating(settings_.from));
        message.append(HeaderId::p_served_user, "<" + settings_.from + ">;sescase=orig");
    }
    message.append(HeaderId::p_asserted_identity, "<" + settings_.from + ">");
    sip::ChargingVector vector;
    vector.icid = services_.entropy().token(16);
    vector.orig_ioi = services_.config().domains.front();
    message.append(HeaderId::p_charging_vector, vector.to_string());
    message.set_body("text/plain", settings_.text);
    const auto way = services_.flow_to(sip::next_hop_uri(message));
    if (!way) {
        ++failed_;
        services_.log(LogLevel::warning, {}, "TS 24.229 §5.7.3", "no way to the user's home");
        return;
    }
    services_.proxy().send_request(std::move(message), *way, [this](const sip::Message* response) {
        const bool delivered = response != nullptr && response->status() < 300;
        ++(delivered ? delivered_ : failed_);
    });
}

}  // namespace

std::unique_ptr<Enabler> make_welcoming(Services& services,
                                        std::string name,
                                        WelcomingSettings settings) {
    return std::make_unique<Welcoming>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::as
