// RFC 4975 §5.4, §7, §8; RFC 5547 §8; RFC 6135 §4.2.2: a phone is a thread for as long as it plays.
#include "lab/msrp_session.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "hosts/asio/sockaddr.h"
#include "lab/content_scanner.h"
#include "lab/file_hash.h"
#include "lab/msrp_stream.h"
#include "msrp/session_description.h"
#include "sip/dialog.h"
#include "sip/headers.h"

namespace imslab::lab {

namespace {

using sip::HeaderId;

constexpr std::size_t kChunk = 8'192;
constexpr std::chrono::milliseconds kExpiry{200};  // behind the end of a URI's time
constexpr std::uint16_t kMsrpPort = msrp::kPort;

std::string sha1_of(std::string_view octets) {
    FileHash hash;
    hash.add(octets);
    return hash.text();
}

bool is_ready(int socket, short what, Deadline deadline) {
    pollfd watched{socket, what, 0};
    return poll(&watched, 1, milliseconds_until(deadline)) > 0;
}

using Stream = MsrpStream;

Descriptor stream_socket(const Address& local) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const host::SocketAddress name(local);
    if (::bind(socket.get(), name.data(), name.size) != 0) socket.close();
    return socket;
}

// One phone: its SIP, its place for MSRP, what went wrong.
class Phone {
public:
    Phone(const Ue& ue,
          const SessionCommand& command,
          RelayWish wish,
          std::string token,
          Deadline deadline)
        : ue_(ue),
          command_(command),
          wish_(std::move(wish)),
          token_(std::move(token)),
          place_(token_),
          deadline_(deadline) {}

    // It listens for SIP and MSRP, and its relays know it.
    bool prepare() { return open() && (!uses_relays() || authenticate()); }
    // By its relays, as it was meant to be: there is no session.
    bool was_refused() const { return access_.status != 0 && wish_.wrong_password; }

    std::string problem;

protected:
    using Mistake = SessionCommand::RelayMistake;
    bool uses_relays() const { return !wish_.relays.empty(); }
    bool authenticate() {
        auto access = authenticate_at_relays(ue_, wish_, own_uri(true), token_, deadline_);
        if (!access) return fails(access.error());
        access_ = std::move(*access);
        if ((access_.status != 0) == wish_.wrong_password) return true;
        return fails(access_.status == 0 ? "a wrong password was taken"
                                         : "AUTH was answered " + std::to_string(access_.status));
    }
    msrp::Uri own_uri(bool secure) const {
        return *msrp::Uri::parse((secure ? "msrps://" : "msrp://") + here().to_string() + "/" +
                                 place_ + ";tcp");
    }
    bool open() {
        auto port = UdpPort::open(ue_.place().address);
        if (!port) return fails(port.error());
        port_ = std::make_unique<UdpPort>(std::move(*port));
        auto certificate = PhoneCertificate::make(ue_.identity().public_identities.front());
        if (!certificate) return fails(certificate.error());
        certificate_ = std::move(*certificate);
        listener_ = stream_socket(here());
        if (!listener_ || ::listen(listener_.get(), 1) != 0)
            return fails("cannot listen on " + here().to_string());
        return true;
    }
    Address here() const { return {ue_.place().address.ip, kMsrpPort}; }
    bool fails(const std::string& why) {
        if (problem.empty()) problem = ue_.place().name + ": " + why;
        return false;
    }
    void send(const sip::Message& message) { port_->send(ue_.pcscf(), message.to_bytes()); }
    // The next request of that method (or of another one) or final response; others are passed
    // over.
    std::optional<sip::Message> await(std::string_view method_or_nothing,
                                      std::string_view or_method = {}) {
        for (;;) {
            auto bytes = port_->receive(deadline_);
            if (!bytes) {
                fails("no " +
                      (method_or_nothing.empty() ? "answer" : std::string(method_or_nothing)) +
                      " came");
                return std::nullopt;
            }
            auto message = sip::parse(std::move(*bytes));
            if (!message) continue;
            const bool wanted =
                method_or_nothing.empty()
                    ? !message->is_request() && message->status() >= 200
                    : message->is_request() && (message->method_text() == method_or_nothing ||
                                                message->method_text() == or_method);
            if (wanted) return *std::move(message);
        }
    }
    msrp::Media media(msrp::Setup setup, bool secure) const {
        msrp::Media media;
        secure = secure || uses_relays();
        media.secure = secure;
        if (secure) media.fingerprints = {certificate_.fingerprint()};
        if (secure && lies()) std::ranges::reverse(media.fingerprints.front().value);
        media.address = here().ip.to_string();
        media.port = kMsrpPort;
        // RFC 4976 §5.1: the relays in the order in which a peer comes to them.
        media.path = {access_.path.rbegin(), access_.path.rend()};
        media.path.push_back(own_uri(secure));
        media.accept_types = "*";
        media.setup = setup;
        return media;
    }
    std::string contact() const { return "<sip:" + ue_.place().address.to_string() + ">"; }
    // RFC 4975 §14.4: its description has another certificate's fingerprint.
    bool lies() const { return command_.wrong_fingerprint == ue_.place().name; }
    std::unique_ptr<Stream> secured(std::unique_ptr<Stream> stream,
                                    const msrp::Media& peer,
                                    bool connected) {
        if (!peer.secure) return stream;
        const auto done = stream->secure(certificate_, connected, peer.fingerprints, deadline_);
        if (done) return stream;
        fails(done.error());
        return nullptr;
    }
    std::unique_ptr<Stream> accept(const msrp::Media& peer) {
        if (!is_ready(listener_.get(), POLLIN, deadline_)) {
            fails("nobody connects for MSRP");
            return nullptr;
        }
        return secured(
            std::make_unique<Stream>(Descriptor(::accept(listener_.get(), nullptr, nullptr))),
            peer,
            false);
    }
    std::unique_ptr<Stream> connect(const msrp::Media& peer) {
        const auto ip = IpAddress::parse(peer.path.front().host);
        Descriptor socket = stream_socket({here().ip, 0});
        const host::SocketAddress to({ip.value_or(IpAddress{}), peer.path.front().port});
        if (!socket || ::connect(socket.get(), to.data(), to.size) != 0) {
            fails("cannot connect to " + peer.path.front().to_string());
            return nullptr;
        }
        return secured(std::make_unique<Stream>(std::move(socket)), peer, true);
    }

    const Ue& ue_;
    const SessionCommand& command_;
    const RelayWish wish_;
    RelayAccess access_;
    std::string token_, place_;  // of this phone; of its session in its path
    Deadline deadline_;
    std::unique_ptr<UdpPort> port_;
    Descriptor listener_;
    PhoneCertificate certificate_;
    unsigned version_ = 1;  // of this phone's description
};

class Callee : public Phone {
public:
    using Phone::Phone;
    void play() {
        const auto invite = await("INVITE");
        if (!invite) return;
        const auto offer = msrp::read_media(invite->body());
        if (!offer) {
            fails(offer.error());
            return;
        }
        auto ok = sip::Message::response_to(*invite, 200);
        sip::set_to_tag(ok, token_);
        for (const auto route : invite->values(HeaderId::record_route))
            ok.append(HeaderId::record_route, route);
        ok.append(HeaderId::contact, contact());
        const auto role = command_.callee_connects ? msrp::Setup::active : msrp::Setup::passive;
        // RFC 4976 §9.2: a relay of the other side comes without TLS to who has none of his own.
        auto meant = *offer;
        meant.secure = offer->secure && offer->path.size() == 1;
        ok.set_body("application/sdp", msrp::write_description(media(role, meant.secure), token_));
        send(ok);
        if (!await("ACK")) return;
        std::unique_ptr<Stream> stream;
        if (command_.relay_mistake == Mistake::none) {
            stream = uses_relays()              ? std::move(access_.stream)
                     : command_.callee_connects ? connect(meant)
                                                : accept(meant);
            if (stream) receive(*stream, *offer);
        }
        // What happened before, the other side hangs up.
        while (const auto request = await("BYE", "INVITE")) {
            if (request->method() != sip::Method::bye) {
                if (!change(*request, *stream)) return;
                continue;
            }
            send(sip::Message::response_to(*request, 200));
            return;
        }
    }

private:
    // RFC 4975 §8.4: this phone is where it was; what is not held comes again.
    bool change(const sip::Message& invite, Stream& stream) {
        const auto offer = msrp::read_media(invite.body());
        if (!offer) return fails(offer.error());
        auto answer = media(command_.callee_connects ? msrp::Setup::active : msrp::Setup::passive,
                            offer->secure);
        answer.direction = offer->direction;
        auto ok = sip::Message::response_to(invite, 200);
        ok.append(HeaderId::contact, contact());
        ok.set_body("application/sdp", msrp::write_description(answer, token_, ++version_));
        send(ok);
        if (!await("ACK")) return false;
        if (offer->direction != "inactive") receive(stream, *offer);
        return problem.empty();
    }
    // RFC 4975 §5.4: who connects says which session this is; then the message, chunk by chunk.
    void receive(Stream& stream, const msrp::Media& offer) {
        if (command_.callee_connects) {
            msrp::Head first;
            first.transaction = token_.substr(0, 8) + "0";
            first.method = "SEND";
            first.to_path = msrp::write_path(offer.path);
            first.from_path = media(msrp::Setup::active, offer.secure).path.front().to_string();
            first.message_id = token_.substr(0, 8) + "0";
            first.range = msrp::ByteRange{1, 0, 0};
            stream.write(msrp::whole(first), deadline_);
        }
        std::string whole;
        for (;;) {
            const auto received = stream.read(deadline_);
            if (!received) {
                if (command_.wrong_fingerprint.empty()) fails("the MSRP connection ended early");
                return;
            }
            const auto& head = received->head;
            if (!head.is_request()) continue;
            const bool content = head.method == "SEND" && head.has_body;
            const bool taken = !content || put_chunk(whole, head.range, received->body);
            if (head.failure_report == msrp::FailureReport::yes)
                stream.write(msrp::whole(msrp::response_to(head, taken ? 200 : 400)), deadline_);
            if (!taken) {
                fails("a chunk begins at octet " + std::to_string(head.range->start) + ", and " +
                      std::to_string(whole.size()) + " octets are there");
                return;
            }
            if (!content || received->end == msrp::Continuation::more) continue;
            if (received->end == msrp::Continuation::aborted || command_.infected) {
                if (received->end != msrp::Continuation::aborted)
                    fails("the message came, and was to be refused");
                else if (!command_.infected)
                    fails("the message was taken back");
                return;
            }
            report(stream, head, judge(whole, offer));
            return;
        }
    }
    // RFC 5547 §8.4: is it the file that was offered?
    int judge(const std::string& whole, const msrp::Media& offer) {
        if (!offer.file) return whole == command_.text ? 200 : 400;
        const bool same = offer.file->size == whole.size() && offer.file->sha1 == sha1_of(whole);
        if (same == command_.wrong_hash)
            fails(same ? "the hash is right, and should not be" : "the hash is not the file's");
        return same ? 200 : 400;
    }
    // RFC 4975 §7.1.3: about the whole message.
    void report(Stream& stream, const msrp::Head& send, int status) {
        if (!send.success_report) return;
        msrp::Head report;
        report.transaction = token_.substr(0, 8) + "1";
        report.method = "REPORT";
        report.to_path = send.from_path;
        report.from_path = send.to_path;
        report.message_id = send.message_id;
        report.range = msrp::ByteRange{1, std::nullopt, std::nullopt};
        if (send.range) report.range = msrp::ByteRange{1, send.range->total, send.range->total};
        report.report_status =
            "000 " + std::to_string(status) + " " + std::string(msrp::comment_for(status));
        stream.write(msrp::whole(report), deadline_);
    }
};

class Caller : public Phone {
public:
    using Phone::Phone;
    void play(const std::string& target) {
        content_ = command_.text;
        for (std::uint64_t i = 0; content_.size() < command_.file_octets; ++i)
            content_ += std::to_string(i * 2'654'435'761U) + "\r\n";
        if (command_.file_octets != 0) content_.resize(command_.file_octets);
        if (command_.infected) content_ += scanners_test_string();
        const auto invite = make_invite(target);
        send(invite);
        const auto answer = await({});
        if (!answer) return;
        auto dialog = sip::Dialog::as_uac(invite, *answer);
        if (answer->status() >= 300 || !dialog) {
            fails("the session was refused with " + std::to_string(answer->status()));
            return;
        }
        auto ack = dialog->make_ack(1);
        ack.prepend(HeaderId::via, via(2));
        send(ack);
        const auto peer = msrp::read_media(answer->body());
        std::unique_ptr<Stream> stream;  // until the session is over
        if (!peer) {
            fails(peer.error());
        } else if (!uses_relays() && peer->secure != command_.by_tls) {
            fails("the answer is for another transport than the offer");
        } else if (!command_.wrong_fingerprint.empty()) {
            return await_end(*peer);
        } else {
            stream = uses_relays() ? std::move(access_.stream)
                     : msrp::offerer_connects(msrp::Setup::actpass, peer->setup) ? connect(*peer)
                                                                                 : accept(*peer);
            if (stream && command_.relay_mistake == Mistake::expired) let_it_expire(*stream);
            if (stream) send_content(*stream, *peer);
        }
        if (problem.empty() && (command_.holds || command_.moves)) change(*dialog, stream);
        auto bye = dialog->make_request("BYE");
        bye.prepend(HeaderId::via, via(9));
        send(bye);
        await({});
    }

private:
    // RFC 4976 §6.3: after that time the relay knows the URI no more. Nothing is said meanwhile.
    void let_it_expire(Stream& stream) {
        const auto end = std::chrono::steady_clock::now() +
                         std::chrono::seconds(wish_.expires_seconds.value_or(1)) + kExpiry;
        if (stream.read(std::min(end, deadline_))) fails("somebody says something meanwhile");
    }
    // Somebody's certificate is not the one of his description, and the server ends the session.
    void await_end(const msrp::Media& peer) {
        if (lies()) {
            const auto stream = connect(peer);
            if (!stream || !stream->write(msrp::whole(send_head(peer, 0), content_), deadline_))
                return;
            if (stream->read(deadline_)) fails("somebody answers whom the fingerprint is not of");
        }
        if (const auto bye = await("BYE")) send(sip::Message::response_to(*bye, 200));
    }
    // RFC 4975 §8.4.
    void change(sip::Dialog& dialog, std::unique_ptr<Stream>& stream) {
        if (command_.holds && !offer_anew(dialog, "inactive")) return;
        if (command_.moves) place_ += "2";
        const auto peer = offer_anew(dialog, "sendrecv");
        if (!peer) return;
        if (command_.moves) stream = connect(*peer);
        if (stream) send_content(*stream, *peer);
    }
    std::optional<msrp::Media> offer_anew(sip::Dialog& dialog, const char* direction) {
        auto offer = media(msrp::Setup::actpass, command_.by_tls);
        offer.direction = direction;
        auto invite = dialog.make_request("INVITE");
        const int number = 2 * static_cast<int>(++version_);
        invite.prepend(HeaderId::via, via(number));
        invite.set(HeaderId::contact, contact());
        invite.set_body("application/sdp", msrp::write_description(offer, token_, version_));
        send(invite);
        const auto answer = await({});
        if (!answer) return std::nullopt;
        auto ack = dialog.make_ack(sip::cseq(invite).value_or(sip::CSeq{}).number);
        ack.prepend(HeaderId::via, via(number + 1));
        send(ack);
        const auto peer = msrp::read_media(answer->body());
        if (answer->status() < 300 && peer && peer->direction == direction) return *peer;
        fails("the change was answered " + std::to_string(answer->status()) +
              (peer ? ", a=" + peer->direction : std::string()));
        return std::nullopt;
    }
    std::string via(int number) const {
        return "SIP/2.0/UDP " + ue_.place().address.to_string() + ";branch=z9hG4bK" + token_ + "-" +
               std::to_string(number);
    }
    sip::Message make_invite(const std::string& target) const {
        auto invite = sip::Message::request(sip::Method::invite, target);
        const auto identity = "<" + ue_.identity().public_identities.front() + ">";
        invite.append(HeaderId::via, via(1));
        invite.append(HeaderId::max_forwards, "70");
        invite.append(HeaderId::route, "<sip:" + ue_.pcscf().to_string() + ";lr>");
        for (const auto& route : ue_.service_route()) invite.append(HeaderId::route, route);
        invite.append(HeaderId::from, identity + ";tag=" + token_);
        invite.append(HeaderId::to, "<" + target + ">");
        invite.append(HeaderId::call_id, token_);
        invite.append(HeaderId::cseq, "1 INVITE");
        invite.append(HeaderId::contact, contact());
        invite.append(HeaderId::p_preferred_identity, identity);
        auto offer = media(msrp::Setup::actpass, command_.by_tls);
        if (command_.file_octets != 0) {
            offer.direction = "sendonly";
            offer.file = msrp::FileDescription{"letter.txt",
                                               "text/plain",
                                               content_.size(),
                                               sha1_of(command_.wrong_hash ? "" : content_),
                                               token_.substr(0, 8),
                                               "attachment",
                                               ""};
        }
        invite.set_body("application/sdp", msrp::write_description(offer, token_));
        return invite;
    }
    // In interruptible chunks, with a success report for the whole.
    void send_content(Stream& stream, const msrp::Media& peer) {
        std::size_t awaited = 0;
        for (std::size_t at = 0; at < content_.size(); at += kChunk, ++awaited) {
            const auto piece = std::string_view(content_).substr(at, kChunk);
            const bool last = at + piece.size() == content_.size();
            const auto end = last ? msrp::Continuation::complete : msrp::Continuation::more;
            if (!stream.write(msrp::whole(send_head(peer, at), piece, end), deadline_)) {
                fails("the MSRP connection broke");
                return;
            }
        }
        await_reports(stream, awaited);
    }
    // Of the chunk that begins behind so many octets.
    msrp::Head send_head(const msrp::Media& peer, std::size_t at) {
        msrp::Head head;
        head.transaction = token_.substr(0, 8) + std::to_string(++chunks_);
        head.method = "SEND";
        auto path = access_.path;
        if (!path.empty() && command_.relay_mistake == Mistake::unknown_uri)
            path.front().session_id = token_;
        path.insert(path.end(), peer.path.begin(), peer.path.end());
        head.to_path = msrp::write_path(path);
        head.from_path = own_uri(command_.by_tls || uses_relays()).to_string();
        head.message_id = token_.substr(0, 8) + "-" + std::to_string(version_);
        head.range = msrp::ByteRange{at + 1, std::nullopt, content_.size()};
        head.success_report = true;
        head.others = {{"Content-Type", "text/plain"}};
        head.has_body = true;
        return head;
    }
    void await_reports(Stream& stream, std::size_t answers) {
        bool reported = false;
        while (answers != 0 || !reported) {
            const auto received = stream.read(deadline_);
            if (!received) {
                fails("not every chunk was answered and reported");
                return;
            }
            const auto& head = received->head;
            if (!head.is_request() && head.status == 200) --answers;
            if (command_.infected && head.status == 403) return;
            if (is_what_was_expected(head)) return;
            if (!head.is_request() && head.status != 200)
                fails("a chunk was answered " + std::to_string(head.status));
            if (!problem.empty()) return;
            if (head.method == "SEND")  // the other side says that it is there
                stream.write(msrp::whole(msrp::response_to(head, 200)), deadline_);
            if (head.method != "REPORT") continue;
            reported = true;
            if ((head.reported() == 200) == command_.wrong_hash)
                fails("the report says " + head.report_status);
        }
    }

    // Of a session with a mistake.
    bool is_what_was_expected(const msrp::Head& head) const {
        switch (command_.relay_mistake) {
            case Mistake::expired:
            case Mistake::unknown_uri:
                return head.status == 481;
            case Mistake::lost:  // RFC 4976 §6.4.1
                return head.method == "REPORT" && head.reported() == 408;
            case Mistake::none:
            case Mistake::password:
                break;
        }
        return false;
    }

    std::string content_;
    unsigned chunks_ = 0;
};

}  // namespace

bool put_chunk(std::string& whole,
               const std::optional<msrp::ByteRange>& range,
               std::string_view octets) {
    if (range) {
        if (range->start == 0 || range->start - 1 > whole.size()) return false;
        whole.resize(range->start - 1);
    }
    whole += octets;
    return true;
}

std::string play_session(const Ue& caller,
                         const Ue& callee,
                         const SessionCommand& command,
                         const SessionRelays& relays,
                         Entropy& entropy,
                         Deadline deadline) {
    RelayWish wish{
        relays.of_caller, command.relay_mistake == SessionCommand::RelayMistake::password, {}};
    if (command.relay_mistake == SessionCommand::RelayMistake::expired) wish.expires_seconds = 1;
    Callee receiver(callee, command, {relays.of_callee, false, {}}, entropy.token(12), deadline);
    Caller sender(caller, command, wish, entropy.token(12), deadline);
    if (!sender.prepare()) return sender.problem;
    if (sender.was_refused()) return {};
    if (!receiver.prepare()) return receiver.problem;
    std::thread receiving([&] { receiver.play(); });
    sender.play(callee.identity().public_identities.front());
    receiving.join();
    return sender.problem.empty() ? receiver.problem : sender.problem;
}

}  // namespace imslab::lab
