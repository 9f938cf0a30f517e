// OMA SIMPLE IM's server as an enabler: MESSAGE is pager mode's, anything else passes.
#include "as/messaging/messaging.h"

#include <nlohmann/json.hpp>
#include <set>

#include "as/application_server.h"
#include "as/messaging/pager_mode.h"
#include "as/messaging/session_mode.h"
#include "core/deadline.h"

namespace imslab::messaging {

namespace {

class Messaging final : public as::Enabler {
public:
    Messaging(as::Services& services,
              std::string name,
              const MessagingSettings& settings,
              const std::vector<StoredMessage>& stored)
        : Enabler(services, name),
          any_recipient_(settings.any_recipient),
          pager_mode_(services, name, settings, stored) {
        const auto& config = services.config();
        if (config.msrp)
            session_mode_ =
                std::make_unique<SessionMode>(services,
                                              name,
                                              MsrpPlaces{*config.msrp, config.msrp_by_tls},
                                              config.certificate,
                                              settings.session_tls,
                                              settings.msrp,
                                              MessageServices{pager_mode_.block_list(),
                                                              pager_mode_.history(),
                                                              pager_mode_.content_filter(),
                                                              settings.max_filtered_bytes});
    }

    bool takes(const sip::Message& request) const override {
        return any_recipient_ && request.method() == sip::Method::message;
    }
    void on_request(sip::ServerId id, as::ServiceRequest request) override {
        if (request.message.method() == sip::Method::message)
            return pager_mode_.on_message(id, std::move(request));
        if (session_mode_ && SessionMode::is_for_it(request.message)) {
            sessions_.insert(id);
            return session_mode_->on_request(id, std::move(request));
        }
        services_.proxy_on(id, std::move(request.message));
    }
    // Whatever is in a dialog with this server is of a session: it stays in no other.
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        if (!session_mode_) return services_.proxy_on(id, std::move(request));
        sessions_.insert(id);
        session_mode_->on_request_in_dialog(id, std::move(request));
    }
    void on_ack(sip::Message ack) override {
        if (session_mode_) session_mode_->on_ack(std::move(ack));
    }
    void on_stream(Event& event) override {
        if (session_mode_) session_mode_->on_stream(event);
    }
    Verdict on_response(sip::ServerId id, sip::Message& response) override {
        return pager_mode_.on_response(id, response);
    }
    void on_ended(sip::ServerId id) override {
        if (sessions_.erase(id) != 0) return session_mode_->on_ended(id);
        pager_mode_.on_ended(id);
    }
    void on_registration(const as::ThirdPartyRegistration& registration) override {
        pager_mode_.store_and_forward().on_registration(registration);
    }
    void on_time(Time now) override {
        pager_mode_.on_time(now);
        if (session_mode_) session_mode_->on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(pager_mode_.next_deadline(),
                       session_mode_ ? session_mode_->next_deadline() : std::nullopt);
    }
    nlohmann::ordered_json state() const override {
        auto state = pager_mode_.state();
        if (session_mode_) state["sessions"] = session_mode_->state();
        return state;
    }

private:
    bool any_recipient_;
    PagerMode pager_mode_;
    std::unique_ptr<SessionMode> session_mode_;  // nullptr: the process does not listen for MSRP
    std::set<sip::ServerId> sessions_;           // requests that are session mode's
};

}  // namespace

std::unique_ptr<as::Enabler> make_messaging(as::Services& services,
                                            std::string name,
                                            MessagingSettings settings,
                                            const std::vector<StoredMessage>& stored) {
    return std::make_unique<Messaging>(services, std::move(name), settings, stored);
}

}  // namespace imslab::messaging
