// The P-CSCF inside Kamailio: what is wrong with its cfg, what is wrong with messages, an engine
// that is killed, RPC commands, TCP.
#include "kamailio_process.h"

namespace imslab::test {
namespace {

const std::string kGm = "127.9.1.1", kMw = "127.9.1.2", kIcscf = "127.9.2.1",
                  kPhone = "127.9.100.1";
const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";

const std::string kGranted = "Contact: <sip:alice@" + kPhone +
                             ">;expires=600\r\nService-Route: <sip:orig@scscf." + kHome +
                             ";lr>\r\nP-Associated-URI: <sip:alice@" + kHome + ">\r\n";

std::string request(const std::string& method,
                    const std::string& uri,
                    const std::string& number,
                    const std::string& transport = "UDP") {
    return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + transport + " " + kPhone +
           ":5060;branch=z9hG4bK" + number + "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@" + kHome +
           ">;tag=1\r\nTo: <sip:alice@" + kHome + ">\r\nCall-ID: call-" + number + "\r\nCSeq: 1 " +
           method + "\r\nContact: <sip:alice@" + kPhone +
           ">;expires=600\r\nContent-Length: 0\r\n\r\n";
}

std::string options(const std::string& number, const std::string& transport = "UDP") {
    return request("OPTIONS", "sip:pcscf." + kHome, number, transport);
}

// A response of the home network to a request that the P-CSCF has sent it.
std::string answer(const std::string& to, const std::string& status, const std::string& more = {}) {
    std::string response = "SIP/2.0 " + status + "\r\n";
    std::istringstream lines(to);
    for (std::string line; std::getline(lines, line) && line != "\r";) {
        for (const auto* name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:", "Path:"}) {
            if (line.starts_with(name)) response += line + "\n";
        }
    }
    return response + more + "Content-Length: 0\r\n\r\n";
}

void check_refused(const std::string& parameter, const std::string& value, const std::string& why) {
    KamailioProcess kamailio("pcscf",
                             "modparam(\"ims_node\", \"" + parameter + "\", '" + value + "')");
    CHECK(kamailio.await_end() != 0);
    CAPTURE(kamailio.printed());
    CHECK(kamailio.printed().find(why) != std::string::npos);
    CHECK(kamailio.printed().find("ERROR: ims_node [ims_node.c:") != std::string::npos);
}

}  // namespace

TEST_CASE("a wrong parameter is told in one sentence, and Kamailio does not start") {
    check_refused("role", "bgcf", "parameter role is \"bgcf\"; expected pcscf, icscf or scscf");
    check_refused("gm", "everywhere", "addresses.Gm is \"everywhere\"; expected an address");
    check_refused("mw",
                  "127.9.1.2:5070",
                  "mod_init(): parameter mw is \"127.9.1.2:5070\"; "
                  "expected one of Kamailio's listen addresses");
    check_refused("resolve", "icscf", "parameter resolve is \"icscf\"; expected host=address");
    check_refused("setting", "max_dialogs=many", "settings.max_dialogs is \"many\"; expected");
    check_refused("setting", "colour=blue", "settings.colour is not known");
    check_refused("log_level", "loud", "log_level is \"loud\"; expected debug");
    check_refused("config", "/nowhere.json", "expected a file that can be read");
}

TEST_CASE("an S-CSCF without an HSS answers, and says in the log what is missing") {
    KamailioProcess kamailio("scscf");
    REQUIRE(kamailio.await_print("no HSS is connected yet"));
    Wire pcscf(kMw);
    pcscf.send("127.9.3.1", replaced(request("REGISTER", "sip:" + kHome, "1"), kPhone, kMw));
    const auto response = pcscf.await("SIP/2.0 ");
    CAPTURE(response, kamailio.printed());
    CHECK(response.starts_with("SIP/2.0 504"));
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("the I-CSCF's cfg is as good as the others'") {
    KamailioProcess kamailio("icscf");
    REQUIRE(kamailio.await_print("no HSS is connected yet"));
    Wire pcscf(kMw);
    pcscf.send("127.9.2.1", replaced(request("REGISTER", "sip:" + kHome, "1"), kPhone, kMw));
    CHECK(pcscf.await("SIP/2.0 ").starts_with("SIP/2.0 "));
    CHECK(kamailio.command("ims.stats").find("ready: 0") != std::string::npos);
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("what Kamailio's parser refuses is answered by the node") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone);
    phone.send(kGm, replaced(options("a"), "Call-ID: call-a\r\n", ""));
    CHECK(phone.await("SIP/2.0 ").starts_with("SIP/2.0 400 Call-ID is missing"));
    phone.send(kGm, replaced(options("b"), "OPTIONS sip:", "OPTIONS  sip:"));
    CHECK(phone.await("SIP/2.0 ").starts_with("SIP/2.0 400 "));
    phone.send(kGm, options("c"));
    CHECK(phone.await("SIP/2.0 ").starts_with("SIP/2.0 200 "));
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("a killed engine: what was in flight is answered 503, and the next registration works") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone), home(kIcscf);

    // given a REGISTER and an INVITE on their way
    phone.send(kGm, request("REGISTER", "sip:" + kHome, "r1"));
    REQUIRE(home.await("REGISTER").find("call-r1") != std::string::npos);
    const pid_t first = kamailio.engine();

    // when the engine is killed
    REQUIRE(::kill(first, SIGKILL) == 0);

    // then the phone is told so
    const auto refusal = phone.await("SIP/2.0 503");
    CHECK(refusal.find("call-r1") != std::string::npos);
    CHECK(refusal.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(kamailio.await_print("1 requests in flight were answered 503"));

    // and the next registration goes through the next engine
    phone.send(kGm, request("REGISTER", "sip:" + kHome, "r2"));
    const auto forwarded = home.await("REGISTER");
    REQUIRE(forwarded.find("call-r2") != std::string::npos);
    home.send(kMw, answer(forwarded, "200 OK", kGranted));
    CHECK(phone.await("SIP/2.0 200").find("call-r2") != std::string::npos);
    CHECK(kamailio.engine() != first);

    // which RPC commands show
    CHECK(kamailio.command("ims.bindings").find("contact: sip:alice@" + kPhone) !=
          std::string::npos);
    const auto stats = kamailio.command("ims.stats");
    CHECK(stats.find("engine_restarts: 1") != std::string::npos);
    CHECK(stats.find("answered_for_a_dead_engine: 1") != std::string::npos);
    CHECK(kamailio.stop() == 0);
}

namespace {

// A phone, the home network and the P-CSCF between them: one registration and one call, message by
// message.
class CallFlow {
public:
    CallFlow() { REQUIRE(kamailio_.await_ready()); }

    // Performs the first `steps` steps, then kills the engine, and says what the phone must get.
    void kill_after(int steps) {
        int step = 0;
        const auto reached = [&] { return ++step > steps; };
        open_ = "call-reg";
        phone_.send(kGm, request("REGISTER", "sip:" + kHome, "reg"));
        auto forwarded = home_.await("REGISTER");
        REQUIRE(forwarded != "");
        if (reached()) return kill();
        home_.send(kMw, answer(forwarded, "200 OK", kGranted));
        REQUIRE(phone_.await("SIP/2.0 200") != "");
        open_.clear();
        if (reached()) return kill();
        open_ = "call-inv";
        phone_.send(kGm, request("INVITE", "sip:bob@" + kHome, "inv"));
        forwarded = scscf_.await("INVITE");
        REQUIRE(forwarded != "");
        if (reached()) return kill();
        scscf_.send(kMw, answer(forwarded, "180 Ringing", "Contact: <sip:bob@127.9.100.2>\r\n"));
        REQUIRE(phone_.await("SIP/2.0 180") != "");
        if (reached()) return kill();
        scscf_.send(kMw, answer(forwarded, "200 OK", "Contact: <sip:bob@127.9.100.2>\r\n"));
        REQUIRE(phone_.await("SIP/2.0 200") != "");
        open_.clear();
        reached();
        kill();
    }
    // What was open has a final answer, and somebody who registers now is registered.
    void check_recovery() {
        if (!open_.empty()) CHECK(phone_.await("SIP/2.0 503").find(open_) != std::string::npos);
        phone_.send(kGm, request("REGISTER", "sip:" + kHome, "again"));
        std::string forwarded;
        do {
            forwarded = home_.await("REGISTER");
        } while (!forwarded.empty() && forwarded.find("call-again") == std::string::npos);
        home_.send(kMw, answer(forwarded, "200 OK", kGranted));
        CHECK(phone_.await("SIP/2.0 200").find("call-again") != std::string::npos);
        CHECK(kamailio_.stop() == 0);
    }

private:
    void kill() { REQUIRE(::kill(kamailio_.engine(), SIGKILL) == 0); }

    KamailioProcess kamailio_{"pcscf"};
    Wire phone_{kPhone}, home_{kIcscf}, scscf_{"127.9.3.1"};
    std::string open_;  // the Call-ID of the request that has no final answer yet
};

}  // namespace

TEST_CASE("an engine killed after each message of a registration and a call") {
    for (int steps = 0; steps <= 4; ++steps) {
        INFO("killed after step " << steps);
        CallFlow flow;
        flow.kill_after(steps);
        flow.check_recovery();
    }
}

// hosts/kamailio/stop_signal.c: what Kamailio's processes do not do by themselves.
TEST_CASE("told to stop while its processes start, Kamailio stops") {
    for (int round = 0; round < 20; ++round) {
        INFO(round);
        KamailioProcess starting("pcscf");
        REQUIRE(starting.await_print("Listening on"));
        const int status = starting.stop();
        CHECK((status == 0 || status == -SIGTERM));  // the latter before it handles signals
        KamailioProcess ready("pcscf");
        REQUIRE(ready.await_ready());
        Wire phone(kPhone);
        phone.send(kGm, options("s"));
        CHECK(phone.await("SIP/2.0 200") != "");
        CHECK(ready.stop() == 0);
    }
}

TEST_CASE("a peer that is not there is told by ICMP, not by a timer") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone);
    phone.send(kGm, request("REGISTER", "sip:" + kHome, "u1"));
    const auto response = phone.await("SIP/2.0 5");
    CAPTURE(response, kamailio.printed());
    CHECK(response.starts_with("SIP/2.0 504"));
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("a script asks who is registered") {
    KamailioProcess kamailio(
        "pcscf",
        "loadmodule \"xlog.so\"",
        "    if (ims_find(\"$fu\"))\n"
        "        xlog(\"known $ims(identity) with $ims(contacts) contact at a $ims(role)\\n\");\n"
        "    else xlog(\"unknown $fu registered $ims(registered)\\n\");\n");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone), home(kIcscf);
    phone.send(kGm, request("REGISTER", "sip:" + kHome, "w1"));
    const auto forwarded = home.await("REGISTER");
    CHECK(kamailio.await_print("unknown sip:alice@" + kHome + " registered 0"));
    home.send(kMw, answer(forwarded, "200 OK", kGranted));
    REQUIRE(phone.await("SIP/2.0 200") != "");
    phone.send(kGm, options("w2"));
    CHECK(kamailio.await_print("known sip:alice@" + kHome + " with 1 contact at a pcscf"));
    CHECK(kamailio.stop() == 0);
}

TEST_CASE("on TCP the answer takes the connection on which the request came") {
    KamailioProcess kamailio("pcscf");
    REQUIRE(kamailio.await_ready());
    Wire phone(kPhone, SOCK_STREAM), other(kPhone, SOCK_STREAM);
    phone.connect(kGm);
    other.connect(kGm);
    phone.write(options("t1", "TCP"));
    const auto response = phone.receive();
    CHECK(response.starts_with("SIP/2.0 200 "));
    CHECK(response.find("call-t1") != std::string::npos);
    other.write(options("t2", "TCP"));
    CHECK(other.receive().find("call-t2") != std::string::npos);
    CHECK(kamailio.stop() == 0);
}

}  // namespace imslab::test
