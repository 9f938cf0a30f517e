// Listening on the loopback interface with a packet socket (packet(7)): IPv4 and UDP.
#include "lab/wiretap.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace imslab::lab {

namespace {

constexpr int kLookUp_ms = 50;            // how soon it notices that it is to end
constexpr int kBuffer = 4 * 1024 * 1024;  // a burst waits in it while the machine is busy
constexpr std::size_t kUdpHeader = 8;
constexpr unsigned kUdp = 17;

std::uint16_t number_at(std::string_view octets, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(octets[at]) << 8 |
                                      static_cast<unsigned char>(octets[at + 1]));
}

std::int64_t time_of(const msghdr& header) {
    for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(const_cast<msghdr*>(&header), control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_TIMESTAMPNS) continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(control), sizeof time);
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
    return 0;
}

std::string not_allowed(int why) {
    return std::string("cannot listen to somebody else's nodes: ") + std::strerror(why) +
           "; run it as root, or `sudo setcap cap_net_raw+ep` the command";
}

}  // namespace

std::optional<Heard> heard_in(std::string_view packet) {
    constexpr std::size_t kIpHeader = 20, kShortest = 16;
    if (packet.size() < kIpHeader || static_cast<unsigned char>(packet[0]) >> 4 != 4 ||
        static_cast<unsigned char>(packet[9]) != kUdp)
        return std::nullopt;
    const std::size_t start = (static_cast<unsigned char>(packet[0]) & 15u) * 4u;
    if (start < kIpHeader || packet.size() < start + kUdpHeader) return std::nullopt;
    const auto message = packet.substr(start + kUdpHeader);
    if (message.size() < kShortest || std::isalpha(static_cast<unsigned char>(message[0])) == 0)
        return std::nullopt;
    if (message.find("z9hG4bK-ready-") != std::string_view::npos) return std::nullopt;
    return Heard{{IpAddress::from_octets(packet.substr(12, 4)), number_at(packet, start)},
                 {IpAddress::from_octets(packet.substr(16, 4)), number_at(packet, start + 2)},
                 message};
}

std::string Wiretap::why_not() {
    const Descriptor tried(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return tried ? std::string() : not_allowed(errno);
}

Result<std::unique_ptr<Wiretap>, std::string> Wiretap::listen(const Topology& topology,
                                                              const std::string& folder) {
    std::map<IpAddress, std::string> names;
    for (const auto& node : topology.nodes) {
        if (!node.is_stock()) continue;
        for (const auto& [point, address] : node.addresses) names[address.ip] = node.name;
    }
    if (names.empty()) return std::unique_ptr<Wiretap>();
    return listen_to(names, folder);
}

Result<std::unique_ptr<Wiretap>, std::string> Wiretap::listen_to(
    const std::map<IpAddress, std::string>& names, const std::string& folder) {
    std::unique_ptr<Wiretap> tap(new Wiretap);
    std::map<std::string, std::shared_ptr<trace::Writer>> writers;
    for (const auto& [ip, name] : names) {
        auto& writer = writers[name];
        if (!writer) {
            auto created = trace::Writer::create(folder + "/" + name + ".trace");
            if (!created) return failure(created.error());
            writer = std::make_shared<trace::Writer>(std::move(*created));
        }
        tap->writers_[ip] = writer;
    }
    // Of all protocols: such a socket gets a packet before its receiver does. One of IPv4 alone
    // gets it after, and on another processor the answer may overtake it. Each packet is seen once,
    // as it arrives.
    tap->socket_ = Descriptor(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    if (!tap->socket_) return failure(not_allowed(errno));
    sockaddr_ll loopback{};
    loopback.sll_family = AF_PACKET;
    loopback.sll_protocol = htons(ETH_P_ALL);
    loopback.sll_ifindex = static_cast<int>(if_nametoindex("lo"));
    const int on = 1;
    setsockopt(tap->socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    setsockopt(tap->socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(tap->socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kBuffer, sizeof kBuffer);
    if (bind(tap->socket_.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) != 0)
        return failure(not_allowed(errno));
    tap->thread_ = std::thread(&Wiretap::hear_all, tap.get());
    return tap;
}

Wiretap::~Wiretap() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
}

void Wiretap::hear_all() {
    std::string packet(65'536, '\0');
    while (!ended_) {
        pollfd watched{socket_.get(), POLLIN, 0};
        if (poll(&watched, 1, kLookUp_ms) > 0) hear_next(packet);
    }
    while (hear_next(packet)) {
    }
}

bool Wiretap::hear_next(std::string& packet) {
    char control[256];
    iovec part{packet.data(), packet.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const auto size = recvmsg(socket_.get(), &header, MSG_DONTWAIT);
    if (size <= 0) return false;
    hear(std::string_view(packet).substr(0, static_cast<std::size_t>(size)), time_of(header));
    return true;
}

void Wiretap::hear(std::string_view packet, std::int64_t time_ns) {
    const auto heard = heard_in(packet);
    if (!heard) return;
    note(trace::Direction::sent, heard->from, heard->to, heard->message, time_ns);
    note(trace::Direction::received, heard->to, heard->from, heard->message, time_ns);
}

void Wiretap::note(trace::Direction direction,
                   const Address& own,
                   const Address& peer,
                   std::string_view message,
                   std::int64_t time_ns) {
    const auto found = writers_.find(own.ip);
    if (found == writers_.end()) return;
    found->second->append(
        time_ns, trace::Protocol::sip, direction, {Transport::udp, own, peer, 0}, message);
    found->second->flush();
}

}  // namespace imslab::lab
