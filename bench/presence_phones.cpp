// As little SIP as a load generator needs.
#include "bench/presence_phones.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/measured_node.h"
#include "bench/presence_servers.h"
#include "hosts/asio/sockaddr.h"

namespace imslab::bench {

namespace {

constexpr int kSocketBuffer = 32 << 20;
constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";

// The line that begins so, without its end.
std::string_view line(std::string_view message, std::string_view begin) {
    const auto at = message.find(begin);
    if (at == std::string_view::npos) return {};
    return message.substr(at, message.find('\r', at) - at);
}
std::string_view value(std::string_view message, std::string_view name) {
    auto text = line(message, name);
    text.remove_prefix(std::min(name.size(), text.size()));
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}
unsigned number(std::string_view text) {
    unsigned result = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') break;
        result = result * 10 + static_cast<unsigned>(c - '0');
    }
    return result;
}

}  // namespace

PresencePhones::PresencePhones(std::size_t presentities, std::size_t watchers_each)
    : socket_(socket(AF_INET, SOCK_DGRAM, 0)),
      watchers_each_(watchers_each),
      presentities_(presentities),
      seen_(presentities * watchers_each),
      last_cseq_(presentities * watchers_each),
      subscribes_(presentities * watchers_each),
      buffer_(65'536) {
    const host::SocketAddress local(kPhones), server(kPresenceServer);
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
    if (bind(socket_.get(), local.data(), local.size) != 0)
        give_up(std::string("the phones' address: ") + std::strerror(errno));
    (void)::connect(socket_.get(), server.data(), server.size);
}

void PresencePhones::send(std::string_view datagram) {
    (void)::send(socket_.get(), datagram.data(), datagram.size(), 0);
}

void PresencePhones::publish(std::size_t presentity) {
    auto& one = presentities_[presentity];
    // nobody has seen the new version yet
    const auto first = presentity * watchers_each_;
    for (std::size_t i = first; i < first + watchers_each_; ++i)
        up_to_date_ -= one.version != 0 && seen_[i] == one.version;
    ++one.version;
    ++one.requests;
    const auto user = fmt::format("sip:p{}@{}", presentity, kHome);
    const auto body = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence "
        "xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"{0}\"><tuple "
        "id=\"phone\"><status><basic>open</basic></status><contact "
        "priority=\"0.8\">{0}</contact><note>v{1};</note></tuple><dm:person "
        "id=\"me\"><rpid:activities><rpid:meeting/></rpid:activities></dm:person></presence>",
        user,
        one.version);
    send(
        fmt::format("PUBLISH {0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bKp{2}.{3}\r\n"
                    "Max-Forwards: 70\r\nFrom: <{0}>;tag=p\r\nTo: <{0}>\r\nCall-ID: p{2}\r\n"
                    "CSeq: {3} PUBLISH\r\nEvent: presence\r\nExpires: 3600\r\n{4}"
                    "Content-Type: application/pidf+xml\r\nContent-Length: {5}\r\n\r\n{6}",
                    user,
                    kPhones.to_string(),
                    presentity,
                    one.requests,
                    one.etag.empty() ? "" : "SIP-If-Match: " + one.etag + "\r\n",
                    body.size(),
                    body));
}

void PresencePhones::subscribe(std::size_t watcher) {
    // a dialog of its own each time
    const auto attempt = ++subscribes_[watcher];
    ++open_subscribes_;
    send(fmt::format(
        "SUBSCRIBE sip:p{0}@{1} SIP/2.0\r\nVia: SIP/2.0/UDP {2};branch=z9hG4bKs{3}.{4}\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:w{3}@{1}>;tag=w\r\nTo: <sip:p{0}@{1}>\r\n"
        "Call-ID: w{3}.{4}\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:w{3}@{2}>\r\n"
        "Event: presence\r\nExpires: 3600\r\nAccept: application/pidf+xml\r\n"
        "Content-Length: 0\r\n\r\n",
        watcher / watchers_each_,
        kHome,
        kPhones.to_string(),
        watcher,
        attempt));
}

bool PresencePhones::serve_once(lab::Deadline deadline) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (poll(&waiting, 1, lab::milliseconds_until(deadline)) <= 0) return false;
    for (int i = 0; i < 64; ++i) {
        const auto size = recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (size <= 0) break;
        take({buffer_.data(), static_cast<std::size_t>(size)});
    }
    return true;
}

void PresencePhones::take(std::string_view datagram) {
    if (datagram.starts_with("NOTIFY ")) return take_notify(datagram);
    if (datagram.starts_with("SIP/2.0 ")) take_response(datagram);
}

void PresencePhones::take_notify(std::string_view datagram) {
    last_notify_ = std::chrono::steady_clock::now();
    std::string response = "SIP/2.0 200 OK\r\n";
    for (const auto* header : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "})
        response.append(line(datagram, header)).append("\r\n");
    send(response.append("Content-Length: 0\r\n\r\n"));
    const auto call = value(datagram, "\nCall-ID:");
    const auto watcher = number(call.substr(std::min<std::size_t>(1, call.size())));
    if (watcher >= seen_.size()) return;
    const auto cseq = number(value(datagram, "\nCSeq:"));
    if (cseq <= last_cseq_[watcher]) return;
    last_cseq_[watcher] = cseq;
    ++notified_;
    const auto note = datagram.find("note>v");
    if (note == std::string_view::npos) return;
    const auto version = number(datagram.substr(note + 6));
    const auto latest = presentities_[watcher / watchers_each_].version;
    up_to_date_ += version == latest && seen_[watcher] != latest;
    seen_[watcher] = version;
}

void PresencePhones::take_response(std::string_view datagram) {
    if (datagram.substr(8, 1) == "1") return;
    const auto cseq = value(datagram, "\nCSeq:");
    if (cseq.ends_with("SUBSCRIBE") && open_subscribes_ > 0) --open_subscribes_;
    if (!cseq.ends_with("PUBLISH") || datagram.substr(8, 1) != "2") return;
    ++published_;
    const auto call = value(datagram, "\nCall-ID:");
    presentities_[number(call.substr(1))].etag = value(datagram, "\nSIP-ETag:");
}

}  // namespace imslab::bench
