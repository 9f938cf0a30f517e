// An enabler that calls back: a REFER to it names whom its sender wants to speak to. It rings the
// sender, then the other one, and joins them; the sender is told by NOTIFY how far it is (RFC
// 3515).
#include <map>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/enablers.h"
#include "as/third_party_call.h"
#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/notifier.h"
#include "sip/uri.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

constexpr std::uint32_t kSubscriptionSeconds = 300;

class Callback final : public Enabler, sip::EventPackage {
public:
    Callback(Services& services, std::string name, CallbackSettings settings)
        : Enabler(services, std::move(name)),
          settings_(std::move(settings)),
          calls_(services, {this->name(), settings_.ring_limit}),
          notifier_(notifier_settings(), *this, element()) {}

    void on_request(sip::ServerId id, ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        const bool subscribes = request.method() == sip::Method::subscribe;
        if (subscribes && notifier_.on_subscribe_inside(id, request)) return;
        calls_.on_request_in_dialog(id, std::move(request));
    }
    void on_ack(sip::Message ack) override { calls_.on_ack(ack); }
    void on_ended(sip::ServerId id) override { calls_.on_ended(id); }
    void on_time(Time now) override {
        calls_.on_time(now);
        notifier_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(calls_.next_deadline(), notifier_.next_deadline());
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["calls"] = calls_.state();
        state["watched"] = notifier_.size();
        return state;
    }

private:
    sip::Notifier::Settings notifier_settings() const {
        sip::Notifier::Settings settings;
        settings.package = "refer";
        settings.contact = "<" + services_.own_uri(name()) + ">";
        settings.default_expires = settings.max_expires = kSubscriptionSeconds;
        return settings;
    }
    sip::Notifier::Element element() {
        return {services_.proxy(),
                services_.entropy(),
                [this](std::string_view uri) { return services_.flow_to(uri); },
                [this](std::string_view call_id, std::string text) {
                    services_.log(LogLevel::info, call_id, "RFC 3515 §2.4.4", std::move(text));
                }};
    }
    // RFC 3515 §2.4.5: how the referred request stands, as a status line.
    sip::EventDocument whole_state(sip::Subscription& subscription) override {
        const auto found = status_.find(subscription.resource);
        return fragment(found == status_.end() ? 100 : found->second);
    }
    static sip::EventDocument fragment(int status) {
        return {"message/sipfrag;version=2.0",
                "SIP/2.0 " + std::to_string(status) + " " +
                    std::string(sip::reason_phrase(status)) + "\r\n"};
    }
    void on_subscription_ended(const sip::Subscription& subscription) override {
        status_.erase(subscription.resource);
    }
    void on_progress(const ThirdPartyCallProgress& progress, const std::string& resource);

    CallbackSettings settings_;
    ThirdPartyCalls calls_;
    sip::Notifier notifier_;
    std::map<std::string, int> status_;  // of what was asked for, by Call-ID of its REFER
};

void Callback::on_request(sip::ServerId id, ServiceRequest request) {
    const auto& message = request.message;
    if (message.method() != sip::Method::refer) return services_.proxy().respond(id, 405);
    if (!request.trusted || request.asserted.empty()) return services_.proxy().respond(id, 403);
    // RFC 3515 §2.4.2: exactly one.
    if (message.values(HeaderId::refer_to).size() != 1)
        return services_.proxy().respond(id, 400, "One Refer-To is needed");
    const auto target = sip::uri_of(message.first_value(HeaderId::refer_to));
    const auto uri = target ? sip::Uri::parse(*target) : std::nullopt;
    const auto callee = target ? sip::canonical_identity(*target) : std::nullopt;
    if (!callee || !uri || !(uri->is_sip() || uri->scheme == sip::Scheme::tel))
        return services_.proxy().respond(id, 416, "Refer-To is no SIP or tel URI");
    const auto method = uri->params.get("method");
    if (method && !sip::equals_ignoring_case(*method, "INVITE"))
        return services_.proxy().respond(id, 403, "Only calls are made here");
    const std::string resource(sip::call_id(message));
    if (notifier_.subscribe(id, message, resource, request.asserted) == nullptr) return;
    status_[resource] = 100;
    const auto call = calls_.begin(
        {settings_.first.empty() ? request.asserted : settings_.first, *callee, settings_.service},
        [this, resource](const ThirdPartyCallProgress& progress) {
            on_progress(progress, resource);
        });
    if (!call) on_progress({0, {}, {{}, Participant::Status::gone, 503}, false, true}, resource);
}

// What is told is how the call to the other one stands; the sender knows how his own does.
void Callback::on_progress(const ThirdPartyCallProgress& progress, const std::string& resource) {
    const auto watchers = notifier_.watchers_of(resource);
    if (watchers.empty()) return;
    int status = 100;
    if (progress.second.status != Participant::Status::initial) status = 180;
    if (progress.joined) status = 200;
    if (progress.over) {
        status = progress.second.why != 0  ? progress.second.why
                 : progress.first.why != 0 ? progress.first.why
                                           : 487;
    }
    if (std::exchange(status_[resource], status) == status) return;
    for (const auto watcher : watchers) {
        if (status >= 200) {
            notifier_.end(watcher, "noresource", fragment(status));
        } else {
            notifier_.tell(watcher);
        }
    }
}

}  // namespace

std::unique_ptr<Enabler> make_callback(Services& services,
                                       std::string name,
                                       CallbackSettings settings) {
    return std::make_unique<Callback>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::as
