// RFC 4976 §5.1, §9.1.
#include "lab/relay_client.h"

#include <sys/socket.h>

#include "hosts/asio/sockaddr.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/params.h"

namespace imslab::lab {

namespace {

struct Exchange {
    const Ue& ue;
    const RelayWish& wish;
    const msrp::Uri& own;
    std::string token;
    Deadline deadline;
    MsrpStream& stream;
    unsigned requests = 0;

    std::optional<msrp::Head> ask(const std::string& to_path, const std::string& authorization) {
        msrp::Head head;
        head.transaction = token.substr(0, 8) + "a" + std::to_string(++requests);
        head.method = "AUTH";
        head.to_path = to_path;
        head.from_path = own.to_string();
        if (wish.expires_seconds)
            head.others.emplace_back("Expires", std::to_string(*wish.expires_seconds));
        if (!authorization.empty()) head.others.emplace_back("Authorization", authorization);
        if (!stream.write(msrp::whole(head), deadline)) return std::nullopt;
        while (auto received = stream.read(deadline)) {
            if (!received->head.is_request() && received->head.transaction == head.transaction)
                return std::move(received->head);
        }
        return std::nullopt;
    }
    // RFC 4976 §9.1: what stands for the Request-URI is the rightmost URI of the To-Path.
    std::string authorization(const msrp::Head& challenge, const std::string& uri) const {
        const auto value = challenge.get("WWW-Authenticate");
        const auto params = value ? sip::AuthParams::parse(*value) : std::nullopt;
        if (!params || !ue.identity().digest) return {};
        const auto& user = ue.identity().private_identity;
        const auto realm = params->get("realm").value_or(""),
                   nonce = params->get("nonce").value_or("");
        const auto algorithm = params->get("algorithm").value_or("MD5");
        sip::DigestInput input;
        input.algorithm =
            algorithm == "SHA-256" ? sip::HashAlgorithm::sha256 : sip::HashAlgorithm::md5;
        const std::string ha1 = wish.wrong_password
                                    ? sip::ha1(input.algorithm, user, realm, "not the password")
                                    : ue.identity().digest->ha1;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "AUTH";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = "00000001";
        input.cnonce = token;
        return "Digest username=" + sip::quote(user) + ", realm=" + sip::quote(realm) +
               ", nonce=" + sip::quote(nonce) +
               ", qop=auth, nc=00000001, cnonce=" + sip::quote(token) +
               ", algorithm=" + std::string(algorithm) +
               ", response=" + sip::quote(sip::digest_response(input));
    }
};

std::string uri_of(const RelayPlace& relay) {
    return "msrps://" + relay.host + ":" + std::to_string(relay.address.port) + ";tcp";
}

}  // namespace

Result<RelayAccess, std::string> authenticate_at_relays(const Ue& ue,
                                                        const RelayWish& wish,
                                                        const msrp::Uri& own,
                                                        const std::string& token,
                                                        Deadline deadline) {
    RelayAccess access;
    const auto& first = wish.relays.front();
    auto connected = MsrpStream::connect({ue.place().address.ip, 0}, first.address);
    if (!connected) return failure(connected.error());
    access.stream = std::move(*connected);
    if (auto done = access.stream->secure_by_name(first.host, first.authority_file, deadline);
        !done)
        return failure(done.error());
    Exchange exchange{ue, wish, own, token, deadline, *access.stream};
    for (const auto& relay : wish.relays) {
        const auto uri = uri_of(relay);
        const auto to_path = access.path.empty() ? uri : msrp::write_path(access.path) + " " + uri;
        auto answer = exchange.ask(to_path, {});
        if (answer && answer->status == 401)
            answer = exchange.ask(to_path, exchange.authorization(*answer, uri));
        if (!answer) return failure(relay.name + " does not answer AUTH");
        access.status = answer->status == 200 ? 0 : answer->status;
        if (access.status != 0) return access;
        auto path = msrp::parse_path(answer->get("Use-Path").value_or(""));
        if (!path) return failure(relay.name + " gives no Use-Path");
        access.path = std::move(*path);
    }
    return access;
}

}  // namespace imslab::lab
