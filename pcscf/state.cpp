// What `imslab state` shows of a P-CSCF.
#include <chrono>
#include <nlohmann/json.hpp>

#include "pcscf/element.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

std::int64_t seconds_until(Time then, Time now) {
    return std::chrono::duration_cast<std::chrono::seconds>(then - now).count();
}

}  // namespace

nlohmann::ordered_json Pcscf::Impl::state() const {
    nlohmann::ordered_json shown;
    shown["node"] = config.host;
    shown["bindings"] = nlohmann::ordered_json::array();
    bindings.for_each([&](BindingId id) {
        nlohmann::ordered_json binding;
        const Flow flow = flow_of(id);
        binding["address_of_record"] = std::string(bindings.aor(id));
        binding["contact"] = std::string(bindings.contact(id));
        binding["flow"] = std::string(to_string(flow.transport)) + " " + flow.remote.to_string();
        if (!bindings.is_reachable(id)) binding["flow"] = "lost";
        binding["public_identities"] = nlohmann::ordered_json::array();
        for (const auto identity : bindings.identities(id))
            binding["public_identities"].push_back(std::string(identity));
        binding["service_route"] = nlohmann::ordered_json::array();
        for (const auto uri : bindings.service_route(id))
            binding["service_route"].push_back(std::string(uri));
        if (const auto charged = bindings.charging_addresses(id); !charged.empty())
            binding["charging_addresses"] = std::string(charged);
        binding["expires_seconds"] = seconds_until(bindings.expires(id), proxy.now());
        shown["bindings"].push_back(std::move(binding));
    });
    shown["registration_watches"] = watches.state();
    shown["dialogs"] = nlohmann::ordered_json::array();
    dialogs.for_each([&](const DialogKey& key, const Dialog& dialog) {
        nlohmann::ordered_json watched;
        watched["call_id"] = key.call_id;
        watched["state"] = std::string(to_string(dialog.state));
        watched["leg"] = std::string(to_string(key.leg));
        watched["method"] = std::string(sip::to_string(dialog.method));
        watched["caller"] = dialog.caller;
        watched["callee"] = dialog.callee;
        watched["icid"] = dialog.charging.icid;
        if (!dialog.charging_addresses.empty())
            watched["charging_addresses"] = dialog.charging_addresses;
        watched["route"] = dialog.route_to_core;
        shown["dialogs"].push_back(std::move(watched));
    });
    shown["transactions"] = proxy.state();
    return shown;
}

sip::PendingWork Pcscf::pending_work() const { return impl_->proxy.pending_work(); }

nlohmann::ordered_json Pcscf::user(std::string_view public_identity) const {
    nlohmann::ordered_json shown;
    const auto identity = sip::canonical_identity(public_identity);
    const auto bound = identity ? impl_->bindings.of_aor(*identity) : std::vector<BindingId>{};
    shown["registered"] = !bound.empty();
    shown["contacts"] = bound.size();
    if (bound.empty()) return shown;
    shown["identity"] = std::string(impl_->bindings.default_identity(bound.front()));
    shown["expires_seconds"] =
        seconds_until(impl_->bindings.expires(bound.front()), impl_->proxy.now());
    return shown;
}

}  // namespace imslab::pcscf
