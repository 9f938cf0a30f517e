// Every torture message of RFC 4475 and RFC 5118 and what fuzzers found, as tests/vectors keeps it,
// through Kamailio to the module, as datagrams and on connections: what our parser refuses gets the
// answer that our parser gives, and neither Kamailio nor the engine ends.
//
// With IMSLAB_CORPUS=build/corpus/fuzz_sip also what a fuzzer has just invented.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "kamailio_process.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/via.h"

namespace imslab::test {
namespace {

const std::string kGm = "127.9.1.1", kPhone = "127.9.100.1";
const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";

struct Input {
    std::string name, bytes;
};

void read_folder(const fs::path& folder, std::vector<Input>& into) {
    INFO(folder);
    REQUIRE(fs::is_directory(folder));
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().extension() != ".md")
            files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files)
        into.push_back({folder.filename() / file.filename(), text_of(file)});
}

std::vector<Input> inputs() {
    std::vector<Input> all;
    const fs::path root = IMSLAB_SOURCE_DIR;
    for (const auto* source : {"rfc4475", "rfc5118", "fuzz_sip"})
        read_folder(root / "tests/vectors" / source, all);
    if (const char* more = std::getenv("IMSLAB_CORPUS")) read_folder(more, all);
    return all;
}

std::string options(const std::string& number, const std::string& transport) {
    return "OPTIONS sip:pcscf." + kHome + " SIP/2.0\r\nVia: SIP/2.0/" + transport + " " + kPhone +
           ":5060;branch=z9hG4bK" + number + "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@" + kHome +
           ">;tag=1\r\nTo: <sip:pcscf." + kHome + ">\r\nCall-ID: call-" + number +
           "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

// What the parser has to say to it, and at which port of the sender it is said.
struct Refusal {
    std::string line;
    std::uint16_t port;
};

std::optional<Refusal> refusal_of(const std::string& bytes) {
    const auto message = sip::parse(bytes);
    if (message) return std::nullopt;
    const auto& failure = message.error();
    if (failure.error.status == 0 || !failure.answerable || !failure.answerable->is_request() ||
        failure.answerable->method() == sip::Method::ack)
        return std::nullopt;
    const Flow flow{Transport::udp, *Address::parse(kGm, 5060), *Address::parse(kPhone, 5060), 0};
    auto request = *failure.answerable;
    const auto via = sip::top_via(request);
    if (!via) return std::nullopt;
    sip::note_source(request, *via, flow);
    const auto noted = sip::top_via(request);
    const auto to = noted ? sip::reply_address(*noted) : std::nullopt;
    if (!to || to->ip != flow.remote.ip) return std::nullopt;
    return Refusal{"SIP/2.0 " + std::to_string(failure.error.status) + " " + failure.error.reason,
                   to->port};
}

// A phone with a socket on every port that somebody may answer to.
class Phone {
public:
    Wire& at(std::uint16_t port) {
        auto& wire = wires_[port];
        if (!wire) wire = std::make_unique<Wire>(kPhone, SOCK_DGRAM, port);
        return *wire;
    }
    // It serves: an OPTIONS is answered.
    bool is_served() {
        const std::string number = "alive" + std::to_string(++asked_);
        at(5060).send(kGm, options(number, "UDP"));
        std::string response;
        do {
            response = at(5060).await("SIP/2.0 200");
        } while (!response.empty() && response.find(number) == std::string::npos);
        return !response.empty();
    }

private:
    std::map<std::uint16_t, std::unique_ptr<Wire>> wires_;
    int asked_ = 0;
};

}  // namespace

TEST_CASE("what the parser refuses is answered as the parser says, in a datagram", "[torture]") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    const pid_t engine = kamailio.engine();
    Phone phone;
    std::size_t count = 0, refused = 0;
    for (const auto& input : inputs()) {
        INFO(input.name);
        const auto refusal = refusal_of(input.bytes);
        auto& wire = phone.at(refusal ? refusal->port : std::uint16_t{5060});
        phone.at(5060).send(kGm, input.bytes);
        if (refusal) {
            ++refused;
            const auto answer = wire.await(refusal->line);
            CHECK(answer.starts_with(refusal->line));
        }
        if (++count % 16 == 0) REQUIRE(phone.is_served());
    }
    CHECK(phone.is_served());
    CHECK(count > 100);
    CHECK(refused > 20);
    // the log says where it is wrong
    CHECK(kamailio.await_print("malformed message from " + kPhone + ":5060, octet "));
    CHECK(kamailio.is_running());
    CHECK(kamailio.engine() == engine);
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("on a connection bad messages end at most that connection", "[torture]") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    const pid_t engine = kamailio.engine();
    std::size_t count = 0;
    for (const auto& input : inputs()) {
        INFO(input.name);
        Wire bad(kPhone, SOCK_STREAM);
        bad.connect(kGm);
        bad.write(input.bytes);
        if (++count % 16 != 0) continue;
        const std::string number = "alive" + std::to_string(count);
        Wire good(kPhone, SOCK_STREAM);
        good.connect(kGm);
        good.write(options(number, "TCP"));
        REQUIRE(good.receive().find("call-" + number) != std::string::npos);
    }
    CHECK(count > 100);
    CHECK(kamailio.is_running());
    CHECK(kamailio.engine() == engine);
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("on a connection a request without a Call-ID is refused on that connection",
          "[torture]") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone, SOCK_STREAM);
    phone.connect(kGm);
    phone.write(replaced(options("a", "TCP"), "Call-ID: call-a\r\n", ""));
    CHECK(phone.receive().starts_with("SIP/2.0 400 Call-ID is missing"));
    CHECK(kamailio.stop() == 0);
}

}  // namespace imslab::test
