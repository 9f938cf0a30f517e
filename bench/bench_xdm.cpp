// XCAP: GETs and PUTs a second of the XDM server's one core, over real HTTP connections and with
// its SQLite database; an element of a 1 MB list; and whether all that was acknowledged is there
// after a kill -9. The server is a process of its own; this program is its clients.
#include <signal.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/measured_node.h"
#include "bench/xdm_peer.h"
#include "http/message.h"
#include "lab/http_client.h"

using namespace imslab;
using namespace imslab::bench;
using boost::asio::ip::tcp;
using std::chrono::steady_clock;

namespace {

const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
constexpr std::size_t kUsers = 1'000, kConnections = 32, kGets = 60'000, kPuts = 20'000;
const Address kServer = *Address::parse("127.1.10.3:8080");
const Address kPeer = *Address::parse("127.1.10.13:8080");

std::string user(std::size_t index) {
    return "sip:user" + std::to_string(index % kUsers) + "@" + kHome;
}
std::string path_of(const std::string& identity) {
    return "/resource-lists/users/" + identity + "/index";
}

// A list as people have them: 20 friends; about 1.7 KB.
std::string list(std::size_t version, std::size_t friends = 20) {
    std::string xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists "
        "xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\n<list name=\"v" +
        std::to_string(version) + "\">\n";
    for (std::size_t i = 0; i < friends; ++i)
        xml += "<entry uri=\"sip:friend" + std::to_string(i) + "@" + kHome +
               "\"><display-name>Friend " + std::to_string(i) + "</display-name></entry>\n";
    return xml + "</list>\n</resource-lists>\n";
}

http::Request request(const std::string& method,
                      const std::string& identity,
                      const std::string& target,
                      std::string body = {}) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.fields.add("Host", "xdms");
    request.fields.add("X-3GPP-Asserted-Identity", "\"" + identity + "\"");
    if (!body.empty()) request.fields.add("Content-Type", "application/resource-lists+xml");
    request.body = std::move(body);
    return request;
}

// One connection that asks one question after the other.
class Client : public std::enable_shared_from_this<Client> {
public:
    using Next = std::function<std::string()>;  // empty: no more
    using Done = std::function<void(int status)>;
    Client(boost::asio::io_context& io, const Address& server, Next next, Done done)
        : socket_(io), next_(std::move(next)), done_(std::move(done)) {
        socket_.connect({boost::asio::ip::make_address(server.ip.to_string()), server.port});
        socket_.set_option(tcp::no_delay(true));
    }
    void ask() {
        request_ = next_();
        if (request_.empty()) return;
        boost::asio::async_write(socket_,
                                 boost::asio::buffer(request_),
                                 [self = shared_from_this()](auto error, std::size_t) {
                                     if (!error) self->read();
                                 });
    }

private:
    void read() {
        socket_.async_read_some(boost::asio::buffer(octets_),
                                [self = shared_from_this()](auto error, std::size_t size) {
                                    if (error) return;
                                    self->answer_.append(self->octets_, size);
                                    self->look();
                                });
    }
    void look() {
        const auto end = answer_.find("\r\n\r\n");
        const auto length = answer_.find("Content-Length: ");
        if (end == std::string::npos) return read();
        const std::size_t body =
            length < end ? std::strtoul(answer_.c_str() + length + 16, nullptr, 10) : 0;
        if (answer_.size() < end + 4 + body) return read();
        done_(std::atoi(answer_.c_str() + 9));
        answer_.clear();
        ask();
    }

    tcp::socket socket_;
    Next next_;
    Done done_;
    std::string request_, answer_;
    char octets_[16'384];
};

// So many requests over all connections; how many failed.
std::size_t ask_all(const Address& server,
                    std::size_t count,
                    const std::function<std::string(std::size_t)>& make) {
    boost::asio::io_context io;
    std::size_t sent = 0, failed = 0, answered = 0;
    for (std::size_t i = 0; i < kConnections; ++i) {
        std::make_shared<Client>(
            io,
            server,
            [&] { return sent < count ? make(sent++) : std::string(); },
            [&](int status) {
                ++answered;
                failed += status != 200 && status != 201;
            })
            ->ask();
    }
    io.run();
    return failed + (count - answered);
}

struct Measured {
    double per_second, per_core_second;
};
Measured measure(const Address& server,
                 const std::function<double()>& cpu_seconds,
                 std::size_t count,
                 const std::function<std::string(std::size_t)>& make) {
    const double cpu = cpu_seconds();
    const auto began = steady_clock::now();
    if (const auto failed = ask_all(server, count, make); failed != 0)
        give_up(std::to_string(failed) + " requests failed");
    const std::chrono::duration<double> took = steady_clock::now() - began;
    const auto all = static_cast<double>(count);
    return {all / took.count(), all / (cpu_seconds() - cpu)};
}

std::string put_request(std::size_t i) {
    return http::to_bytes(request("PUT", user(i), path_of(user(i)), list(i)));
}
std::string get_request(std::size_t i) {
    return http::to_bytes(request("GET", user(i), path_of(user(i))));
}

struct Figures {
    Measured puts, gets;
};
Figures load(const Address& server, const std::function<double()>& cpu_seconds) {
    if (ask_all(server, kUsers, put_request) != 0) give_up("the documents were not taken");
    const auto puts = measure(server, cpu_seconds, kPuts, put_request);
    return {puts, measure(server, cpu_seconds, kGets, get_request)};
}

std::unique_ptr<lab::HttpClient> connect() {
    auto client = lab::HttpClient::connect(
        *IpAddress::parse("127.1.100.50"), kServer, "xdms", {}, lab::in(std::chrono::seconds(5)));
    if (!client) give_up(client.error());
    return std::move(*client);
}

// The slowest of some GETs of the last entry of a 1 MB list.
double slowest_element_get() {
    auto client = connect();
    const auto deadline = lab::in(std::chrono::seconds(30));
    const auto big = list(0, 9'500);
    auto put = client->ask(request("PUT", user(0), path_of(user(0)), big), deadline);
    if (!put || put->status >= 300) give_up("the 1 MB list was not taken");
    const auto element = path_of(user(0)) +
                         "/~~/resource-lists/list/entry%5b@uri=%22sip:friend9499@" + kHome +
                         "%22%5d";
    double slowest = 0;
    for (int i = 0; i < 50; ++i) {
        const auto began = steady_clock::now();
        const auto got = client->ask(request("GET", user(0), element), deadline);
        const std::chrono::duration<double, std::milli> took = steady_clock::now() - began;
        if (!got || got->status != 200) give_up("the element was not found");
        slowest = std::max(slowest, took.count());
    }
    return slowest;
}

// PUTs until the server is killed in the middle of them; what was acknowledged last of each user
// must be there, or a later version, whole.
std::size_t lost_by_kill(lab::Supervisor& supervisor) {
    std::vector<std::size_t> acknowledged(kUsers, 0);
    boost::asio::io_context io;
    std::size_t sent = 0, answered = 0;
    for (std::size_t i = 0; i < kConnections; ++i) {
        auto last = std::make_shared<std::size_t>(0);
        std::make_shared<Client>(
            io,
            kServer,
            [&, last, i] {
                *last = i + kConnections * (sent++ / kConnections + 1);
                return http::to_bytes(
                    request("PUT", user(*last), path_of(user(*last)), list(*last)));
            },
            [&, last](int status) {
                if (status == 200 || status == 201) acknowledged[*last % kUsers] = *last;
                if (++answered == 5'000) supervisor.signal("xdms", SIGKILL);
            })
            ->ask();
    }
    io.run();
    if (const auto problem = supervisor.start("xdms", lab::in(std::chrono::seconds(20)));
        !problem.empty())
        give_up(problem);
    auto client = connect();
    std::size_t lost = 0;
    for (std::size_t i = 0; i < kUsers; ++i) {
        if (acknowledged[i] == 0) continue;
        const auto got = client->ask(request("GET", user(i), path_of(user(i))),
                                     lab::in(std::chrono::seconds(5)));
        const auto begin = got ? got->body.find("name=\"v") : std::string::npos;
        const bool whole = got && got->body.ends_with("</resource-lists>\n");
        lost += begin == std::string::npos || !whole ||
                std::strtoul(got->body.c_str() + begin + 7, nullptr, 10) < acknowledged[i];
    }
    return lost;
}

}  // namespace

int main() {
    MeasuredNode xdms(
        "nodes:\n  xdms:\n    kind: as\n    address: 127.1.10.3\n    http: 127.1.10.3\n"
        "    settings: {enablers: {xdm: {trusted: [127.0.0.1, 127.1.100.50]}}}\n");
    const auto peer = KamailioXcap::start(xdms.folder(), kPeer);
    const auto there =
        peer ? std::optional(load(kPeer, [&] { return peer->cpu_seconds(); })) : std::nullopt;
    const auto here = load(kServer, [&] { return cpu_seconds_of(xdms.process()).all(); });
    const auto tell = [&](const char* id, double target, auto figure) {
        print(
            id, figure(here), "1/s", target, there ? std::optional(figure(*there)) : std::nullopt);
    };
    tell("xcap_put_per_core_second", 500, [](const Figures& f) { return f.puts.per_core_second; });
    tell("xcap_put_sustained", 500, [](const Figures& f) { return f.puts.per_second; });
    tell(
        "xcap_get_per_core_second", 3'000, [](const Figures& f) { return f.gets.per_core_second; });
    tell("xcap_get_sustained", 3'000, [](const Figures& f) { return f.gets.per_second; });
    print("xcap_element_of_1mb_list_slowest", slowest_element_get(), "ms", 10);
    const auto lost = lost_by_kill(xdms.supervisor());
    print("xcap_acknowledged_lost_by_kill", static_cast<double>(lost), "documents", 0);
    return lost == 0 ? 0 : 1;
}
