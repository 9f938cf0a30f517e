// An enabler between two dialogs: third-party call control as a routing B2BUA (TS 24.229 §5.7.5.2).
// The request goes on as another one, with its own Call-ID, tags and Contact, by the same Route:
// the original dialog identifier brings it back into the pass of the served user.
#include "as/back_to_back.h"

#include <nlohmann/json.hpp>

#include "as/enablers.h"
#include "sip/headers.h"
#include "sip/params.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

void remove_option_tag(sip::Message& message, HeaderId id, std::string_view tag) {
    if (!message.has_token(id, tag)) return;
    std::string kept;
    for (const auto value : message.values(id)) {
        if (sip::equals_ignoring_case(value, tag)) continue;
        kept += (kept.empty() ? "" : ", ") + std::string(value);
    }
    message.remove(id);
    if (!kept.empty()) message.set(id, kept);
}

}  // namespace

void BackToBack::on_request(sip::ServerId id, ServiceRequest request) {
    auto other = std::move(request.message);
    const auto hops = other.get(HeaderId::max_forwards);
    const auto left = hops ? sip::to_number(*hops).value_or(70) : 70;
    if (left == 0) return services_.proxy().respond(id, 483);
    other.remove(HeaderId::via);
    other.remove(HeaderId::record_route);
    other.set(HeaderId::max_forwards, std::to_string(left - 1));
    other.set(HeaderId::call_id, services_.entropy().token(16));
    other.set(HeaderId::cseq, "1 " + std::string(other.method_text()));
    other.set(HeaderId::from,
              sip::with_param(
                  other.get(HeaderId::from).value_or(""), "tag", services_.entropy().token(8)));
    if (other.has(HeaderId::contact))
        other.set(HeaderId::contact, "<" + services_.own_uri(name()) + ">");
    // Reliable provisional responses end at each leg: we offer none.
    remove_option_tag(other, HeaderId::supported, "100rel");
    bridge_.ask(id, std::move(other));
}

nlohmann::ordered_json BackToBack::state() const { return bridge_.state(); }

std::unique_ptr<Enabler> make_back_to_back(Services& services, std::string name) {
    return std::make_unique<BackToBack>(services, std::move(name));
}

}  // namespace imslab::as
