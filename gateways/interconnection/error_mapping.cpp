// RFC 7247 §7.1, §7.2: the two tables, and their notes.
#include "gateways/interconnection/error_mapping.h"

#include <algorithm>
#include <array>

#include "gateways/interconnection/addresses.h"
#include "xmpp/characters.h"

namespace imslab::interconnection {

using xmpp::Condition;
using xmpp::ErrorType;
using xmpp::StanzaError;

namespace {

struct Statuses {
    int device, user;
};

Statuses statuses_of(const StanzaError& error) {
    switch (error.condition) {
        case Condition::bad_request:
        case Condition::conflict:
        case Condition::jid_malformed:
        case Condition::subscription_required:
        case Condition::undefined_condition:
            return {400, 400};
        case Condition::feature_not_implemented:
            return {405, 501};  // note 1
        case Condition::forbidden:
            return {403, 603};  // note 2
        case Condition::gone:
            return error.new_address.empty() ? Statuses{410, 410} : Statuses{301, 301};  // note 3
        case Condition::internal_server_error:
        case Condition::resource_constraint:
            return {500, 500};
        case Condition::item_not_found:
            return {404, 604};
        case Condition::not_acceptable:
            return {406, 606};
        case Condition::not_allowed:
        case Condition::policy_violation:
            return {403, 403};
        case Condition::not_authorized:
            return {401, 401};
        case Condition::recipient_unavailable:
            return {480, 600};
        case Condition::redirect:
            return {302, 302};
        case Condition::registration_required:
            return {407, 407};
        // Note 4: nobody by that name, rather than nobody who answers.
        case Condition::remote_server_not_found:
            return {404, 404};
        case Condition::remote_server_timeout:
            return {408, 408};
        // Note 5: never 503, which would speak of all of the server. A device lacks the feature; of
        // a user the XMPP server does not tell whether there is one.
        case Condition::service_unavailable:
            return {405, 403};
        // Two answers stand there: a pending request passes (491), a wrong one does not.
        case Condition::unexpected_request:
            return error.type == ErrorType::wait ? Statuses{491, 491} : Statuses{400, 400};
        case Condition::count_:
            break;
    }
    return {400, 400};
}

struct Row {
    int status;
    Condition condition;
};
constexpr std::array<Row, 48> kConditions{{
    {300, Condition::redirect},
    {301, Condition::gone},
    {302, Condition::redirect},
    {305, Condition::redirect},
    {380, Condition::not_acceptable},
    {400, Condition::bad_request},
    {401, Condition::not_authorized},
    {402, Condition::bad_request},
    {403, Condition::forbidden},
    {404, Condition::item_not_found},
    {405, Condition::feature_not_implemented},
    {406, Condition::not_acceptable},
    {407, Condition::registration_required},
    {408, Condition::remote_server_timeout},
    {410, Condition::gone},
    {413, Condition::policy_violation},
    {414, Condition::policy_violation},
    {415, Condition::not_acceptable},
    {416, Condition::not_acceptable},
    {420, Condition::feature_not_implemented},
    {421, Condition::not_acceptable},
    {423, Condition::resource_constraint},
    {430, Condition::recipient_unavailable},
    {439, Condition::feature_not_implemented},
    {440, Condition::policy_violation},
    {480, Condition::recipient_unavailable},
    {481, Condition::item_not_found},
    {482, Condition::not_acceptable},
    {483, Condition::not_acceptable},
    {484, Condition::item_not_found},
    {485, Condition::item_not_found},
    {486, Condition::recipient_unavailable},
    {487, Condition::recipient_unavailable},
    {488, Condition::not_acceptable},
    {489, Condition::policy_violation},
    {491, Condition::unexpected_request},
    {493, Condition::bad_request},
    {500, Condition::internal_server_error},
    {501, Condition::feature_not_implemented},
    {502, Condition::remote_server_not_found},
    {503, Condition::internal_server_error},
    {504, Condition::remote_server_timeout},
    {505, Condition::not_acceptable},
    {513, Condition::policy_violation},
    {600, Condition::recipient_unavailable},
    {603, Condition::recipient_unavailable},
    {604, Condition::item_not_found},
    {606, Condition::not_acceptable},
}};

Condition condition_of(int status) {
    const auto row =
        std::lower_bound(kConditions.begin(), kConditions.end(), status, [](const Row& one, int s) {
            return one.status < s;
        });
    if (row != kConditions.end() && row->status == status) return row->condition;
    if (status < 400) return Condition::redirect;
    if (status < 500) return Condition::bad_request;
    if (status < 600) return Condition::internal_server_error;
    return Condition::recipient_unavailable;
}

bool carries_address(Condition condition) {
    return condition == Condition::gone || condition == Condition::redirect;
}

// A Reason-Phrase is one line.
std::string one_line(std::string_view text) {
    auto line = xmpp::as_xml_text(text.substr(0, 200));
    for (auto& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return line;
}

}  // namespace

SipRefusal sip_refusal(const StanzaError& error, bool about_full_jid) {
    const auto statuses = statuses_of(error);
    SipRefusal refusal;
    refusal.status = about_full_jid ? statuses.device : statuses.user;
    refusal.reason = one_line(error.text);
    if (!carries_address(error.condition) || error.new_address.empty()) return refusal;
    auto jid = jid_of_xmpp_uri(error.new_address);
    if (!jid) jid = jid_of(error.new_address);
    if (const auto uri = jid ? uri_of(*jid) : failure(jid.error())) refusal.contact = *uri;
    // An address that SIP cannot write is none: RFC 3261 §21.3.2 has a Contact in a 301.
    if (refusal.contact.empty() && error.condition == Condition::gone) refusal.status = 410;
    return refusal;
}

StanzaError stanza_error(const SipRefusal& refusal) {
    auto error = StanzaError::of(condition_of(refusal.status), xmpp::as_xml_text(refusal.reason));
    // Note 1: with 301, never with 410.
    if (!carries_address(error.condition) || refusal.status >= 400 || refusal.contact.empty())
        return error;
    if (const auto jid = jid_of(refusal.contact)) {
        error.new_address = xmpp_uri_of(*jid);
    } else {
        error.new_address = xmpp::as_xml_text(refusal.contact);
    }
    return error;
}

}  // namespace imslab::interconnection
