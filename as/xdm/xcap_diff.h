// The event package xcap-diff (RFC 5875): tells subscribers of changes of documents, collections,
// elements and attributes, as documents of RFC 5874, in the mode that needs no patches.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/xdm/document_store.h"
#include "as/xdm/xcap_server.h"
#include "sip/notifier.h"

namespace imslab::xdm {

class XcapDiff final : public sip::EventPackage {
public:
    XcapDiff(as::Services& services,
             const DocumentStore& store,
             const XcapSettings& settings,
             const std::string& enabler);

    // An initial SUBSCRIBE; what is none of ours is answered too.
    void on_request(sip::ServerId id, const as::ServiceRequest& request);
    // False: it is no SUBSCRIBE of ours.
    bool on_request_in_dialog(sip::ServerId id, const sip::Message& request);
    // After it has been stored.
    void changed(const DocumentPath& path);

    void on_time(Time now) { notifier_.on_time(now); }
    std::optional<Time> next_deadline() const { return notifier_.next_deadline(); }
    nlohmann::ordered_json state() const;

    // ---- sip::EventPackage
    sip::EventDocument whole_state(sip::Subscription& subscription) override;
    Result<void, sip::Message> on_refresh(sip::Subscription& subscription,
                                          const sip::Message& request) override;

private:
    // One entry of the subscriber's list, and what he knows of it.
    struct Selected {
        std::string uri;     // as it was written
        DocumentPath where;  // of a collection without a name
        bool is_collection = false, all_users = false;
        std::optional<NodeSelector> selector;
        std::map<DocumentPath, std::string> tags;
        std::optional<std::string> content;  // of an element or attribute
    };
    struct Watching final : sip::SubscriptionContext {
        std::vector<Selected> selections;
    };

    // The list in a SUBSCRIBE; a status if it cannot be taken.
    Result<std::vector<Selected>, int> selections_in(const sip::Message& request) const;
    std::optional<Selected> selected(const std::string& uri) const;
    static bool concerns(const Selected& selection, const DocumentPath& path);
    std::string news_of(Selected& selection, const std::string& subscriber, bool whole) const;
    std::string news_of_documents(Selected& selection,
                                  const std::string& subscriber,
                                  bool whole) const;
    std::string news_of_component(Selected& selection,
                                  const std::string& subscriber,
                                  bool whole) const;
    sip::EventDocument document(const std::string& content) const;

    as::Services& services_;
    const DocumentStore& store_;
    const XcapSettings& settings_;
    sip::Notifier notifier_;
};

}  // namespace imslab::xdm
