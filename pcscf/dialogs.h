// The dialogs that pass the P-CSCF (TS 24.229 §5.2.6.3.4 and its terminating twin): what it needs
// to recognise a request inside one, to put the route set right, to keep one ICID, and to release a
// session (§5.2.8).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/time.h"
#include "pcscf/bindings.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::pcscf {

// Which end of the dialog the served UE is: a call between two UEs of one P-CSCF passes it twice.
enum class Leg : std::uint8_t { originating, terminating };
std::string_view to_string(Leg leg);

struct DialogKey {
    std::string call_id;
    std::string caller_tag;
    Leg leg = Leg::originating;
    std::string callee_tag;  // last: the dialogs of one request stand side by side
    auto operator<=>(const DialogKey&) const = default;
};

// Awaited: the request has gone on and nothing has come back. A NOTIFY may overtake the answer to
// its SUBSCRIBE.
enum class DialogState : std::uint8_t { awaited, early, confirmed };
std::string_view to_string(DialogState state);

struct Dialog {
    DialogState state = DialogState::awaited;
    std::uint64_t opener = 0;  // the server transaction of the request that opens it
    sip::Method method = sip::Method::invite;  // that opened it
    BindingId served;
    Flow ue;  // as far as the UE is not reached by its binding
    sip::ChargingVector charging;
    std::string charging_addresses;            // P-Charging-Function-Addresses of the core
    std::string identity;                      // the served UE's, for what it answers
    std::string caller, callee;                // From and To of the opening request, with tags
    std::string caller_target, callee_target;  // the URIs of their Contacts
    std::vector<std::string> route_to_core;    // URIs, without the P-CSCF's own
    std::uint32_t caller_cseq = 0;
    std::uint32_t callee_cseq = 0;
    Time until;  // forgotten then, if nothing more is heard
};

class Dialogs {
public:
    explicit Dialogs(std::size_t most) : most_(most) {}
    Dialogs(const Dialogs&) = delete;
    Dialogs& operator=(const Dialogs&) = delete;

    // A request that may open dialogs of this family (a key without the callee's tag) has gone on.
    bool await(const DialogKey& family, Dialog dialog);
    // Nullptr: there are as many as there may be. What is already there under the key is kept.
    Dialog* add(const DialogKey& key, Dialog dialog);
    Dialog* find(const DialogKey& key);
    // RFC 6665 §4.4.1: a NOTIFY may be ahead of the answer to its SUBSCRIBE; its tag makes a dialog
    // of an awaited one. `callee`: where it came from, if the callee is the UE.
    Dialog* open(const DialogKey& key, const std::optional<IpAddress>& callee);
    void remove(const DialogKey& key);
    // What a request opened and no 2xx confirmed goes with it.
    void remove_unconfirmed(const DialogKey& family, std::uint64_t opener);
    void remove_expired(Time now, std::vector<DialogKey>& gone);
    void keep_until(const DialogKey& key, Time until);
    void keep_awaited_until(const DialogKey& family, std::uint64_t opener, Time until);
    // Those whose UE is behind that connection, or at that address.
    std::vector<DialogKey> of_flow(const Flow& flow) const;
    std::optional<Time> next_expiry() const;
    std::size_t size() const { return dialogs_.size(); }
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (const auto& [key, watched] : dialogs_) visit(key, watched.dialog);
    }

private:
    // Multimaps keep equal keys in the order they came: two runs do the same.
    using ByTime = std::multimap<Time, const DialogKey*>;
    using ByUe = std::multimap<Address, const DialogKey*>;
    struct Watched {
        Dialog dialog;
        ByTime::iterator expiry;
        ByUe::iterator ue;
    };
    using Table = std::map<DialogKey, Watched>;

    Table::iterator erase(Table::iterator entry);

    std::size_t most_;
    Table dialogs_;
    ByTime by_expiry_;
    ByUe by_ue_;
};

}  // namespace imslab::pcscf
