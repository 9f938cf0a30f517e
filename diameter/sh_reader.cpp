// AVPs to Sh structs: what each command must carry, TS 29.329 §6.1.
#include <algorithm>

#include "diameter/avp_codes.h"
#include "diameter/command_reader.h"
#include "diameter/sh_codec.h"
#include "diameter/sh_data.h"

namespace imslab::sh {
namespace {

using diameter::Avp;
using diameter::Members;
using diameter::Message;
using diameter::unless_refused;
namespace avp = diameter::avp;
constexpr auto g3pp = diameter::kVendor3gpp;
constexpr std::uint32_t kFrom1900To1970 = 2'208'988'800U;

// TS 29.328 §6.1: a public identity or an MSISDN; which of them a reference wants is the HSS's to
// say.
UserIdentity read_user(Members& members) {
    UserIdentity user;
    const auto* group = members.need({avp::user_identity, g3pp});
    if (group == nullptr) return user;
    Members inside(group->group, members);
    user.public_identity = inside.text(avp::public_identity);
    if (const auto* number = inside.find({avp::msisdn, g3pp})) {
        if (auto digits = digits_from(number->data); digits && !digits->empty())
            user.msisdn = std::move(*digits);
        else
            members.refuse_value(*number, "is no number in TBCD");
    }
    if (user.public_identity.empty() && user.msisdn.empty())
        members.refuse(diameter::missing({avp::public_identity, g3pp}));
    return user;
}

DataReference reference_from(const Avp& one, Members& members) {
    const auto number = members.value(one);
    const bool is_known = number == 0 || (number >= 10 && number <= kHighestDataReference);
    if (!is_known) members.refuse_value(one, "has no value " + std::to_string(number));
    return static_cast<DataReference>(number);
}

std::vector<DataReference> read_references(Members& members) {
    std::vector<DataReference> references;
    for (const auto& one : members.all()) {
        if (one.code != avp::data_reference || one.vendor != g3pp) continue;
        references.push_back(reference_from(one, members));
    }
    if (references.empty()) members.refuse(diameter::missing({avp::data_reference, g3pp}));
    return references;
}

Selection read_selection(Members& members) {
    Selection selection;
    selection.references = read_references(members);
    selection.service_indications = members.texts(avp::service_indication);
    for (const auto& one : members.all()) {
        if (one.code != avp::identity_set || one.vendor != g3pp) continue;
        selection.identity_sets.push_back(
            members.enumerated(&one, IdentitySet::alias, IdentitySet::all));
    }
    selection.server_name = members.text(avp::server_name);
    selection.dsai_tags = members.texts(avp::dsai_tag);
    return selection;
}

// TS 29.328 §7.6: the parts of the access key that a reference needs.
void check_access_key(const Selection& selection, Members& members) {
    const auto has = [&](DataReference one) {
        const auto& all = selection.references;
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    const bool repository =
        has(DataReference::repository_data) || has(DataReference::aliases_repository_data);
    if (repository && selection.service_indications.empty())
        members.refuse(diameter::missing({avp::service_indication, g3pp}));
    const bool of_server = has(DataReference::initial_filter_criteria) || has(DataReference::dsai);
    if (of_server && selection.server_name.empty())
        members.refuse(diameter::missing({avp::server_name, g3pp}));
}

// What an AS writes must be well-formed Sh-Data.
void check_user_data(Members& members) {
    const auto* user_data = members.need({avp::user_data_sh, g3pp});
    if (user_data == nullptr) return;
    if (const auto read = read_sh_data(user_data->data); !read)
        members.refuse_value(
            *user_data,
            "at octet " + std::to_string(read.error().position) + ": " + read.error().reason);
}

std::optional<std::uint32_t> read_expiry(Members& members) {
    const auto* found = members.find({avp::expiry_time, g3pp});
    if (found == nullptr) return std::nullopt;
    return members.value(*found) - kFrom1900To1970;
}

UserDataRequest read_user_data_request(Members& members) {
    UserDataRequest udr;
    udr.destination_host = members.text(avp::destination_host, 0);
    udr.user = read_user(members);
    udr.selection = read_selection(members);
    check_access_key(udr.selection, members);
    const auto& references = udr.selection.references;
    const bool of_domain = std::any_of(references.begin(), references.end(), [](auto one) {
        return one == DataReference::location_information || one == DataReference::user_state;
    });
    if (of_domain) members.need({avp::requested_domain, g3pp});
    if (const auto* domain = members.find({avp::requested_domain, g3pp}))
        udr.domain = members.enumerated(domain, RequestedDomain::ps, RequestedDomain::cs);
    udr.active_location_retrieval = members.number(avp::current_location, 0) == 1;
    udr.private_identity = members.text(avp::user_name, 0);
    return udr;
}

ProfileUpdateRequest read_profile_update(Members& members) {
    ProfileUpdateRequest pur;
    pur.destination_host = members.text(avp::destination_host, 0);
    pur.user = read_user(members);
    pur.references = read_references(members);
    check_user_data(members);
    pur.user_data = members.text(avp::user_data_sh);
    return pur;
}

SubscribeNotificationsRequest read_subscribe_notifications(Members& members) {
    SubscribeNotificationsRequest snr;
    snr.destination_host = members.text(avp::destination_host, 0);
    snr.user = read_user(members);
    snr.selection = read_selection(members);
    check_access_key(snr.selection, members);
    snr.type = members.enumerated(
        members.need({avp::subs_req_type, g3pp}), SubsReqType::unsubscribe, SubsReqType::subscribe);
    snr.data_requested = members.number(avp::send_data_indication, 0) == 1;
    snr.expiry_time = read_expiry(members);
    snr.one_time = members.find({avp::one_time_notification, g3pp}) != nullptr;
    return snr;
}

PushNotificationRequest read_push_notification(Members& members) {
    PushNotificationRequest pnr;
    pnr.destination_host = members.needed_text(avp::destination_host, 0);
    pnr.destination_realm = members.text(avp::destination_realm, 0);
    pnr.user = read_user(members);
    pnr.wildcarded_psi = members.text(avp::wildcarded_public_identity);
    pnr.wildcarded_impu = members.text(avp::wildcarded_impu);
    check_user_data(members);
    pnr.user_data = members.text(avp::user_data_sh);
    return pnr;
}

UserDataAnswer read_user_data_answer(Members& members, ResultCode result) {
    return {result,
            members.text(avp::user_data_sh),
            members.text(avp::wildcarded_public_identity),
            members.text(avp::wildcarded_impu)};
}

ProfileUpdateAnswer read_profile_update_answer(Members& members, ResultCode result) {
    ProfileUpdateAnswer pua;
    pua.result = result;
    if (const auto* group = members.find({avp::repository_data_id, g3pp})) {
        Members inside(group->group, members);
        pua.repository_data = RepositoryDataId{inside.needed_text(avp::service_indication),
                                               inside.needed_number(avp::sequence_number)};
    }
    if (const auto* reference = members.find({avp::data_reference, g3pp}))
        pua.reference = reference_from(*reference, members);
    return pua;
}

SubscribeNotificationsAnswer read_subscribe_answer(Members& members, ResultCode result) {
    return {result, members.text(avp::user_data_sh), read_expiry(members)};
}

}  // namespace

std::optional<std::string> digits_from(std::string_view tbcd) {
    std::string digits;
    for (std::size_t i = 0; i < tbcd.size(); ++i) {
        const auto octet = static_cast<unsigned char>(tbcd[i]);
        const unsigned low = octet & 15U, high = octet >> 4U;
        const bool is_last = i + 1 == tbcd.size();
        if (low > 9 || (high > 9 && !(is_last && high == 15))) return std::nullopt;
        digits.push_back(static_cast<char>('0' + low));
        if (high <= 9) digits.push_back(static_cast<char>('0' + high));
    }
    return digits;
}

Result<Request, CodecError> request_from(const Message& message) {
    if (auto objection = diameter::objection_to_request(message, diameter::kApplicationSh, "Sh"))
        return failure(std::move(*objection));
    Members members(message.avps);
    diameter::check_envelope(members, diameter::kApplicationSh, "Sh", true);
    switch (message.command) {
        case 306:
            return unless_refused<Request>(read_user_data_request(members), members);
        case 307:
            return unless_refused<Request>(read_profile_update(members), members);
        case 308:
            return unless_refused<Request>(read_subscribe_notifications(members), members);
        case 309:
            return unless_refused<Request>(read_push_notification(members), members);
        default:
            break;
    }
    return failure(diameter::unknown_command(message, "Sh"));
}

// An answer may come from an agent on the way (RFC 6733 §7.2), so only its result must be there.
Result<Answer, CodecError> answer_from(const Message& message) {
    if (message.request)
        return failure(CodecError{result::invalid_header_bits, "a request, not an answer", {}});
    const auto result = diameter::result_of(message);
    if (!result) return failure(diameter::missing({avp::result_code, 0}));
    Members members(message.avps);
    switch (message.command) {
        case 306:
            return unless_refused<Answer>(read_user_data_answer(members, *result), members);
        case 307:
            return unless_refused<Answer>(read_profile_update_answer(members, *result), members);
        case 308:
            return unless_refused<Answer>(read_subscribe_answer(members, *result), members);
        case 309:
            return unless_refused<Answer>(PushNotificationAnswer{*result}, members);
        default:
            break;
    }
    return failure(diameter::unknown_command(message, "Sh"));
}

}  // namespace imslab::sh
