// The AVP codes that Cx and Sh use by name in code (RFC 6733 §4.5, RFC 4740 §9, TS 29.229 §6.3,
// TS 29.329 §6.3, TS 29.109 §6).
#pragma once

#include <cstdint>

namespace imslab::diameter::avp {

// IETF
inline constexpr std::uint32_t user_name = 1, digest_realm = 104, digest_qop = 110,
                               digest_algorithm = 111, digest_ha1 = 121, auth_application_id = 258,
                               vendor_specific_application_id = 260, session_id = 263,
                               origin_host = 264, vendor_id = 266, result_code = 268,
                               auth_session_state = 277, failed_avp = 279, error_message = 281,
                               destination_realm = 283, destination_host = 293, origin_realm = 296,
                               experimental_result = 297, experimental_result_code = 298;

// 3GPP
inline constexpr std::uint32_t gba_user_sec_settings = 400, transaction_identifier = 401,
                               naf_id = 402, gaa_service_identifier = 403, key_expiry_time = 404,
                               me_key_material = 405, uicc_key_material = 406,
                               gba_u_awareness_indicator = 407, bootstrap_info_creation_time = 408,
                               visited_network_identifier = 600, public_identity = 601,
                               server_name = 602, server_capabilities = 603,
                               mandatory_capability = 604, optional_capability = 605,
                               user_data = 606, sip_number_auth_items = 607,
                               sip_authentication_scheme = 608, sip_authenticate = 609,
                               sip_authorization = 610, sip_auth_data_item = 612,
                               sip_item_number = 613, server_assignment_type = 614,
                               deregistration_reason = 615, reason_code = 616, reason_info = 617,
                               charging_information = 618, primary_event_charging = 619,
                               secondary_event_charging = 620, primary_charging_collection = 621,
                               secondary_charging_collection = 622, user_authorization_type = 623,
                               user_data_already_available = 624, confidentiality_key = 625,
                               integrity_key = 626, associated_identities = 632,
                               originating_request = 633, wildcarded_public_identity = 634,
                               wildcarded_impu = 636, sip_digest_authenticate = 635,
                               uar_flags = 637, loose_route_indication = 638,
                               scscf_restoration_info = 639, path = 640, contact = 641,
                               subscription_info = 642, call_id = 643, from = 644, to = 645,
                               record_route = 646, restoration_info = 649, user_identity = 700,
                               msisdn = 701, user_data_sh = 702, data_reference = 703,
                               service_indication = 704, subs_req_type = 705,
                               requested_domain = 706, current_location = 707, identity_set = 708,
                               expiry_time = 709, send_data_indication = 710, dsai_tag = 711,
                               one_time_notification = 712, repository_data_id = 715,
                               sequence_number = 716;

}  // namespace imslab::diameter::avp
