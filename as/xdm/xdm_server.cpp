// HTTP requests become XCAP once it is known who sends them.
#include "as/xdm/xdm_server.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/xdm/ut_enabler.h"
#include "as/xdm/xcap_diff.h"
#include "core/deadline.h"

namespace imslab::xdm {

namespace {

class XdmServer final : public UtEnabler {
public:
    XdmServer(as::Services& services,
              std::string name,
              XdmSettings settings,
              std::vector<StoredDocument> stored)
        : UtEnabler(services, std::move(name), std::move(settings.authentication)),
          store_(services, std::move(stored), settings.xcap.root),
          xcap_(services, store_, std::move(settings.xcap)),
          diff_(services, store_, xcap_.settings(), this->name()) {
        store_.watch([this](const DocumentPath& path) { diff_.changed(path); });
    }

    void on_request(sip::ServerId id, as::ServiceRequest request) override {
        diff_.on_request(id, request);
    }
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override {
        if (!diff_.on_request_in_dialog(id, request)) services_.proxy().respond(id, 481);
    }

    void on_time(Time now) override {
        UtEnabler::on_time(now);
        diff_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(UtEnabler::next_deadline(), diff_.next_deadline());
    }
    Documents* documents() override { return &store_; }

    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["documents"] = store_.size();
        state["reads"] = xcap_.reads();
        state["writes"] = xcap_.writes();
        state["refused"] = refused();
        state["authenticated sessions"] = sessions();
        state["subscriptions"] = diff_.state();
        return state;
    }

private:
    void serve(http::Request request, Identities identities, Answer answer) override {
        xcap_.handle(std::move(request), std::move(identities), std::move(answer));
    }

    DocumentStore store_;
    XcapServer xcap_;
    XcapDiff diff_;
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
