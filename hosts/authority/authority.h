// A certificate authority for one run: it is made, it signs, and nothing of it outlives the folder
// of the run. No key of it is ever in the tree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/result.h"

namespace imslab::host {

// Whose certificate it is (RFC 5922 §6): the SIP domains it serves, the host it is, where it is.
struct CertificateNames {
    std::vector<std::string> domains;  // as sip: URIs
    std::vector<std::string> hosts;    // the first is the common name too
    std::vector<IpAddress> addresses;
};

// A certificate that nobody vouches for, and its key, in PEM.
struct SelfSigned {
    std::string certificate, key;
};
// With that URI as its subject's other name (RFC 4975 §14.4).
Result<SelfSigned, std::string> self_signed(const std::string& uri);

// The names of hosts in a certificate (in DER), if it leads to one of those in that file; else
// none.
std::vector<std::string> names_vouched_for(const std::string& certificate,
                                           const std::string& authority_file);

class Authority {
public:
    static Result<Authority, std::string> create(const std::string& name);
    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;
    ~Authority();

    // What those who trust it need, in PEM. One sentence if a file cannot be written.
    Result<void, std::string> write(const std::string& certificate_file) const;
    // A new key of its own, readable by the owner alone, and a certificate for it.
    Result<void, std::string> issue(const CertificateNames& names,
                                    const std::string& certificate_file,
                                    const std::string& key_file) const;

private:
    struct Impl;
    explicit Authority(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::host
