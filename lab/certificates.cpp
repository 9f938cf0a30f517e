// RFC 5922 §6: a certificate names the SIP domain that the node serves, and its host; the address is
// for clients that go by it.
#include "lab/certificates.h"

#include <algorithm>
#include <filesystem>

#include "hosts/authority/authority.h"

namespace imslab::lab {

Result<void, std::string> make_certificates(const Topology& topology, const NodeOptions& options) {
    const bool needed = std::any_of(topology.nodes.begin(), topology.nodes.end(), [](const auto& node) {
        return !node.external && node.has_certificate();
    });
    std::error_code ignored;
    if (!needed || std::filesystem::exists(authority_of(options.folder), ignored)) return {};
    const auto authority = host::Authority::create("imslab, the authority of one run");
    if (!authority) return failure(authority.error());
    for (const auto& node : topology.nodes) {
        if (node.external || !node.has_certificate()) continue;
        host::CertificateNames names;
        names.domains.push_back(node.home);
        names.hosts.push_back(node.host);
        for (const auto& [point, address] : node.addresses) {
            if (node.transports.contains(point)) names.addresses.push_back(address.ip);
        }
        const auto issued =
            authority->issue(names, certificate_of(node, options), key_of(node, options));
        if (!issued) return issued;
    }
    return authority->write(authority_of(options.folder));
}

}  // namespace imslab::lab
