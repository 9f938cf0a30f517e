// A phone's connection of MSRP, message by message, with TLS or without.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"
#include "msrp/fingerprint.h"
#include "msrp/reader.h"

struct ssl_ctx_st;
struct ssl_st;

namespace imslab::lab {

// What a phone shows in TLS: nobody vouches for it but the hash in the phone's description
// (RFC 4975 §14.4).
class PhoneCertificate {
public:
    static Result<PhoneCertificate, std::string> make(const std::string& identity);
    msrp::Fingerprint fingerprint() const;
    ssl_ctx_st* context() const { return context_.get(); }

private:
    std::shared_ptr<ssl_ctx_st> context_;
};

class MsrpStream final : msrp::Sink {
public:
    struct Received {
        msrp::Head head;
        std::string body;
        msrp::Continuation end = msrp::Continuation::aborted;
    };

    explicit MsrpStream(Descriptor socket) : socket_(std::move(socket)) {}
    ~MsrpStream() override;
    // From there, by TCP.
    static Result<std::unique_ptr<MsrpStream>, std::string> connect(const Address& from,
                                                                    const Address& to);

    // TLS from now on, as the side that has connected or as the other one. A sentence if there is
    // none, or if its certificate is not one of those.
    Result<void, std::string> secure(const PhoneCertificate& own,
                                     bool connected,
                                     const std::vector<msrp::Fingerprint>& expected,
                                     Deadline deadline);
    // The same to a relay, whose certificate bears its name and is somebody's for whom the
    // authority vouches (RFC 4976 §9.2).
    Result<void, std::string> secure_by_name(const std::string& host,
                                             const std::string& authority_file,
                                             Deadline deadline);
    bool write(std::string_view octets, Deadline deadline);
    // nullopt: the connection has ended, or nothing came in time.
    std::optional<Received> read(Deadline deadline);

private:
    bool is_ready(short what, Deadline deadline) const;
    void begin_tls(ssl_ctx_st* context);
    // What OpenSSL has done of it, once it could; 0: nothing.
    template <class Act>
    std::size_t once_it_can(Deadline deadline, Act act);
    std::size_t put(std::string_view octets, Deadline deadline);
    std::size_t get(std::string& buffer, Deadline deadline);
    void on_head(msrp::Head head) override { current_ = Received{std::move(head), {}, {}}; }
    void on_body(std::string_view piece) override { current_.body += piece; }
    void on_end(msrp::Continuation continuation) override {
        current_.end = continuation;
        whole_.push_back(std::move(current_));
    }

    Descriptor socket_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_{nullptr, nullptr};
    msrp::Reader reader_;
    Received current_;
    std::vector<Received> whole_;
};

}  // namespace imslab::lab
