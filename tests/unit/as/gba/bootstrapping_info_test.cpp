// The document that a UE gets (TS 24.109 Annex C).
#include "as/gba/bootstrapping_info.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::gba;

TEST_CASE("TS 24.109 Annex C: what is written is read again") {
    const BootstrappingInfo info{"AAECAwQFBgcICQoLDA0ODw==@bsf.home", 1'700'000'000};
    const auto text = write(info);
    CHECK(text.find("<lifetime>2023-11-14T22:13:20Z</lifetime>") != std::string::npos);
    const auto again = read_bootstrapping_info(text);
    REQUIRE(again);
    CHECK(again->transaction_identifier == info.transaction_identifier);
    CHECK(again->lifetime == info.lifetime);
    CHECK(http_date(1'073'557'397) == "Thu, 08 Jan 2004 10:23:17 GMT");
    CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

// As a BSF in the field wrote it, and with what a later release puts in.
TEST_CASE("TS 24.109 Annex C: documents of other servers") {
    const auto read = read_bootstrapping_info(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BootstrappingInfo xmlns=\"uri:3gpp-gba\">\n"
        "<btid>fve4iTWb1rTb297CzVSrpw==@bsf.ims.mnc045.mcc123.pub.3gppnetwork.org</btid>\n"
        "<lifetime>2020-10-28T23:36:26.5Z</lifetime>\n"
        "<Extension><currenttime>2020-10-27T23:36:26Z</currenttime></Extension>\n"
        "</BootstrappingInfo>\n");
    REQUIRE(read);
    CHECK(read->transaction_identifier ==
          "fve4iTWb1rTb297CzVSrpw==@bsf.ims.mnc045.mcc123.pub.3gppnetwork.org");
    CHECK(read->lifetime == 1'603'928'186);
}

TEST_CASE("TS 24.109 Annex C: what is no such document") {
    const auto with = [](const std::string& inside) {
        return read_bootstrapping_info("<BootstrappingInfo xmlns=\"uri:3gpp-gba\">" + inside +
                                       "</BootstrappingInfo>");
    };
    CHECK(with("<btid>a@b</btid><lifetime>2020-10-28T23:36:26Z</lifetime>"));
    CHECK_FALSE(with("<btid>a@b</btid>"));
    CHECK_FALSE(with("<lifetime>2020-10-28T23:36:26Z</lifetime>"));
    CHECK_FALSE(with("<btid>a@b</btid><lifetime>tomorrow</lifetime>"));
    CHECK_FALSE(with("<btid>a@b</btid><lifetime>2020-13-28T23:36:26Z</lifetime>"));
    CHECK_FALSE(with("<btid>a@b</btid><lifetime>2020-10-28T23:36:26</lifetime>"));
    CHECK_FALSE(with("<btid>a@b</btid><lifetime>2020-10-28T24:36:26Z</lifetime>"));
    CHECK_FALSE(read_bootstrapping_info("<BootstrappingInfo/>"));
    CHECK_FALSE(read_bootstrapping_info("<!DOCTYPE x><x/>"));
    CHECK_FALSE(read_bootstrapping_info(""));
}
