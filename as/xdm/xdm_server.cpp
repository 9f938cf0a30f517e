// HTTP requests become XCAP once it is known who sends them.
#include "as/xdm/xdm_server.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"

namespace imslab::xdm {

namespace {

class XdmServer final : public as::Enabler {
public:
    XdmServer(as::Services& services,
              std::string name,
              XdmSettings settings,
              std::vector<StoredDocument> stored)
        : Enabler(services, std::move(name)),
          store_(services, std::move(stored), settings.xcap.root),
          xcap_(services, store_, std::move(settings.xcap)),
          authenticator_(services, std::move(settings.authentication)) {}

    // No SIP is for it; whom it serves by SIP are the other enablers.
    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 404);
    }

    bool on_asked(Asked& asked) override {
        auto* request = std::any_cast<http::Request>(&asked.request);
        if (request == nullptr) return false;
        services_.tasks().spawn(
            serve(asked.id, std::make_shared<http::Request>(std::move(*request))));
        return true;
    }

    void on_time(Time now) override { authenticator_.forget_expired(now); }
    std::optional<Time> next_deadline() const override { return authenticator_.next_deadline(); }
    Documents* documents() override { return &store_; }

    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["documents"] = store_.size();
        state["reads"] = xcap_.reads();
        state["writes"] = xcap_.writes();
        state["refused"] = refused_;
        state["authenticated sessions"] = authenticator_.sessions();
        return state;
    }

private:
    Task<void> serve(AskId id, std::shared_ptr<http::Request> request) {
        auto who = co_await authenticator_.identify(request);
        if (who.refusal) {
            ++refused_;
            services_.reply(id, std::move(*who.refusal));
            co_return;
        }
        xcap_.handle(
            std::move(*request),
            std::move(who.identities),
            [this, id, info = std::move(who.authentication_info)](http::Response response) {
                if (!info.empty()) response.fields.add("Authentication-Info", info);
                services_.reply(id, std::move(response));
            });
    }

    DocumentStore store_;
    XcapServer xcap_;
    Authenticator authenticator_;
    std::uint64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<as::Enabler> make_xdm_server(as::Services& services,
                                             std::string name,
                                             XdmSettings settings,
                                             std::vector<StoredDocument> stored) {
    if (settings.authentication.realm.empty())
        settings.authentication.realm = services.config().domains.front();
    return std::make_unique<XdmServer>(
        services, std::move(name), std::move(settings), std::move(stored));
}

}  // namespace imslab::xdm
