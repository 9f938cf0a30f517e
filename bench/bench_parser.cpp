// parser_mb_per_s: 512 varied messages of about 1 KB, parsed, and what a proxy needs of each read
// as typed views.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "sip/headers.h"

namespace {

using namespace imslab::sip;

// A fixed sequence: every run parses the same messages.
class Sequence {
public:
    std::uint32_t next() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state_ >> 33);
    }
    std::uint32_t below(std::uint32_t bound) { return next() % bound; }
    std::string hex(int digits) {
        std::string text;
        for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[below(16)];
        return text;
    }
    std::string number(std::uint32_t from, std::uint32_t to) {
        return std::to_string(from + below(to - from));
    }

private:
    std::uint64_t state_ = 2;
};

const std::string home = "ims.mnc001.mcc001.3gppnetwork.org";
const char* const crlf = "\r\n";

std::string sdp(Sequence& any) {
    std::string text = "v=0\r\no=- " + any.number(1000000, 9999999) + " 1 IN IP4 127.1.100." +
                       any.number(1, 250) + "\r\ns=-\r\nc=IN IP4 127.1.100.1\r\nt=0 0\r\nm=audio " +
                       any.number(10000, 60000) +
                       " RTP/AVP 104 110 102 96\r\na=rtpmap:104 AMR-WB/16000/1\r\na=fmtp:104 "
                       "mode-change-capability=2;max-red=0\r\n"
                       "a=rtpmap:96 telephone-event/8000\r\na=ptime:20\r\n";
    if (any.below(2) == 0) {
        text +=
            "a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos mandatory local "
            "sendrecv\r\n"
            "a=des:qos none remote sendrecv\r\n";
    }
    return text + "a=sendrecv\r\n";
}

std::string vias(Sequence& any, std::uint32_t count) {
    static const char* const hosts[] = {
        "127.1.1.2:5060", "pcscf.", "[2001:db8::9:1]:5060", "scscf.", "127.1.100.7:5060"};
    std::string text;
    bool in_one = any.below(4) == 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string host = hosts[any.below(5)];
        if (host.back() == '.') host += home;
        text += in_one && i > 0 ? "," : (i > 0 ? "\r\n" : "");
        if (!in_one || i == 0) text += any.below(6) == 0 ? "v: " : "Via: ";
        text += std::string("SIP/2.0/") + (any.below(3) == 0 ? "TCP " : "UDP ") + host +
                ";branch=z9hG4bK" + any.hex(static_cast<int>(8 + any.below(24)));
        if (i > 0)
            text +=
                ";received=127.1.100." + any.number(1, 250) + ";rport=" + any.number(1025, 65000);
    }
    return text + crlf;
}

std::string routes(Sequence& any, const char* name) {
    return std::string(name) + ": <sip:term@pcscf." + home + ":5060;lr>,<sip:orig@scscf." + home +
           ";lr;odi=" + any.hex(8) + ">\r\n";
}

std::string parties(Sequence& any, bool answered) {
    std::string caller = "sip:user" + any.number(1, 99999) + "@" + home;
    std::string callee = any.below(3) == 0
                             ? "tel:+1555" + any.number(1000000, 9999999)
                             : "sip:user" + any.number(1, 99999) + "@" + home + ";user=phone";
    std::string text = any.below(8) == 0 ? "f: " : "From: ";
    if (any.below(2) == 0) text += "\"User " + any.hex(4) + " \\\"x\\\"\" ";
    text += "<" + caller + ">;tag=" + any.hex(10) + crlf;
    text += any.below(8) == 0 ? "t: <" : "To: <";
    text += callee + ">" + (answered ? ";tag=" + any.hex(12) : "") + crlf;
    return text + (any.below(8) == 0 ? "i: " : "Call-ID: ") + any.hex(32) + "@127.1.100.1\r\n";
}

std::string contact(Sequence& any) {
    return "Contact: <sip:" + any.hex(8) + "-" + any.hex(4) + "@127.1.100." + any.number(1, 250) +
           ":5060;transport=udp>;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel\";"
           "+sip.instance=\"<urn:gsma:imei:35" +
           any.number(100000, 999999) + "-" + any.number(100000, 999999) + "-0>\"\r\n";
}

std::string invite(Sequence& any) {
    std::string body = sdp(any);
    std::string head = "INVITE sip:user" + any.number(1, 99999) + "@" + home + " SIP/2.0\r\n" +
                       vias(any, 1 + any.below(2)) + "Max-Forwards: " + any.number(60, 71) + crlf +
                       routes(any, "Route") + parties(any, false) + "CSeq: " + any.number(1, 9000) +
                       " INVITE\r\n" + contact(any) +
                       "Supported: 100rel,precondition,timer\r\n"
                       "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=00101" +
                       any.hex(11) + crlf;
    if (any.below(2) == 0) head += "P-Preferred-Identity: <sip:alice@" + home + ">\r\n";
    return head +
           "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string register_(Sequence& any) {
    std::string imsi = "00101" + any.number(1000000000, 1999999999) + "@" + home;
    return "REGISTER sip:" + home + " SIP/2.0\r\n" + vias(any, 1) + "Max-Forwards: 70\r\n" +
           parties(any, false) + "CSeq: " + any.number(1, 9000) + " REGISTER\r\n" + contact(any) +
           "Path: <sip:term@pcscf." + home +
           ";lr>\r\nRequire: path\r\nSupported: path,gruu\r\nP-Visited-Network-ID: \"" + home +
           "\"\r\nP-Charging-Vector: icid-value=\"" + any.hex(24) +
           "\";icid-generated-at=127.1.1.1\r\n"
           "Authorization: Digest username=\"" +
           imsi + "\",realm=\"" + home + "\",nonce=\"" + any.hex(44) + "\",uri=\"sip:" + home +
           "\",response=\"" + any.hex(32) +
           "\",algorithm=AKAv1-MD5,integrity-protected=\"no\"\r\n"
           "Allow: INVITE,ACK,CANCEL,BYE,MESSAGE,OPTIONS,NOTIFY,PRACK,UPDATE,REFER\r\nExpires: "
           "600000\r\nContent-Length: 0\r\n\r\n";
}

std::string response(Sequence& any) {
    static const char* const lines[] = {
        "200 OK", "183 Session Progress", "180 Ringing", "486 Busy Here"};
    bool described = any.below(4) != 0;
    std::string body = described ? sdp(any) : "";
    std::string head = std::string("SIP/2.0 ") + lines[any.below(4)] + crlf +
                       vias(any, 2 + any.below(2)) + routes(any, "Record-Route") +
                       parties(any, true) + "CSeq: " + any.number(1, 9000) + " INVITE\r\n" +
                       contact(any) + "P-Asserted-Identity: \"Bob\" <sip:bob@" + home +
                       ">,<tel:+15550002>\r\n"
                       "P-Charging-Vector: icid-value=\"" +
                       any.hex(24) + "\";orig-ioi=" + home +
                       "\r\n"
                       "Allow: INVITE,ACK,CANCEL,BYE,MESSAGE,OPTIONS,NOTIFY,PRACK,UPDATE,REFER\r\n";
    if (described) head += "Content-Type: application/sdp\r\n";
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<std::string> make_messages() {
    Sequence any;
    std::vector<std::string> messages;
    for (int i = 0; i < 512; ++i) {
        switch (any.below(3)) {
            case 0:
                messages.push_back(invite(any));
                break;
            case 1:
                messages.push_back(register_(any));
                break;
            default:
                messages.push_back(response(any));
        }
    }
    return messages;
}

std::size_t address(std::optional<std::string_view> value) {
    auto name = value ? NameAddr::parse(*value) : std::nullopt;
    auto uri = name ? Uri::parse(name->uri) : std::nullopt;
    return uri ? uri->user.size() + uri->host.size() + uri->port + (uri->is_loose_router() ? 1 : 0)
               : 0;
}

// Start line and the header fields a proxy needs.
std::size_t read_as_proxy(const Message& message) {
    std::size_t sum =
        message.is_request() ? message.uri().size() : static_cast<std::size_t>(message.status());
    if (auto via = top_via(message)) sum += via->branch().size() + via->host.size() + via->port;
    sum += from_tag(message).value_or("").size() + to_tag(message).value_or("").size() +
           call_id(message).size();
    if (auto number = cseq(message)) sum += number->number + number->method.size();
    if (auto hops = message.get(HeaderId::max_forwards)) sum += to_number(*hops).value_or(0);
    return sum + address(message.first_value(HeaderId::route)) +
           address(message.first_value(HeaderId::contact));
}

}  // namespace

int main() {
    auto messages = make_messages();
    std::size_t octets = 0;
    for (const auto& text : messages) {
        octets += text.size();
        auto parsed = parse(text);
        if (!parsed || read_as_proxy(*parsed) == 0) {
            std::fprintf(stderr,
                         "%s\n%s\n",
                         text.c_str(),
                         parsed ? "nothing read" : parsed.error().error.reason.c_str());
            return 1;
        }
    }
    std::vector<double> rates;
    std::size_t sum = 0;
    for (int round = 0; round < 25; ++round) {
        constexpr int passes = 40;
        std::clock_t ticks = 0;  // CPU time: others may be using the machine
        for (int pass = 0; pass < passes; ++pass) {
            auto received =
                messages;  // the parser takes each buffer over, as it does from a socket
            std::clock_t started = std::clock();
            for (auto& text : received) {
                auto parsed = parse(std::move(text));
                sum += read_as_proxy(*parsed);
            }
            ticks += std::clock() - started;
        }
        double seconds = static_cast<double>(ticks) / CLOCKS_PER_SEC;
        rates.push_back(static_cast<double>(octets) * passes / 1e6 / seconds);
    }
    std::sort(rates.begin(), rates.end());
    std::fprintf(stderr,
                 "%zu octets a message, best %.0f MB/s (%zu)\n",
                 octets / messages.size(),
                 rates.back(),
                 sum);
    std::printf(
        "{\"id\":\"parser_mb_per_s\",\"value\":%.0f,\"unit\":\"MB/"
        "s\",\"target\":800,\"peer\":null}\n",
        rates[rates.size() / 2]);
}
