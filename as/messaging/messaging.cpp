// OMA SIMPLE IM's server as an enabler: MESSAGE is pager mode's, anything else passes.
#include "as/messaging/messaging.h"

#include <nlohmann/json.hpp>

#include "as/messaging/pager_mode.h"

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
          pager_mode_(services, std::move(name), settings, stored) {}

    bool takes(const sip::Message& request) const override {
        return any_recipient_ && request.method() == sip::Method::message;
    }
    void on_request(sip::ServerId id, as::ServiceRequest request) override {
        if (request.message.method() == sip::Method::message)
            return pager_mode_.on_message(id, std::move(request));
        services_.proxy_on(id, std::move(request.message));
    }
    Verdict on_response(sip::ServerId id, sip::Message& response) override {
        return pager_mode_.on_response(id, response);
    }
    void on_ended(sip::ServerId id) override { pager_mode_.on_ended(id); }
    void on_registration(const as::ThirdPartyRegistration& registration) override {
        pager_mode_.store_and_forward().on_registration(registration);
    }
    void on_time(Time now) override { pager_mode_.store_and_forward().on_time(now); }
    std::optional<Time> next_deadline() const override {
        return pager_mode_.store_and_forward().next_deadline();
    }
    nlohmann::ordered_json state() const override { return pager_mode_.state(); }

private:
    bool any_recipient_;
    PagerMode pager_mode_;
};

}  // namespace

std::unique_ptr<as::Enabler> make_messaging(as::Services& services,
                                            std::string name,
                                            MessagingSettings settings,
                                            const std::vector<StoredMessage>& stored) {
    return std::make_unique<Messaging>(services, std::move(name), settings, stored);
}

}  // namespace imslab::messaging
