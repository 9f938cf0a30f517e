// A home network whose users application servers ask about.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "diameter/sh_data.h"
#include "tests/unit/hss/home.h"

namespace imslab::test {

inline const std::string kZoe = "sip:zoe@" + kHome;
inline const std::string kZoeNumber = "4917100071";
inline const std::string kZoePrivate = "001010000000071@" + kHome;
inline const std::string kDialIn = "sip:dial-in@" + kHome;
inline const std::string kAs1 = "as1." + kHome;
inline const std::string kAs2 = "as2." + kHome;
inline const std::string kAs1Name = "sip:" + kAs1;

class ShHome : public Home {
public:
    explicit ShHome(const std::string& kind, hss::Config config = default_config());

    sh::UserDataAnswer pull(sh::DataReference reference,
                            const std::string& user = kZoe,
                            const std::string& server = kAs1);
    sh::UserDataAnswer pull(sh::UserDataRequest udr, const std::string& server = kAs1) {
        return std::get<sh::UserDataAnswer>(ask_sh(std::move(udr), server));
    }
    sh::ShData data(const sh::UserDataAnswer& uda);
    // What an AS stores under a Service-Indication; nullopt: removes it.
    sh::ProfileUpdateAnswer store(const std::string& indication,
                                  std::uint32_t number,
                                  std::optional<std::string> service_data,
                                  const std::string& server = kAs1,
                                  const std::string& user = kZoe);
    std::optional<sh::RepositoryData> stored(const std::string& indication);
    sh::ProfileUpdateAnswer update(sh::DataReference reference,
                                   const sh::ShData& data,
                                   const std::string& user = kZoe,
                                   const std::string& server = kAs1);
    sh::SubscribeNotificationsRequest subscription(sh::DataReference reference,
                                                   const std::string& user = kZoe);
    sh::SubscribeNotificationsAnswer subscribe(sh::SubscribeNotificationsRequest snr,
                                               const std::string& server = kAs1) {
        return std::get<sh::SubscribeNotificationsAnswer>(ask_sh(std::move(snr), server));
    }
    sh::ShData last_notification();
};

}  // namespace imslab::test
