// Cx commands: to AVPs and back, and what a command without its AVPs is answered (TS 29.229 §6.1,
// RFC 6733 §7).
#include <catch2/catch_test_macros.hpp>

#include "diameter/cx_codec.h"
#include "diameter/dictionary.h"

using namespace imslab;
using diameter::Avp;

namespace {

const cx::Envelope kEnvelope{"icscf;1;1", "icscf.home", "home", "", "home"};

cx::UserAuthorizationRequest some_uar() {
    cx::UserAuthorizationRequest uar;
    uar.private_identity = "alice@home";
    uar.public_identity = "sip:alice@home";
    uar.visited_network = "visited";
    uar.type = cx::UserAuthorizationType::de_registration;
    uar.emergency = true;
    return uar;
}

template <class Command>
Command through_octets(const Command& command) {
    const auto message =
        diameter::decode(diameter::encode(cx::to_message(cx::Request(command), kEnvelope)));
    REQUIRE(message);
    const auto request = cx::request_from(*message);
    if (!request) FAIL(request.error().reason);
    return std::get<Command>(*request);
}

template <class Command>
Command answer_through_octets(const Command& command) {
    const auto message =
        diameter::decode(diameter::encode(cx::to_message(cx::Answer(command), kEnvelope)));
    REQUIRE(message);
    const auto answer = cx::answer_from(*message);
    if (!answer) FAIL(answer.error().reason);
    return std::get<Command>(*answer);
}

void drop(diameter::Message& message, std::uint32_t code, std::uint32_t vendor) {
    std::erase_if(message.avps,
                  [&](const Avp& avp) { return avp.code == code && avp.vendor == vendor; });
}

cx::CodecError refusal_of(const diameter::Message& message) {
    const auto request = cx::request_from(message);
    REQUIRE_FALSE(request);
    return request.error();
}

}  // namespace

TEST_CASE("UAR and UAA") {
    const auto uar = through_octets(some_uar());
    CHECK(uar.private_identity == "alice@home");
    CHECK(uar.public_identity == "sip:alice@home");
    CHECK(uar.visited_network == "visited");
    CHECK(uar.type == cx::UserAuthorizationType::de_registration);
    CHECK(uar.emergency);
    const auto uaa = answer_through_octets(cx::UserAuthorizationAnswer{
        cx::result::first_registration, "", cx::ServerCapabilities{{1, 2}, {3}, {"sip:s"}}});
    CHECK(uaa.result == cx::result::first_registration);
    REQUIRE(uaa.capabilities);
    CHECK(*uaa.capabilities == cx::ServerCapabilities{{1, 2}, {3}, {"sip:s"}});
    // No capabilities wanted, any S-CSCF will do: no group without members, which others drop.
    const auto any = answer_through_octets(
        cx::UserAuthorizationAnswer{cx::result::first_registration, "", cx::ServerCapabilities{}});
    CHECK_FALSE(any.capabilities.has_value());
}

TEST_CASE("A 3GPP code stands in Experimental-Result, a base code in Result-Code, never both") {
    auto message = cx::to_message(
        cx::Answer(cx::UserAuthorizationAnswer{cx::result::user_unknown, "", {}}), kEnvelope);
    CHECK(message.find(268) == nullptr);
    REQUIRE(message.find(297) != nullptr);
    CHECK_FALSE(message.error);
    message = cx::to_message(cx::Answer(cx::UserAuthorizationAnswer{cx::result::success, "", {}}),
                             kEnvelope);
    CHECK(message.find(297) == nullptr);
    CHECK(message.find(268)->as_number() == 2001U);
    message = cx::to_message(
        cx::Answer(cx::UserAuthorizationAnswer{cx::result::unable_to_deliver, "", {}}), kEnvelope);
    CHECK(message.error);
}

TEST_CASE("Every command has the application and no session state") {
    const auto message = cx::to_message(cx::Request(some_uar()), kEnvelope);
    REQUIRE(message.find(260) != nullptr);
    CHECK(message.find(260)->find(266, 0)->as_number() == diameter::kVendor3gpp);
    CHECK(message.find(260)->find(258, 0)->as_number() == diameter::kApplicationCx);
    CHECK(message.find(277)->as_number() == 1U);
    CHECK(message.application == diameter::kApplicationCx);
    CHECK(message.avps.front().code == 263);
}

TEST_CASE("LIR and LIA") {
    cx::LocationInfoRequest lir;
    lir.public_identity = "sip:conference-1@home";
    lir.originating = true;
    lir.capabilities_wanted = true;
    const auto read = through_octets(lir);
    CHECK(read.originating);
    CHECK(read.capabilities_wanted);
    cx::LocationInfoAnswer lia;
    lia.result = cx::result::success;
    lia.server_name = "sip:s";
    lia.wildcarded_psi = "sip:conference-!.*!@home";
    const auto answer = answer_through_octets(lia);
    CHECK(answer.server_name == "sip:s");
    CHECK(answer.wildcarded_psi == lia.wildcarded_psi);
    CHECK_FALSE(answer.capabilities);
}

TEST_CASE("MAR and MAA, AKA and SIP Digest, NUL octets included") {
    cx::MultimediaAuthRequest mar;
    mar.private_identity = "alice@home";
    mar.public_identity = "sip:alice@home";
    mar.server_name = "sip:s";
    mar.vectors = 3;
    mar.resynchronisation = std::string(30, '\0');
    const auto read = through_octets(mar);
    CHECK(read.vectors == 3);
    CHECK(read.resynchronisation == mar.resynchronisation);
    CHECK(read.auth_scheme == cx::scheme::aka);

    cx::MultimediaAuthAnswer maa;
    maa.result = cx::result::success;
    maa.private_identity = "alice@home";
    maa.public_identity = "sip:alice@home";
    cx::AuthVector aka;
    aka.item = 2;
    aka.auth_scheme = cx::scheme::aka;
    aka.rand_autn = std::string(32, '\0');
    aka.xres = std::string(8, '\0');
    aka.confidentiality_key = std::string(16, '\1');
    aka.integrity_key = std::string(16, '\2');
    cx::AuthVector digest;
    digest.item = 1;
    digest.auth_scheme = cx::scheme::digest;
    digest.realm = "home";
    digest.algorithm = "MD5";
    digest.qop = "auth";
    digest.ha1 = "0123456789abcdef0123456789abcdef";
    maa.vectors = {aka, digest};
    const auto answer = answer_through_octets(maa);
    REQUIRE(answer.vectors.size() == 2);
    CHECK(answer.vectors[0].item == 1);
    CHECK(answer.vectors[0].ha1 == digest.ha1);
    CHECK(answer.vectors[0].qop == "auth");
    CHECK(answer.vectors[1].rand_autn == aka.rand_autn);
    CHECK(answer.vectors[1].xres == aka.xres);
    CHECK(answer.vectors[1].integrity_key == aka.integrity_key);
}

TEST_CASE("SAR and SAA, with what survives an S-CSCF") {
    cx::ServerAssignmentRequest sar;
    sar.private_identity = "alice@home";
    sar.public_identities = {"sip:alice@home", "tel:+1"};
    sar.server_name = "sip:s";
    sar.type = cx::ServerAssignmentType::user_deregistration;
    sar.user_data_already_available = true;
    sar.wildcarded_psi = "sip:c-!.*!@home";
    const cx::RestorationInfo info{
        "alice@home",
        {{"<sip:ue>", "<sip:p>", cx::SubscriptionInfo{"c", "f", "t", "r", "k"}},
         {"<sip:ue2>", "<sip:p>", {}}}};
    sar.restoration = info;
    const auto read = through_octets(sar);
    CHECK(read.public_identities == sar.public_identities);
    CHECK(read.type == sar.type);
    CHECK(read.user_data_already_available);
    CHECK(read.wildcarded_psi == sar.wildcarded_psi);
    REQUIRE(read.restoration);
    CHECK(*read.restoration == info);

    cx::ServerAssignmentAnswer saa;
    saa.result = cx::result::success;
    saa.private_identity = "alice@home";
    saa.user_data = "<IMSSubscription/>";
    saa.charging = cx::ChargingInformation{"aaa://e", "", "aaa://c", "aaa://d"};
    saa.associated_private_identities = {"alice@home", "alice2@home"};
    saa.restoration = {info, info};
    saa.loose_route = true;
    const auto answer = answer_through_octets(saa);
    CHECK(answer.user_data == saa.user_data);
    CHECK(answer.charging == saa.charging);
    CHECK(answer.associated_private_identities == saa.associated_private_identities);
    CHECK(answer.restoration.size() == 2);
    CHECK(answer.loose_route);
}

TEST_CASE("RTR, RTA, PPR and PPA carry the S-CSCF they go to") {
    cx::RegistrationTerminationRequest rtr;
    rtr.destination_host = "scscf.home";
    rtr.private_identity = "alice@home";
    rtr.associated_private_identities = {"alice2@home"};
    rtr.public_identities = {"sip:alice@home"};
    rtr.reason = cx::DeregistrationReason::server_change;
    rtr.reason_info = "moved";
    const auto read = through_octets(rtr);
    CHECK(read.destination_host == "scscf.home");
    CHECK(read.reason == cx::DeregistrationReason::server_change);
    CHECK(read.reason_info == "moved");
    CHECK(read.associated_private_identities == rtr.associated_private_identities);
    CHECK(answer_through_octets(cx::RegistrationTerminationAnswer{cx::result::success, {"a"}})
              .associated_private_identities.size() == 1);

    cx::PushProfileRequest ppr;
    ppr.destination_host = "scscf.home";
    ppr.private_identity = "alice@home";
    ppr.user_data = "<IMSSubscription/>";
    ppr.charging = cx::ChargingInformation{"aaa://e", "", "", ""};
    CHECK(through_octets(ppr).charging == ppr.charging);
    CHECK(answer_through_octets(cx::PushProfileAnswer{cx::result::too_much_data}).result ==
          cx::result::too_much_data);
}

TEST_CASE("A command without what it must carry is answered MISSING_AVP with the AVP's form") {
    struct Need {
        cx::Request command;
        std::vector<std::pair<std::uint32_t, std::uint32_t>> avps;
    };
    constexpr auto g3pp = diameter::kVendor3gpp;
    cx::MultimediaAuthRequest mar;
    mar.private_identity = mar.public_identity = mar.server_name = "x";
    cx::ServerAssignmentRequest sar;
    sar.public_identities = {"sip:a@b"};
    sar.server_name = "sip:s";
    cx::LocationInfoRequest lir;
    lir.public_identity = "sip:a@b";
    cx::RegistrationTerminationRequest rtr;
    rtr.destination_host = rtr.private_identity = "x";
    cx::PushProfileRequest ppr;
    ppr.destination_host = ppr.private_identity = "x";
    const std::vector<Need> needs = {
        {some_uar(),
         {{263, 0},
          {260, 0},
          {277, 0},
          {264, 0},
          {296, 0},
          {283, 0},
          {1, 0},
          {601, g3pp},
          {600, g3pp}}},
        {lir, {{263, 0}, {601, g3pp}}},
        {mar, {{1, 0}, {601, g3pp}, {602, g3pp}, {607, g3pp}, {612, g3pp}}},
        {sar, {{602, g3pp}, {614, g3pp}, {624, g3pp}, {601, g3pp}}},
        {rtr, {{293, 0}, {1, 0}, {615, g3pp}}},
        {ppr, {{293, 0}, {1, 0}}},
    };
    for (const auto& need : needs) {
        for (const auto& [code, vendor] : need.avps) {
            auto message = cx::to_message(need.command, kEnvelope);
            drop(message, code, vendor);
            INFO(diameter::command_name(message.command, true) << " without AVP " << code);
            const auto error = refusal_of(message);
            CHECK(error.result == cx::result::missing_avp);
            REQUIRE(error.failed_avp);
            CHECK(error.failed_avp->code == code);
            CHECK(error.failed_avp->vendor == vendor);
        }
    }
}

TEST_CASE("A refusal answers the request it refuses") {
    auto request = cx::to_message(cx::Request(some_uar()), kEnvelope);
    request.hop_by_hop = 7;
    request.end_to_end = 8;
    drop(request, 601, diameter::kVendor3gpp);
    const cx::Envelope own{"", "hss.home", "home", "", ""};
    const auto message =
        diameter::decode(diameter::encode(cx::refusal(request, refusal_of(request), own)));
    REQUIRE(message);
    CHECK_FALSE(message->request);
    CHECK(message->command == 300);
    CHECK(message->hop_by_hop == 7);
    CHECK(message->end_to_end == 8);
    CHECK(message->find(263)->data == "icscf;1;1");
    CHECK(diameter::result_of(*message) == cx::result::missing_avp);
    REQUIRE(message->find(279) != nullptr);
    CHECK(message->find(279)->find(601, diameter::kVendor3gpp) != nullptr);
    CHECK(message->find(281)->data == "Public-Identity is missing");
}

TEST_CASE("Values, lengths, repetitions, unknown AVPs, unknown commands") {
    constexpr auto g3pp = diameter::kVendor3gpp;
    const auto uar = cx::to_message(cx::Request(some_uar()), kEnvelope);

    auto message = uar;
    drop(message, 623, g3pp);
    message.avps.push_back(Avp::number(623, g3pp, 9));
    CHECK(refusal_of(message).result == cx::result::invalid_avp_value);
    message.avps.back() = Avp::text(623, g3pp, "9");
    CHECK(refusal_of(message).result == diameter::ResultCode{0, 5014});

    message = uar;
    message.avps.push_back(Avp::text(601, g3pp, "sip:second@home"));
    CHECK(refusal_of(message).result == cx::result::avp_occurs_too_many_times);

    message = uar;
    message.avps.push_back(Avp::text(4711, 99, "?"));
    CHECK(refusal_of(message).result == diameter::ResultCode{0, 5001});
    message.avps.back().mandatory = false;
    CHECK(cx::request_from(message));

    message = uar;
    message.command = 999;
    CHECK(refusal_of(message).result == diameter::ResultCode{0, 3001});
    message = uar;
    message.application = 4;
    CHECK(refusal_of(message).result == diameter::ResultCode{0, 3007});
    message = uar;
    message.request = false;
    CHECK_FALSE(cx::request_from(message));

    cx::MultimediaAuthRequest mar;
    mar.private_identity = mar.public_identity = mar.server_name = "x";
    mar.resynchronisation = "too short";
    CHECK(refusal_of(cx::to_message(cx::Request(mar), kEnvelope)).result ==
          cx::result::invalid_avp_value);
}

TEST_CASE("An answer without any result is no answer; one from an agent may carry little else") {
    diameter::Message message;
    message.command = 300;
    message.application = diameter::kApplicationCx;
    CHECK_FALSE(cx::answer_from(message));
    message.avps.push_back(Avp::number(268, 0, 3002));
    const auto answer = cx::answer_from(message);
    REQUIRE(answer);
    CHECK(std::get<cx::UserAuthorizationAnswer>(*answer).result == cx::result::unable_to_deliver);
}
