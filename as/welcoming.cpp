// An enabler that begins something itself: the originating user agent of TS 24.229 §5.7.3. When
// somebody registers, a MESSAGE goes to him or to whom the settings name, from a public service
// identity or on behalf of a user.
#include <nlohmann/json.hpp>
#include <set>

#include "as/application_server.h"
#include "as/enablers.h"
#include "as/originating.h"
#include "sip/next_hop.h"

namespace imslab::as {

namespace {

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

void Welcoming::send(const ThirdPartyRegistration& registration) {
    const auto& to = settings_.to.empty() ? registration.identity : settings_.to;
    auto message =
        originating_request(services_, "MESSAGE", to, {settings_.from, settings_.originating, {}});
    message.set_body("text/plain", settings_.text);
    auto ways = services_.ways_to(message);
    if (ways.empty()) {
        ++failed_;
        services_.log(LogLevel::warning, {}, "TS 24.229 §5.7.3", "no way to the user's home");
        return;
    }
    services_.proxy().send_request(
        std::move(message), std::move(ways), [this](const sip::Message* response) {
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
