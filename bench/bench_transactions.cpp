// proxy_us_per_request: a REGISTER and its 401 through a stateful proxy, parsed, forwarded and
// written out, with the timers of 2,500 a second running; proxy_bytes_per_finished: what one keeps
// of it until Timer J.
#include <time.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "sip/headers.h"
#include "sip/proxy.h"

namespace {

using namespace imslab;
using namespace imslab::sip;

class FixedEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets)
            octet = static_cast<std::uint8_t>(state_ = state_ * 1103515245 + 12345);
    }

private:
    unsigned state_ = 1;
};

const Flow kFromUe{
    Transport::udp, *Address::parse("127.1.1.2:5060"), *Address::parse("127.1.1.1:5060"), 0};
const Flow kToNext{
    Transport::udp, *Address::parse("127.1.1.2:5060"), *Address::parse("127.1.2.1:5060"), 0};

struct Element final : ProxyUser {
    Proxy* proxy = nullptr;
    void on_request(ServerId id, Message request, const Flow&) override {
        request.prepend(HeaderId::path, "<sip:term@pcscf.ims.mnc001.mcc001.3gppnetwork.org;lr>");
        request.append(HeaderId::p_visited_network_id, "ims.mnc001.mcc001.3gppnetwork.org");
        proxy->forward(id, Branch{std::move(request), kToNext});
    }
    void on_ack(Message, const Flow&) override {}
    Verdict on_response(ServerId, std::size_t, Message&) override { return Verdict::relay; }
    void on_final(ServerId, Message&) override {}
    void on_ended(ServerId) override {}
    void on_malformed(const ParseFailure&, const Flow&) override {}
};

std::string register_text(int number) {
    const std::string n = std::to_string(number);
    const std::string home = "ims.mnc001.mcc001.3gppnetwork.org";
    return "REGISTER sip:" + home +
           " SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.100.1:5060;branch=z9hG4bK-ue-" + n +
           ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@" + home + ">;tag=f" + n +
           "\r\nTo: <sip:alice@" + home + ">\r\nCall-ID: " + n +
           "@127.1.100.1\r\nCSeq: 1 REGISTER\r\nContact: "
           "<sip:alice@127.1.100.1:5060>;expires=600000\r\n"
           "Authorization: Digest username=\"001010000000001@" +
           home + "\", realm=\"" + home + "\", nonce=\"\", uri=\"sip:" + home +
           "\", response=\"\"\r\nSupported: path\r\nContent-Length: 0\r\n\r\n";
}

// CPU time: the machine may have other work.
std::chrono::nanoseconds cpu_now() {
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t pages = 0;
    statm >> pages >> pages;
    return pages * 4096;
}

}  // namespace

int main() {
    Outbox outbox;
    FixedEntropy entropy;
    Element element;
    Proxy proxy(outbox, entropy, element, {});
    element.proxy = &proxy;
    std::vector<Effect> effects;
    constexpr int kWarm = 80'000, kMeasured = 80'000;  // 32 s at 2,500 a second fill the table
    const std::size_t before = resident_bytes();
    std::chrono::nanoseconds spent{};
    double bytes_each = 0;
    for (int i = 0; i < kWarm + kMeasured; ++i) {
        if (i == kWarm) {
            bytes_each = static_cast<double>(resident_bytes() - before) / kWarm;
            spent = {};
        }
        const Time now{std::chrono::microseconds(400) * i};
        std::string text = register_text(i);
        const auto start = cpu_now();
        if (const auto deadline = proxy.next_deadline(); deadline && *deadline <= now) {
            Event woken = Woken{};
            proxy.deliver(woken, now);
        }
        Event request = Arrived{kFromUe, std::move(text)};
        proxy.deliver(request, now);
        outbox.take(effects);
        spent += cpu_now() - start;
        Message forwarded = *parse(std::get<Send>(effects.back()).bytes);
        Message challenge = Message::response_to(forwarded, 401);
        set_to_tag(challenge, "s1");
        challenge.append(HeaderId::www_authenticate,
                         "Digest realm=\"ims.mnc001.mcc001.3gppnetwork.org\", "
                         "nonce=\"I1U8vpY3qJ0hiuZNrke/NVUfPL6WN6id"
                         "IYrmTa5Hv7U=\", algorithm=AKAv1-MD5, qop=\"auth\"");
        std::string answer = challenge.to_bytes();
        const auto again = cpu_now();
        Event response = Arrived{kToNext, std::move(answer)};
        proxy.deliver(response, now);
        (void)proxy.next_deadline();
        outbox.take(effects);
        spent += cpu_now() - again;
    }
    std::printf("{\"id\": \"proxy_us_per_request\", \"value\": %.2f, \"unit\": \"us\"}\n",
                std::chrono::duration<double, std::micro>(spent).count() / kMeasured);
    std::printf("{\"id\": \"proxy_bytes_per_finished\", \"value\": %.0f, \"unit\": \"bytes\"}\n",
                bytes_each);
}
