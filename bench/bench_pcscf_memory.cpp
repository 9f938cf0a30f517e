// Memory of a P-CSCF per registered user, all included, after transactions have ended: 100,000
// users register, each with a SIP URI, a number and a barred temporary identity; then they
// reregister a million times, and the memory must not grow. Counted at operator new, with the
// allocator's own overhead.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "pcscf/pcscf.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace {

std::size_t allocated = 0;
constexpr std::size_t kChunkHeader = 8;  // glibc's, before each block

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    void* block = std::malloc(size);
    if (block == nullptr) std::abort();
    allocated += malloc_usable_size(block) + kChunkHeader;
    return block;
}
[[gnu::noinline]] void operator delete(void* block) noexcept {
    if (block != nullptr) allocated -= malloc_usable_size(block) + kChunkHeader;
    std::free(block);
}
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept {
    operator delete(block);
}

namespace imslab {
namespace {

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kAtOnce = 1'000;
const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";

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
    const std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

class Load {
public:
    Load() : node_(config(), entropy_) {}

    static pcscf::Config config() {
        pcscf::Config config;
        config.gm = *Address::parse("127.1.1.1:5060");
        config.mw = *Address::parse("127.1.1.2:5060");
        config.hosts = {{kHome, *Address::parse("127.1.2.1:5060")}};
        return config;
    }

    void all_register() {
        for (std::size_t user = 0; user < kUsers; ++user) {
            registers(user);
            if ((user + 1) % kAtOnce == 0) transactions_end();
        }
    }
    std::size_t users() const { return node_.bindings(); }

private:
    void registers(std::size_t user) {
        const std::string name = "00101" + digits(user, 10);
        const std::string ip = "10." + std::to_string(user >> 16) + "." +
                               std::to_string((user >> 8) & 255) + "." + std::to_string(user & 255);
        const std::string contact = "sip:" + name + "@" + ip + ":5060";
        const std::string temporary = "sip:" + name + "@" + kHome;
        ++branch_;
        const std::string text =
            "REGISTER sip:" + kHome + " SIP/2.0\r\nVia: SIP/2.0/UDP " + ip +
            ":5060;branch=z9hG4bK" + std::to_string(branch_) + "\r\nMax-Forwards: 70\r\nFrom: <" +
            temporary + ">;tag=a1\r\nTo: <" + temporary +
            ">\r\nCall-ID: " + digits(user * 7919, 24) + "@" + ip +
            "\r\nCSeq: " + std::to_string(branch_) + " REGISTER\r\nContact: <" + contact +
            ">;+sip.instance=\"<urn:gsma:imei:90420156-" + digits(user, 6) +
            "-0>\"\r\nExpires: 600000\r\nContent-Length: 0\r\n\r\n";
        deliver(Arrived{Flow{Transport::udp, config().gm, *Address::parse(ip + ":5060"), 0}, text});
        const Send request = sent();
        const auto parsed = sip::parse(request.bytes);
        if (!parsed || !parsed->is_request()) fail("the REGISTER was not forwarded");
        auto ok = sip::Message::response_to(*parsed, 200);
        sip::set_to_tag(ok, "s1");
        ok.append(sip::HeaderId::contact, "<" + contact + ">;expires=600000");
        ok.append(sip::HeaderId::service_route, "<sip:orig@scscf." + kHome + ";lr>");
        ok.append(
            sip::HeaderId::p_associated_uri,
            "<sip:user" + digits(user, 7) + "@" + kHome + ">, <tel:+1555" + digits(user, 7) + ">");
        deliver(Arrived{request.flow, ok.to_bytes()});
        sent();
    }

    void transactions_end() {
        const Time until = now_ + std::chrono::seconds(130);
        for (auto due = node_.next_deadline(); due && *due <= until; due = node_.next_deadline()) {
            now_ = std::max(now_, *due);
            deliver(Woken{});
        }
        now_ = until;
        deliver(Woken{});
    }

    void deliver(Event event) {
        node_.deliver(std::move(event), now_);
        node_.take_effects(effects_);
    }
    Send sent() const {
        for (const auto& effect : effects_) {
            if (const auto* send = std::get_if<Send>(&effect)) return *send;
        }
        fail("nothing was sent");
    }
    [[noreturn]] static void fail(const char* why) {
        std::fprintf(stderr, "bench_pcscf_memory: %s\n", why);
        std::exit(1);
    }

    Numbers entropy_;
    pcscf::Pcscf node_;
    Time now_{std::chrono::hours(1)};
    std::vector<Effect> effects_;
    std::size_t branch_ = 0;
};

void figure(const char* id, double value, double target, const char* peer) {
    std::printf("{\"id\":\"%s\",\"value\":%.1f,\"unit\":\"bytes\",\"target\":%.0f,\"peer\":%s}\n",
                id,
                value,
                target,
                peer);
    std::fflush(stdout);
}

}  // namespace
}  // namespace imslab

int main(int argc, char** argv) {
    using namespace imslab;
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10;
    Load load;
    const std::size_t before = allocated;
    load.all_register();
    const std::size_t registered = allocated;
    if (load.users() != kUsers) {
        std::fprintf(stderr, "bench_pcscf_memory: %zu users are registered\n", load.users());
        return 1;
    }
    figure("pcscf_bytes_per_user", static_cast<double>(registered - before) / kUsers, 800, "1500");
    for (std::size_t round = 0; round < rounds; ++round) load.all_register();
    const double grown = static_cast<double>(allocated) - static_cast<double>(registered);
    figure("pcscf_growth_bytes_per_user", std::max(grown, 0.0) / kUsers, 1, "null");
}
