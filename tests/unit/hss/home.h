// An HSS with its store and the S-CSCF it may speak to, for call flows on Cx: ask, and be answered.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "diameter/zh.h"
#include "hss/hss.h"
#include "hss/memory_store.h"
#include "hss/store.h"

namespace imslab::test {

inline const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
inline const std::string kAlice = "sip:alice@" + kHome;
inline const std::string kAlicePrivate = "001010000000001@" + kHome;
inline const std::string kServer = "sip:scscf." + kHome + ":5060";
inline const std::string kServerPeer = "scscf." + kHome;
inline const std::string kOtherServer = "sip:scscf2." + kHome + ":5060";
inline const std::string kOtherPeer = "scscf2." + kHome;

// Octets that never repeat.
class CountingEntropy : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = static_cast<std::uint8_t>(++count_ * 2654435761U >> 16);
    }

private:
    std::uint32_t count_ = 0;
};

// "memory", "sqlite", and "postgresql" where it is installed.
std::vector<std::string> store_kinds();
std::unique_ptr<hss::Store> make_store(const std::string& kind);

// The subscribers of tests/vectors/hss/home.xml.
std::vector<hss::Subscription> home_subscribers();

class Home {
public:
    explicit Home(const std::string& kind, hss::Config config = default_config());
    static hss::Config default_config();

    cx::Answer ask(cx::Request request, const std::string& peer = kServerPeer);
    sh::Answer ask_sh(sh::Request request, const std::string& server);
    zh::Answer ask_zh(zh::Request request, const std::string& server);
    hss::AdministrationAnswer administer(hss::Administration change);

    // Registers as a UE's two REGISTERs do: UAR, MAR, UAR, SAR.
    cx::UserAuthorizationAnswer authorize(const std::string& private_identity,
                                          const std::string& public_identity);
    cx::MultimediaAuthAnswer challenge(const std::string& private_identity,
                                       const std::string& public_identity,
                                       const std::string& server = kServer,
                                       const std::string& peer = kServerPeer);
    cx::ServerAssignmentAnswer assign(
        const std::string& private_identity,
        const std::string& public_identity,
        cx::ServerAssignmentType type = cx::ServerAssignmentType::registration,
        const std::string& server = kServer,
        const std::string& peer = kServerPeer);
    cx::LocationInfoAnswer locate(const std::string& public_identity,
                                  bool originating = false,
                                  bool capabilities = false);
    void register_user(const std::string& private_identity = kAlicePrivate,
                       const std::string& public_identity = kAlice);
    hss::User user(const std::string& private_identity, const std::string& public_identity);
    hss::StoreAnswer perform(const hss::StoreRequest& request) { return store_->perform(request); }

    std::vector<cx::Request> sent;  // RTR and PPR
    std::function<Answered(AskId, const cx::Request&)> s_cscf;
    std::vector<sh::PushNotificationRequest> notified;
    sh::ResultCode notification_result = sh::result::success;
    Time now{};
    bool store_fails = false;
    std::vector<std::string> logged;
    hss::Hss& node() { return *hss_; }
    void wake() { settle(Woken{}); }

private:
    std::any deliver(Asked asked);
    std::any settle(Event event);

    std::unique_ptr<hss::Store> store_;
    CountingEntropy entropy_;
    std::unique_ptr<hss::Hss> hss_;
    AskId last_id_ = 0;
};

template <class Wanted>
Wanted as(const cx::Answer& answer) {
    return std::get<Wanted>(answer);
}

}  // namespace imslab::test
