// Memory of an S-CSCF per registered user, all included, after transactions have ended: 100,000
// users register with AKA; then they reregister, and the memory must not grow. Counted at operator
// new, with the allocator's own overhead.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <new>
#include <string>
#include <string_view>

#include "diameter/cx.h"
#include "diameter/user_profile.h"
#include "scscf/scscf.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace {

std::size_t allocated = 0;
constexpr std::size_t kChunkHeader = 8;  // glibc's, before each block

}  // namespace

void* operator new(std::size_t size) {
    void* block = std::malloc(size);
    if (block == nullptr) std::abort();
    allocated += malloc_usable_size(block) + kChunkHeader;
    return block;
}
void operator delete(void* block) noexcept {
    if (block != nullptr) allocated -= malloc_usable_size(block) + kChunkHeader;
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace imslab {
namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
const std::string kXres = "12345678";

class Numbers final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            octet = static_cast<std::uint8_t>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_ = 1;
};

std::string digits(std::size_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return std::string(width - text.size(), '0') + text;
}

// A user as the HSS has him: a barred temporary identity, a SIP URI, a number; one profile for all.
std::string user_data(std::size_t user) {
    cx::ImsSubscription subscription;
    subscription.private_identity = "00101" + digits(user, 10) + "@" + kHome;
    cx::ServiceProfile profile;
    profile.public_identities.push_back(
        {"sip:user" + digits(user, 7) + "@" + kHome, false, {}, {}, {}, {}, {}});
    profile.public_identities.push_back({"tel:+1555" + digits(user, 7), false, {}, {}, {}, {}, {}});
    profile.public_identities.push_back(
        {"sip:" + subscription.private_identity, true, {}, {}, {}, {}, {}});
    for (std::uint32_t priority = 0; priority < 3; ++priority) {
        cx::InitialFilterCriteria criteria;
        criteria.priority = priority;
        criteria.application_server.server_name = "sip:as" + std::to_string(priority) + "." + kHome;
        cx::TriggerPoint trigger;
        trigger.triggers.push_back({false, {0}, cx::MethodTrigger{"INVITE"}, {}});
        criteria.trigger_point = trigger;
        profile.filter_criteria.push_back(criteria);
    }
    subscription.service_profiles.push_back(std::move(profile));
    return cx::write_user_data(subscription);
}

class Load {
public:
    Load() : node_(config(), entropy_) {}

    static scscf::Config config() {
        scscf::Config config;
        config.address = *Address::parse("127.1.3.1:5060");
        return config;
    }

    void registers(std::size_t user, unsigned times) {
        auto challenge = exchange(user, 2 * times + 1, "nonce=\"\", response=\"\"");
        const auto value = challenge.get(sip::HeaderId::www_authenticate);
        if (challenge.status() != 401 || !value) fail("no challenge", challenge);
        const auto nonce = sip::AuthParams::parse(*value)->get("nonce").value_or("");
        const std::string username = "00101" + digits(user, 10) + "@" + kHome;
        const std::string uri = "sip:" + kHome;
        const auto ha1 = sip::ha1(sip::HashAlgorithm::md5, username, kHome, kXres);
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "REGISTER";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = "00000001";
        input.cnonce = "c0ffee";
        const auto ok =
            exchange(user,
                     2 * times + 2,
                     "nonce=\"" + nonce + "\", algorithm=AKAv1-MD5, qop=auth, nc=00000001, " +
                         "cnonce=\"c0ffee\", response=\"" + sip::digest_response(input) + "\"");
        if (ok.status() != 200) fail("not registered", ok);
    }

    void passes(Duration duration) {
        const Time until = now_ + duration;
        for (;;) {
            const auto deadline = node_.next_deadline();
            if (!deadline || *deadline > until) break;
            now_ = std::max(now_, *deadline);
            deliver(Woken{});
        }
        now_ = until;
    }
    std::size_t users() const { return node_.registered_users(); }

private:
    sip::Message exchange(std::size_t user, unsigned cseq, const std::string& authorization) {
        const std::string identity = "sip:user" + digits(user, 7) + "@" + kHome;
        const std::string name = "00101" + digits(user, 10);
        std::string text =
            "REGISTER sip:scscf." + kHome +
            ":5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.2.1:5060;branch=z9hG4bK" +
            std::to_string(++branch_) + "\r\nMax-Forwards: 68\r\nFrom: <" + identity +
            ">;tag=a1\r\nTo: <" + identity + ">\r\nCall-ID: " + digits(user * 7919, 24) +
            "@10.0.0.1\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\nPath: <sip:term@pcscf." +
            kHome + ";lr>\r\nRequire: path\r\nP-Visited-Network-ID: \"" + kHome +
            "\"\r\nP-Charging-Vector: icid-value=x\r\nContact: <sip:" + name +
            "@10.11.12.13:5060>;expires=600000;+sip.instance=\"<urn:gsma:imei:90420156-" +
            digits(user, 6) + "-0>\";+g.3gpp.smsip\r\nAuthorization: Digest username=\"" + name +
            "@" + kHome + "\", realm=\"" + kHome + "\", uri=\"sip:" + kHome + "\", " +
            authorization + ", integrity-protected=\"no\"\r\nContent-Length: 0\r\n\r\n";
        const auto local = *Address::parse("127.1.3.1:5060");
        const auto remote = *Address::parse("127.1.2.1:5060");
        user_ = user;
        deliver(Arrived{Flow{Transport::udp, local, remote, 0}, std::move(text)});
        if (!last_) fail("no answer", sip::Message::response(500));
        auto answer = *std::move(last_);
        last_.reset();
        return answer;
    }
    void deliver(Event event) {
        node_.deliver(std::move(event), now_);
        for (;;) {
            std::vector<Effect> effects;
            node_.take_effects(effects);
            if (effects.empty()) return;
            for (auto& effect : effects) perform(std::move(effect));
        }
    }
    void perform(Effect effect) {
        if (auto* send = std::get_if<Send>(&effect)) {
            auto parsed = sip::parse(std::move(send->bytes));
            if (parsed) last_ = *std::move(parsed);
        } else if (auto* ask = std::get_if<Ask>(&effect)) {
            node_.deliver(
                Answered{ask->id, std::any(answer_to(std::any_cast<cx::Request>(ask->request)))},
                now_);
        }
    }
    cx::Answer answer_to(const cx::Request& request) const {
        if (std::holds_alternative<cx::MultimediaAuthRequest>(request)) {
            cx::MultimediaAuthAnswer maa;
            maa.result = cx::result::success;
            cx::AuthVector vector;
            vector.auth_scheme = cx::scheme::aka;
            vector.rand_autn = std::string(32, 'r');
            vector.xres = kXres;
            vector.confidentiality_key = vector.integrity_key = std::string(16, 'k');
            maa.vectors.push_back(std::move(vector));
            return maa;
        }
        cx::ServerAssignmentAnswer saa;
        saa.result = cx::result::success;
        const auto* sar = std::get_if<cx::ServerAssignmentRequest>(&request);
        if (sar != nullptr && !sar->user_data_already_available) saa.user_data = user_data(user_);
        return saa;
    }
    [[noreturn]] static void fail(const char* what, const sip::Message& message) {
        std::fprintf(stderr, "%s: %s\n", what, message.to_bytes().c_str());
        std::exit(1);
    }

    Numbers entropy_;
    scscf::Scscf node_;
    Time now_ = Time{} + std::chrono::hours(1);
    std::optional<sip::Message> last_;
    std::size_t user_ = 0;
    std::uint64_t branch_ = 0;
};

}  // namespace
}  // namespace imslab

int main(int argc, char** argv) {
    using namespace imslab;
    const std::size_t users = argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 100'000;
    const std::size_t reregistrations =
        argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : 1'000'000;
    const std::size_t before = allocated;
    Load load;
    for (std::size_t user = 0; user < users; ++user) {
        load.registers(user, 0);
        if (user % 100 == 99) load.passes(std::chrono::seconds(1));
    }
    load.passes(std::chrono::minutes(5));  // transactions and challenges have ended
    if (load.users() != users) {
        std::fprintf(stderr, "%zu of %zu users are registered\n", load.users(), users);
        return 1;
    }
    const auto settled = allocated - before;
    for (std::size_t i = 0; i < reregistrations; ++i) {
        load.registers(i % users, static_cast<unsigned>(1 + i / users));
        if (i % 100 == 99) load.passes(std::chrono::seconds(1));
    }
    load.passes(std::chrono::minutes(5));
    const auto later = allocated - before;
    const auto per_user = [&](std::size_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(users);
    };
    std::printf(
        "{\"id\":\"scscf_bytes_per_user\",\"value\":%.0f,\"unit\":\"B\",\"target\":1500,\"peer\":"
        "7000}\n",
        per_user(settled));
    std::printf(
        "{\"id\":\"scscf_growth_bytes_per_user\",\"value\":%.1f,\"unit\":\"B\",\"target\":0,"
        "\"peer\":null}\n",
        per_user(later) - per_user(settled));
    return load.users() == users ? 0 : 1;
}
