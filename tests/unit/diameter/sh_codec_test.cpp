// Sh commands as octets and back, and what is refused: TS 29.329 §6.1, §6.3.
#include <catch2/catch_test_macros.hpp>

#include "diameter/dictionary.h"
#include "diameter/sh_codec.h"
#include "diameter/sh_data.h"
#include "diameter/sh_text.h"

using namespace imslab;
using diameter::Avp;
using diameter::Message;

namespace {

constexpr auto g3pp = diameter::kVendor3gpp;
const sh::Envelope kEnvelope{"as;1;1", "as.home", "home", "hss.home", "home"};

template <class Command>
Command again(const Command& command) {
    const auto octets = diameter::encode(sh::to_message(sh::Request(command), kEnvelope));
    const auto message = diameter::decode(octets);
    REQUIRE(message);
    auto read = sh::request_from(*message);
    if (!read) FAIL(read.error().reason);
    return std::get<Command>(*read);
}

sh::UserDataRequest udr(sh::DataReference reference) {
    sh::UserDataRequest request;
    request.user.public_identity = "sip:alice@home";
    request.selection.references = {reference};
    return request;
}

sh::CodecError refused(const Message& message) {
    const auto read = sh::request_from(message);
    REQUIRE(!read);
    return read.error();
}

}  // namespace

TEST_CASE("TS 29.329 §6.1.1: a UDR comes through with every part of its access key") {
    auto request = udr(sh::DataReference::repository_data);
    request.selection.references.push_back(sh::DataReference::user_state);
    request.selection.service_indications = {"notes", "more"};
    request.selection.identity_sets = {sh::IdentitySet::alias};
    request.selection.server_name = "sip:as.home";
    request.selection.dsai_tags = {"a", "b"};
    request.domain = sh::RequestedDomain::ps;
    request.active_location_retrieval = true;
    request.user = {{}, "491711234"};
    const auto read = again(request);
    CHECK(read.user == request.user);
    CHECK(read.selection == request.selection);
    CHECK(read.domain == request.domain);
    CHECK(read.active_location_retrieval);
    CHECK(read.destination_host == "hss.home");
}

TEST_CASE("TS 29.329 §6.1.3, §6.1.5, §6.1.7: PUR, SNR and PNR come through") {
    sh::ProfileUpdateRequest pur;
    pur.user.public_identity = "sip:alice@home";
    pur.references = {sh::DataReference::repository_data};
    sh::ShData data;
    data.repository_data = {{"notes", 3, "<a/>"}};
    pur.user_data = sh::write_sh_data(data);
    CHECK(again(pur).user_data == pur.user_data);

    sh::SubscribeNotificationsRequest snr;
    snr.user.public_identity = "sip:alice@home";
    snr.selection.references = {sh::DataReference::ims_user_state};
    snr.type = sh::SubsReqType::unsubscribe;
    snr.data_requested = true;
    snr.expiry_time = 1'700'000'000;
    snr.one_time = true;
    const auto read = again(snr);
    CHECK(read.type == sh::SubsReqType::unsubscribe);
    CHECK(read.data_requested);
    CHECK(read.expiry_time == 1'700'000'000);
    CHECK(read.one_time);

    sh::PushNotificationRequest pnr;
    pnr.destination_host = "as.home";
    pnr.user.public_identity = "sip:alice@home";
    pnr.wildcarded_psi = "sip:room-!.*!@home";
    pnr.user_data = pur.user_data;
    CHECK(again(pnr).destination_host == "as.home");
    CHECK(again(pnr).wildcarded_psi == pnr.wildcarded_psi);
}

TEST_CASE("answers come through, with the code's vendor") {
    sh::ProfileUpdateAnswer pua;
    pua.result = sh::result::transparent_data_out_of_sync;
    pua.repository_data = sh::RepositoryDataId{"notes", 7};
    pua.reference = sh::DataReference::repository_data;
    const auto message = sh::to_message(sh::Answer(pua), kEnvelope);
    CHECK(diameter::command_name(message.command, false) == "PUA");
    const auto read = sh::answer_from(*diameter::decode(diameter::encode(message)));
    REQUIRE(read);
    CHECK(std::get<sh::ProfileUpdateAnswer>(*read).result == pua.result);
    CHECK(std::get<sh::ProfileUpdateAnswer>(*read).repository_data == pua.repository_data);
    CHECK(std::get<sh::ProfileUpdateAnswer>(*read).reference == pua.reference);
    CHECK(sh::to_text(*read).starts_with("PUA DIAMETER_ERROR_TRANSPARENT_DATA_OUT_OF_SYNC (5105)"));
}

TEST_CASE("TS 29.329 §6.3.2: an MSISDN is TBCD") {
    CHECK(sh::tbcd_from("12345") == std::string("\x21\x43\xf5"));
    CHECK(sh::digits_from("\x21\x43\xf5") == "12345");
    CHECK(sh::digits_from("\x21\x43") == "1234");
    CHECK(!sh::digits_from("\x2a"));
    CHECK(!sh::digits_from("\xf1\x21"));
}

TEST_CASE("RFC 6733 §7.1.5: what is missing, repeated, unknown or of no known value") {
    auto message = sh::to_message(sh::Request(udr(sh::DataReference::ims_user_state)), kEnvelope);
    SECTION("no Data-Reference") {
        std::erase_if(message.avps, [](const Avp& one) { return one.code == 703; });
        const auto error = refused(message);
        CHECK(error.result == sh::result::missing_avp);
        CHECK(error.failed_avp->code == 703);
    }
    SECTION("a reference that is none") {
        message.avps.push_back(Avp::number(703, g3pp, 5));
        CHECK(refused(message).result == sh::result::invalid_avp_value);
    }
    SECTION("a user without a name") {
        std::erase_if(message.avps, [](const Avp& one) { return one.code == 700; });
        message.avps.push_back(Avp::of(700, g3pp, {}));
        CHECK(refused(message).failed_avp->code == 601);
    }
    SECTION("an AVP nobody knows, with the M bit; without it, it is skipped") {
        message.avps.push_back(Avp::text(9999, g3pp, "x", false));
        CHECK(sh::request_from(message));
        message.avps.back().mandatory = true;
        CHECK(refused(message).result == diameter::ResultCode{0, 5001});
        CHECK(refused(message).failed_avp->code == 9999);
    }
    SECTION("Server-Name twice") {
        message.avps.push_back(Avp::text(602, g3pp, "sip:a"));
        message.avps.push_back(Avp::text(602, g3pp, "sip:b"));
        CHECK(refused(message).result == sh::result::avp_occurs_too_many_times);
    }
    SECTION("the Cx application") {
        message.application = diameter::kApplicationCx;
        CHECK(refused(message).result == diameter::ResultCode{0, 3007});
    }
    SECTION("a command of another application") {
        message.command = 300;
        CHECK(refused(message).result == diameter::ResultCode{0, 3001});
    }
}

TEST_CASE("TS 29.328 §7.6: the parts of the access key that a reference needs") {
    const auto missing = [](sh::DataReference reference) {
        const auto error = refused(sh::to_message(sh::Request(udr(reference)), kEnvelope));
        CHECK(error.result == sh::result::missing_avp);
        return error.failed_avp->code;
    };
    CHECK(missing(sh::DataReference::repository_data) == 704);
    CHECK(missing(sh::DataReference::initial_filter_criteria) == 602);
    CHECK(missing(sh::DataReference::dsai) == 602);
    CHECK(missing(sh::DataReference::location_information) == 706);
}

TEST_CASE("User-Data that is no Sh-Data is an invalid AVP, shown as it came") {
    sh::ProfileUpdateRequest pur;
    pur.user.public_identity = "sip:alice@home";
    pur.references = {sh::DataReference::repository_data};
    for (const char* text : {"<Sh-Data>",
                             "<Other/>",
                             "<!DOCTYPE x><Sh-Data/>",
                             "no XML",
                             "<Sh-Data><RepositoryData/></Sh-Data>"}) {
        pur.user_data = text;
        const auto error = refused(sh::to_message(sh::Request(pur), kEnvelope));
        CHECK(error.result == sh::result::invalid_avp_value);
        CHECK(error.failed_avp->data == text);
    }
}

TEST_CASE("a request as a line of text") {
    const auto read = sh::request_from_text(
        "subscribe tel:+15550001 RepositoryData,IMSUserState service=notes expires=60 once", 1'000);
    REQUIRE(read);
    const auto& snr = std::get<sh::SubscribeNotificationsRequest>(*read);
    CHECK(snr.selection.references.size() == 2);
    CHECK(snr.expiry_time == 1'060);
    CHECK(snr.one_time);
    const auto wrong = [](const char* line) {
        const auto error = sh::request_from_text(line);
        REQUIRE(!error);
        return std::to_string(error.error().column) + " " + error.error().to_string();
    };
    CHECK(wrong("push sip:a@b MSISDN").find("expected pull, update, subscribe") !=
          std::string::npos);
    CHECK(wrong("pull alice MSISDN").starts_with("6 found 'alice', expected a user"));
    CHECK(wrong("pull sip:a@b Weather").starts_with("14 found 'Weather', expected a data"));
    CHECK(wrong("pull sip:a@b UserState domain=lte").find("one of cs, ps") != std::string::npos);
    CHECK(wrong("update sip:a@b RepositoryData service=x").find("expected sequence=") !=
          std::string::npos);
    CHECK(wrong("pull sip:a@b").starts_with("13 found the end"));
}
