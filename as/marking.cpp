// An enabler that lets requests pass and leaves its mark on them: the SIP proxy of TS 24.229
// §5.7.4. It keeps the original dialog identifier by leaving Route as it is, and may stay in the
// dialog.
#include <nlohmann/json.hpp>

#include "as/enablers.h"
#include "sip/headers.h"

namespace imslab::as {

namespace {

class Marking final : public Enabler {
public:
    Marking(Services& services, std::string name, MarkingSettings settings)
        : Enabler(services, std::move(name)), settings_(std::move(settings)) {}

    void on_request(sip::ServerId id, ServiceRequest request) override {
        auto message = std::move(request.message);
        if (!settings_.header.empty()) message.append(settings_.header, settings_.value);
        const auto method = message.method();
        const bool makes_dialog = method == sip::Method::invite ||
                                  method == sip::Method::subscribe || method == sip::Method::refer;
        if (settings_.record_route && makes_dialog) {
            message.prepend(sip::HeaderId::record_route, "<" + services_.own_uri(name()) + ";lr>");
        }
        ++passed_;
        services_.proxy_on(id, std::move(message));
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["passed"] = passed_;
        return state;
    }

private:
    MarkingSettings settings_;
    std::uint64_t passed_ = 0;
};

}  // namespace

std::unique_ptr<Enabler> make_marking(Services& services,
                                      std::string name,
                                      MarkingSettings settings) {
    return std::make_unique<Marking>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::as
