// Many phones over a few sockets: registrations and calls at a given rate, for the benches.
#include "lab/load.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <thread>

#include "sip/dialog.h"
#include "sip/digest.h"
#include "sip/headers.h"

namespace imslab::lab {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";
constexpr aka::Key128 kKey{
    0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc};
constexpr aka::Key128 kOpc{
    0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};
// As the timers of RFC 3261 have it: T1, doubled each time, up to T2.
constexpr milliseconds kT1{500}, kT2{4'000};
constexpr milliseconds kTick{1};
constexpr int kBurst = 64;
constexpr unsigned kMostChallenges = 3;
constexpr milliseconds kGiveUp{8'000};  // after the last was sent

std::string hex(const aka::Key128& octets) {
    std::string text;
    for (const auto octet : octets) text += fmt::format("{:02x}", octet);
    return text;
}
std::string imsi_of(std::size_t user) { return fmt::format("00101{:010}", 1'000'000 + user); }
std::string public_identity_of(std::size_t user) {
    return fmt::format("sip:load{}@{}", user, kHome);
}

// The text between `before` and the next `after`.
std::string_view between(std::string_view text, std::string_view before, char after) {
    const auto at = text.find(before);
    if (at == std::string_view::npos) return {};
    const auto start = at + before.size();
    return text.substr(start, text.find(after, start) - start);
}

std::string contact_of(std::size_t user, const Address& local) {
    return fmt::format("sip:load{}@{}", user, local.to_string());
}

// `step`: how many challenges of this registration were answered.
std::string register_of(std::size_t user,
                        const Address& local,
                        std::string_view call,
                        unsigned step,
                        std::string_view nonce,
                        std::string_view response) {
    const auto identity = public_identity_of(user);
    std::string authorization = fmt::format(
        "Digest username=\"{}@{}\",realm=\"{}\",uri=\"sip:{}\",nonce=\"{}\",response=\"{}\"",
        imsi_of(user),
        kHome,
        kHome,
        kHome,
        nonce,
        response);
    if (!nonce.empty())
        authorization += ",algorithm=AKAv1-MD5,qop=auth,nc=00000001,cnonce=\"0a4f113b\"";
    return fmt::format(
        "REGISTER sip:{} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK{}-{}\r\n"
        "Max-Forwards: 70\r\nFrom: <{}>;tag=l{}\r\nTo: <{}>\r\nCall-ID: {}-load\r\n"
        "CSeq: {} REGISTER\r\nContact: <{}>\r\nExpires: 600000\r\nAuthorization: {}\r\n"
        "Supported: path\r\nContent-Length: 0\r\n\r\n",
        kHome,
        local.to_string(),
        call,
        step,
        identity,
        user,
        identity,
        call,
        step + 1,
        contact_of(user, local),
        authorization);
}

double milliseconds_of(steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

std::string load_subscribers(std::size_t count) {
    std::string xml = "<subscribers>\n";
    for (std::size_t user = 0; user < count; ++user) {
        xml += fmt::format(
            "<subscriber imsi=\"{}\" k=\"{}\" opc=\"{}\"><public>{}</public></subscriber>\n",
            imsi_of(user),
            hex(kKey),
            hex(kOpc),
            public_identity_of(user));
    }
    return xml + "</subscribers>\n";
}

std::string first_register(std::size_t user, const Address& local) {
    return register_of(user, local, "first", 0, "", "");
}

struct Load::Impl {
    struct Attempt {
        std::size_t user = 0;
        unsigned step = 0;  // REGISTER: how many challenges were answered; calls: 0 INVITE, 1 BYE
        steady_clock::time_point started, sent;
        milliseconds patience = kT1;  // until it is sent again
        std::string bytes;            // what is sent again
        bool done = false;
        std::optional<sip::Message> invite;
    };

    std::vector<UdpPort> ports;
    std::vector<Address> local;
    Address pcscf;
    std::size_t users = 0, next_user = 0;
    std::uint64_t round = 0;
    aka::Milenage milenage{kKey, kOpc};
    std::vector<std::string> service_routes;  // of each user; empty: never registered

    std::vector<Attempt> attempts;
    std::size_t open = 0, oldest = 0;
    std::vector<double> latencies;
    LoadResult result;

    UdpPort& port_of(std::size_t user) { return ports[user % ports.size()]; }
    std::string contact_of(std::size_t user) const {
        return lab::contact_of(user, local[user % local.size()]);
    }
    void send(Attempt& attempt) {
        attempt.sent = steady_clock::now();
        port_of(attempt.user).send(pcscf, attempt.bytes);
    }
    void finish(Attempt& attempt, bool well) {
        attempt.done = true;
        attempt.bytes.clear();
        attempt.bytes.shrink_to_fit();
        attempt.invite.reset();
        --open;
        ++(well ? result.succeeded : result.refused);
        if (well) latencies.push_back(milliseconds_of(steady_clock::now() - attempt.started));
    }
    // Call-ID "r<round>-<attempt>-…": which attempt a message belongs to.
    std::optional<std::size_t> attempt_of(std::string_view call_id) const {
        const auto number = between(call_id, "-", '-');
        std::size_t index = 0;
        if (std::from_chars(number.data(), number.data() + number.size(), index).ec != std::errc())
            return std::nullopt;
        const auto prefix = fmt::format("r{}-", round);
        if (!call_id.starts_with(prefix) || index >= attempts.size()) return std::nullopt;
        return index;
    }

    // ---- registrations
    std::string register_text(std::size_t index,
                              const Attempt& attempt,
                              std::string_view nonce,
                              std::string_view response) const {
        return register_of(attempt.user,
                           local[attempt.user % local.size()],
                           fmt::format("r{}-{}", round, index),
                           attempt.step,
                           nonce,
                           response);
    }

    void answer_challenge(std::size_t index, Attempt& attempt, std::string_view text) {
        const auto nonce_text = between(text, "nonce=\"", '"');
        const auto nonce = sip::AkaNonce::parse(nonce_text);
        if (!nonce) return finish(attempt, false);
        const auto res = milenage.f2345(nonce->rand).res;
        const auto username = fmt::format("{}@{}", imsi_of(attempt.user), kHome);
        const auto ha1 = sip::ha1(sip::HashAlgorithm::md5,
                                  username,
                                  kHome,
                                  {reinterpret_cast<const char*>(res.data()), res.size()});
        const auto uri = fmt::format("sip:{}", kHome);
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce_text;
        input.method = "REGISTER";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = "00000001";
        input.cnonce = "0a4f113b";
        ++attempt.step;
        attempt.patience = kT1;
        attempt.bytes = register_text(index, attempt, nonce_text, sip::digest_response(input));
        send(attempt);
    }

    void on_register_response(std::string_view text) {
        const auto index = attempt_of(between(text, "Call-ID: ", '\r'));
        if (!index) return;
        auto& attempt = attempts[*index];
        const auto cseq = between(text, "CSeq: ", ' ');
        if (attempt.done || cseq != std::to_string(attempt.step + 1)) return;
        const auto status = text.substr(8, 3);
        if (status.front() == '1') return;
        // Whose S-CSCF is gone after its challenge is challenged by another one.
        if (status == "401" && attempt.step < kMostChallenges)
            return answer_challenge(*index, attempt, text);
        if (status == "200") keep_service_route(attempt.user, text);
        finish(attempt, status == "200");
    }

    void keep_service_route(std::size_t user, std::string_view text) {
        constexpr std::string_view kField = "\r\nService-Route: ";
        auto& route = service_routes[user];
        route.clear();
        for (auto at = text.find(kField); at != std::string_view::npos;
             at = text.find(kField, at + kField.size())) {
            const auto hop = text.substr(at + kField.size());
            route.append(route.empty() ? "" : ", ").append(hop.substr(0, hop.find('\r')));
        }
        if (!route.empty()) return;
        const auto parsed = sip::parse(std::string(text));  // written in some other way
        if (!parsed) return;
        for (const auto hop : parsed->values(sip::HeaderId::service_route))
            route.append(route.empty() ? "" : ", ").append(hop);
    }

    // ---- calls
    sip::Message invite_of(std::size_t index, const Attempt& attempt) const {
        const auto caller = attempt.user, callee = caller ^ 1U;
        auto invite = sip::Message::request(sip::Method::invite, public_identity_of(callee));
        invite.append(sip::HeaderId::via,
                      fmt::format("SIP/2.0/UDP {};branch=z9hG4bKc{}-{}",
                                  local[caller % local.size()].to_string(),
                                  round,
                                  index));
        invite.append(sip::HeaderId::max_forwards, "70");
        invite.append(sip::HeaderId::route,
                      fmt::format("<sip:{};lr>, {}", pcscf.to_string(), service_routes[caller]));
        invite.append(sip::HeaderId::from,
                      fmt::format("<{}>;tag=c{}", public_identity_of(caller), index));
        invite.append(sip::HeaderId::to, fmt::format("<{}>", public_identity_of(callee)));
        invite.append(sip::HeaderId::call_id, fmt::format("r{}-{}-call", round, index));
        invite.append(sip::HeaderId::cseq, "1 INVITE");
        invite.append(sip::HeaderId::contact, "<" + contact_of(caller) + ">");
        invite.set_body("application/sdp",
                        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 "
                        "0\r\nm=audio 49170 RTP/AVP 0\r\n");
        return invite;
    }

    std::string via_of(const Attempt& attempt, std::size_t index, const char* what) const {
        return fmt::format("SIP/2.0/UDP {};branch=z9hG4bK{}{}-{}",
                           local[attempt.user % local.size()].to_string(),
                           what,
                           round,
                           index);
    }

    // The caller's side.
    void on_call_response(const sip::Message& response) {
        const auto index = attempt_of(sip::call_id(response));
        if (!index || response.status() < 200) return;
        auto& attempt = attempts[*index];
        if (attempt.done) return;
        if (response.method() == sip::Method::bye) return finish(attempt, response.status() == 200);
        if (attempt.step != 0 || response.method() != sip::Method::invite) return;
        auto dialog = response.status() == 200 ? sip::Dialog::as_uac(*attempt.invite, response)
                                               : std::nullopt;
        if (!dialog) return finish(attempt, false);
        auto ack = dialog->make_ack(1);
        ack.prepend(sip::HeaderId::via, via_of(attempt, *index, "a"));
        port_of(attempt.user).send(pcscf, ack.to_bytes());
        auto bye = dialog->make_request("BYE");
        bye.prepend(sip::HeaderId::via, via_of(attempt, *index, "b"));
        attempt.step = 1;
        attempt.patience = kT1;
        attempt.bytes = bye.to_bytes();
        send(attempt);
    }

    // The callee's side: everything is answered at once.
    void on_call_request(UdpPort& port, const sip::Message& request) {
        if (request.method() == sip::Method::ack) return;
        const auto contact = "<" + std::string(request.uri()) + ">";
        if (request.method() == sip::Method::invite) {
            for (const int status : {180, 200}) {
                auto response = sip::Message::response_to(request, status);
                sip::set_to_tag(response, "callee");
                for (const auto hop : request.values(sip::HeaderId::record_route))
                    response.append(sip::HeaderId::record_route, hop);
                response.append(sip::HeaderId::contact, contact);
                if (status == 200) response.set_body("application/sdp", request.body());
                port.send(pcscf, response.to_bytes());
            }
            return;
        }
        port.send(pcscf, sip::Message::response_to(request, 200).to_bytes());
    }

    void on_datagram(UdpPort& port, std::string octets, bool calls) {
        if (!calls) return on_register_response(octets);
        auto parsed = sip::parse(std::move(octets));
        if (!parsed) return;
        parsed->is_request() ? on_call_request(port, *parsed) : on_call_response(*parsed);
    }

    // ---- the loop
    // What has come; false: there may be more. Nothing waits for a datagram: to be woken by each
    // would cost the node that sends it more than the sending, and that node is what is measured.
    bool receive_all(bool calls) {
        bool all = true;
        for (auto& port : ports) {
            char buffer[65536];
            int burst = 0;
            for (; burst < kBurst; ++burst) {
                const auto size = recv(port.descriptor(), buffer, sizeof buffer, MSG_DONTWAIT);
                if (size <= 0) break;
                on_datagram(port, std::string(buffer, static_cast<std::size_t>(size)), calls);
            }
            all = all && burst < kBurst;
        }
        return all;
    }

    void resend_late(steady_clock::time_point now) {
        while (oldest < attempts.size() && attempts[oldest].done) ++oldest;
        for (std::size_t i = oldest; i < attempts.size(); ++i) {
            auto& attempt = attempts[i];
            if (attempt.done || now - attempt.sent < attempt.patience) continue;
            attempt.patience = std::min(2 * attempt.patience, kT2);
            ++result.retransmissions;
            send(attempt);
        }
    }

    LoadResult drive(double rate, std::size_t count, bool calls) {
        ++round;
        attempts.clear();
        attempts.reserve(count);
        latencies.clear();
        result = {};
        result.attempted = count;
        open = oldest = 0;
        const auto started = steady_clock::now();
        auto last_look = started, last_sent = started;
        for (;;) {
            const auto now = steady_clock::now();
            const auto due =
                std::min(count,
                         static_cast<std::size_t>(
                             std::chrono::duration<double>(now - started).count() * rate) +
                             1);
            while (attempts.size() < due) {
                const std::chrono::duration<double, std::milli> time(
                    static_cast<double>(attempts.size()) * 1000 / rate);
                result.late_ms =
                    std::max(result.late_ms, milliseconds_of(now - started) - time.count());
                start_attempt(calls);
                last_sent = now;
            }
            if (attempts.size() == count && open == 0) break;
            if (attempts.size() == count && now - last_sent > kGiveUp) break;
            if (now - last_look > milliseconds(50)) {
                last_look = now;
                resend_late(now);
            }
            if (receive_all(calls)) std::this_thread::sleep_until(now + kTick);
        }
        result.seconds = std::chrono::duration<double>(last_sent - started).count();
        std::sort(latencies.begin(), latencies.end());
        if (!latencies.empty()) {
            result.p50_ms = latencies[latencies.size() / 2];
            result.p99_ms = latencies[latencies.size() * 99 / 100];
        }
        return result;
    }

    void start_attempt(bool calls) {
        const auto index = attempts.size();
        auto& attempt = attempts.emplace_back();
        attempt.user = next_user;
        next_user = (next_user + (calls ? 2 : 1)) % users;
        attempt.started = steady_clock::now();
        if (calls) {
            attempt.user &= ~std::size_t{1};
            attempt.invite = invite_of(index, attempt);
            attempt.bytes = attempt.invite->to_bytes();
        } else {
            attempt.bytes = register_text(index, attempt, "", "");
        }
        ++open;
        send(attempt);
    }
};

Load::Load(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Load::Load(Load&&) noexcept = default;
Load::~Load() = default;

Result<Load, std::string> Load::open(const std::vector<Address>& local,
                                     const Address& pcscf,
                                     std::size_t users) {
    auto impl = std::make_unique<Impl>();
    impl->local = local;
    impl->pcscf = pcscf;
    impl->users = users;
    impl->service_routes.resize(users);
    for (const auto& address : local) {
        auto port = UdpPort::open(address);
        if (!port) return failure(port.error());
        impl->ports.push_back(std::move(*port));
    }
    return Load(std::move(impl));
}

LoadResult Load::register_users(double rate, std::size_t count) {
    return impl_->drive(rate, count, false);
}

LoadResult Load::call(double rate, std::size_t count) {
    const auto registered = [](const std::string& route) { return !route.empty(); };
    if (std::ranges::any_of(impl_->service_routes, registered))
        return impl_->drive(rate, count, true);
    LoadResult nobody;
    nobody.problem = "nobody is registered";
    return nobody;
}

}  // namespace imslab::lab
