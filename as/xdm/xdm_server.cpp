// HTTP requests become XCAP once it is known who sends them.
#include "as/xdm/xdm_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/xdm/xcap_diff.h"

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
          authenticator_(services, std::move(settings.authentication)),
          diff_(services, store_, xcap_.settings(), this->name()) {
        store_.watch([this](const DocumentPath& path) { diff_.changed(path); });
    }

    void on_request(sip::ServerId id, as::ServiceRequest request) override {
        diff_.on_request(id, request);
    }
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        if (!diff_.on_request_in_dialog(id, request)) services_.proxy().respond(id, 481);
    }

    bool on_asked(Asked& asked) override {
        auto* request = std::any_cast<http::Request>(&asked.request);
        if (request == nullptr) return false;
        services_.tasks().spawn(
            serve(asked.id, std::make_shared<http::Request>(std::move(*request))));
        return true;
    }

    void on_time(Time now) override {
        authenticator_.forget_expired(now);
        diff_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        const auto one = authenticator_.next_deadline(), other = diff_.next_deadline();
        return one && other ? std::min(*one, *other) : one ? one : other;
    }
    Documents* documents() override { return &store_; }

    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["documents"] = store_.size();
        state["reads"] = xcap_.reads();
        state["writes"] = xcap_.writes();
        state["refused"] = refused_;
        state["authenticated sessions"] = authenticator_.sessions();
        state["subscriptions"] = diff_.size();
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
    XcapDiff diff_;
    std::uint64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<as::Enabler> make_xdm_server(as::Services& services,
                                             std::string name,
                                             XdmSettings settings,
                                             std::vector<StoredDocument> stored) {
    if (settings.authentication.realm.empty())
        settings.authentication.realm = services.config().domains.front();
    if (settings.xcap.root_uri.empty())
        settings.xcap.root_uri = "http://" + services.config().host + settings.xcap.root + "/";
    return std::make_unique<XdmServer>(
        services, std::move(name), std::move(settings), std::move(stored));
}

}  // namespace imslab::xdm
