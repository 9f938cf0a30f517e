// MSRP through one application server: a file of 1 GB in interruptible chunks, its hash checked
// against the one that was offered, and how much memory the server took for it. The server is a
// process of its own; this program is the S-CSCF that brings the INVITE and both phones.
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "bench/measured_node.h"
#include "hosts/asio/sockaddr.h"
#include "lab/file_hash.h"
#include "lab/udp_port.h"
#include "msrp/reader.h"
#include "msrp/session_description.h"
#include "sip/headers.h"

using namespace imslab;
using namespace imslab::bench;
using std::chrono::steady_clock;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
const Address kServer = *Address::parse("127.1.10.5:5060");
const Address kScscf = *Address::parse("127.1.3.1:5060");
const Address kReceiver = *Address::parse("127.1.100.52:2855");
constexpr std::uint64_t kOctets = std::uint64_t{1} << 30U;
constexpr std::size_t kPattern = 64U << 20U, kChunk = 1U << 20U, kRead = 256U << 10U;

int stream_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

void write_all(int socket, std::string_view octets) {
    while (!octets.empty()) {
        const auto written = ::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (written <= 0) give_up("the server closed the connection");
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string pattern() {
    std::string octets(kPattern, '\0');
    std::uint64_t state = 42;
    for (std::size_t at = 0; at < octets.size(); at += sizeof state) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto mixed = state ^ state >> 29U;
        std::memcpy(octets.data() + at, &mixed, sizeof mixed);
    }
    return octets;
}

std::size_t memory_kilobytes(pid_t process, const char* what) {
    std::ifstream file("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(what))
            return std::stoul(line.substr(line.find_first_of("0123456789")));
    }
    return 0;
}

// Answers each chunk, and hashes what came; done when the last one has.
struct Receiver final : msrp::Sink {
    explicit Receiver(int socket_given) : socket(socket_given) {}
    void on_head(msrp::Head given) override { head = std::move(given); }
    void on_body(std::string_view piece) override {
        if (head.range && head.range->start + in_chunk != octets + 1) give_up("out of order");
        hash.add(piece);
        octets += piece.size();
        in_chunk += piece.size();
    }
    void on_end(msrp::Continuation continuation) override {
        in_chunk = 0;
        if (!head.is_request() || head.failure_report == msrp::FailureReport::no) return;
        write_all(socket, msrp::whole(msrp::response_to(head, 200)));
        if (head.has_body && continuation == msrp::Continuation::complete) done = true;
    }
    int socket;
    msrp::Head head;
    lab::FileHash hash;
    std::uint64_t octets = 0, in_chunk = 0;
    bool done = false;
};

// Reads until the file is there; its hash.
std::string receive(int listener) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket < 0) give_up("nobody connects");
    Receiver receiver(socket);
    msrp::Reader reader;
    std::string buffer(kRead, '\0');
    while (!receiver.done) {
        const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
        if (size <= 0) give_up("the connection to the receiver ended early");
        const auto read = reader.push({buffer.data(), static_cast<std::size_t>(size)}, receiver);
        if (!read) give_up(read.error());
    }
    if (receiver.octets != kOctets) give_up("octets are missing");
    ::close(socket);
    return receiver.hash.text();
}

// Counts the 200s.
struct Answers final : msrp::Sink {
    void on_head(msrp::Head head) override {
        if (!head.is_request() && head.status == 200) ++right;
        if (!head.is_request() && head.status != 200) ++wrong;
        if (head.method == "REPORT") ++wrong;
    }
    void on_body(std::string_view) override {}
    void on_end(msrp::Continuation) override {}
    std::size_t right = 0, wrong = 0;
};

void send_file(int socket,
               const std::string& to,
               const std::string& from,
               const std::string& octets) {
    Answers answers;
    msrp::Reader reader;
    std::string buffer(kRead, '\0');
    std::size_t chunks = 0;
    const auto hear = [&](int flags) {
        const auto size = ::recv(socket, buffer.data(), buffer.size(), flags);
        if (size > 0 && !reader.push({buffer.data(), static_cast<std::size_t>(size)}, answers))
            give_up("an answer that is none");
        if (size == 0) give_up("the server closed the connection");
    };
    for (std::uint64_t at = 0; at < kOctets; at += kChunk) {
        msrp::Head head;
        head.transaction = "chunk" + std::to_string(++chunks);
        head.method = "SEND";
        head.to_path = to;
        head.from_path = from;
        head.message_id = "file1";
        head.range = msrp::ByteRange{at + 1, std::nullopt, kOctets};
        head.others = {{"Content-Type", "application/octet-stream"}};
        head.has_body = true;
        write_all(socket, head.to_bytes());
        write_all(socket, std::string_view(octets).substr(at % kPattern, kChunk));
        write_all(socket,
                  msrp::end_line(head,
                                 at + kChunk < kOctets ? msrp::Continuation::more
                                                       : msrp::Continuation::complete));
        hear(MSG_DONTWAIT);
    }
    while (answers.right < chunks && answers.wrong == 0) hear(0);
    if (answers.wrong != 0) give_up("a chunk was not taken");
}

sip::Message receive_sip(lab::UdpPort& port) {
    for (;;) {
        auto bytes = port.receive(lab::in(std::chrono::seconds(5)));
        if (!bytes) give_up("no answer to the INVITE");
        auto message = sip::parse(std::move(*bytes));
        if (message && (message->is_request() || message->status() >= 200)) return *message;
    }
}

std::string invite(const std::string& body) {
    return "INVITE sip:bob@" + kHome + " SIP/2.0\r\nVia: SIP/2.0/UDP " + kScscf.to_string() +
           ";branch=z9hG4bKbench\r\nRoute: <sip:messaging@im." + kHome + ";lr>, <sip:odi@" +
           kScscf.to_string() + ";lr>\r\nMax-Forwards: 60\r\nFrom: <sip:alice@" + kHome +
           ">;tag=a\r\nTo: <sip:bob@" + kHome +
           ">\r\nCall-ID: bench\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@" + kScscf.to_string() +
           ">\r\nP-Asserted-Identity: <sip:alice@" + kHome +
           ">\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

struct Session {
    msrp::Uri server;  // where the sender goes
    std::string hash;  // as the receiver was told
};

Session set_up(lab::UdpPort& port, const msrp::Media& sender, const msrp::Media& receiver) {
    port.send(kServer, invite(msrp::write_description(sender, "1")));
    const auto on = receive_sip(port);
    if (!on.is_request()) give_up("the INVITE was refused: " + std::to_string(on.status()));
    const auto offer = msrp::read_media(on.body());
    if (!offer || !offer->file) give_up("the offer lost its file");
    auto ok = sip::Message::response_to(on, 200);
    sip::set_to_tag(ok, "b");
    ok.set(sip::HeaderId::contact, "<sip:bob@" + kScscf.to_string() + ">");
    ok.set_body("application/sdp", msrp::write_description(receiver, "2"));
    port.send(kServer, ok.to_bytes());
    for (;;) {
        const auto answer = receive_sip(port);
        if (answer.is_request()) continue;  // the ACK to the receiver
        const auto media = msrp::read_media(answer.body());
        if (!media) give_up("the answer has no MSRP");
        return {media->path.front(), offer->file->sha1};
    }
}

msrp::Media media_at(const Address& address, const std::string& session) {
    msrp::Media media;
    media.address = address.ip.to_string();
    media.port = address.port;
    media.path = *msrp::parse_path("msrp://" + address.to_string() + "/" + session + ";tcp");
    return media;
}

}  // namespace

int main() {
    MeasuredNode im("home: " + kHome +
                    "\nnodes:\n  im: {kind: as, address: 127.1.10.5, msrp: 127.1.10.5, settings: "
                    "{enablers: {messaging: {}}}}\n"
                    "  scscf: {kind: scscf, address: 127.1.3.1, external: true}\n");
    const auto server = im.process();
    const auto octets = pattern();
    lab::FileHash whole;
    for (std::uint64_t at = 0; at < kOctets; at += kPattern) whole.add(octets);

    const int listener = stream_socket();
    const host::SocketAddress receiver_address(kReceiver);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(listener, receiver_address.data(), receiver_address.size) != 0 ||
        ::listen(listener, 1) != 0)
        give_up("cannot listen on " + kReceiver.to_string());

    auto sender = media_at(*Address::parse("127.1.100.51:2855"), "alice");
    sender.direction = "sendonly";
    sender.file = msrp::FileDescription{
        "film.bin", "application/octet-stream", kOctets, whole.text(), "bench1", "", ""};
    auto receiver = media_at(kReceiver, "bob");
    receiver.direction = "recvonly";
    receiver.setup = msrp::Setup::passive;
    auto port = lab::UdpPort::open(kScscf);
    if (!port) give_up(port.error());
    const auto session = set_up(*port, sender, receiver);

    std::string received;
    std::thread receiving([&] { received = receive(listener); });
    const int socket = stream_socket();
    const host::SocketAddress to(
        Address{*IpAddress::parse(session.server.host), session.server.port});
    if (::connect(socket, to.data(), to.size) != 0) give_up("the server does not listen for MSRP");
    const auto before = memory_kilobytes(server, "VmRSS");
    const auto began = steady_clock::now();
    send_file(socket, session.server.to_string(), sender.path.front().to_string(), octets);
    receiving.join();
    const std::chrono::duration<double> took = steady_clock::now() - began;
    const auto peak = memory_kilobytes(server, "VmHWM");
    if (received != session.hash) give_up("the hash is not the one that was offered");
    print("msrp_file_through_one_hop",
          static_cast<double>(kOctets) / 1e6 / took.count(),
          "MB/s",
          200);
    print("msrp_memory_grown",
          static_cast<double>(peak > before ? peak - before : 0) / 1024.0,
          "MB",
          16);
}
