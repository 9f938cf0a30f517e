// Any octets as a SIP URI, an XMPP address, an error's text: refused, or what comes of it is an
// address there that leads back to where it came from.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/invariant.h"
#include "gateways/interconnection/addresses.h"
#include "gateways/interconnection/error_mapping.h"
#include "sip/uri.h"
#include "xmpp/characters.h"

using namespace imslab;
using namespace imslab::interconnection;

namespace {

void there_and_back(const xmpp::Jid& jid) {
    IMSLAB_INVARIANT(xmpp::Jid::parse(jid.to_string()).value() == jid);
    IMSLAB_INVARIANT(jid_of_xmpp_uri(xmpp_uri_of(jid)).value() == jid);
    const auto uri = uri_of(jid);
    if (!uri) return;
    IMSLAB_INVARIANT(sip::Uri::parse(*uri).has_value());
    const auto back = jid_of(*uri);
    // A space at an end is an escape that no localpart may have, but that a stranger may send.
    if (back) IMSLAB_INVARIANT(uri_of(*back).value() == *uri);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    if (const auto jid = xmpp::Jid::parse(octets)) there_and_back(*jid);
    if (const auto jid = jid_of(octets)) there_and_back(*jid);
    if (const auto jid = jid_of_xmpp_uri(octets)) there_and_back(*jid);
    auto error = xmpp::StanzaError::of(xmpp::Condition::gone, std::string(octets));
    error.new_address = octets;
    const auto refusal = sip_refusal(error, true);
    IMSLAB_INVARIANT(refusal.reason.find_first_of("\r\n") == std::string::npos);
    IMSLAB_INVARIANT(refusal.contact.empty() || sip::Uri::parse(refusal.contact));
    const auto back = stanza_error({301, std::string(octets), std::string(octets)});
    IMSLAB_INVARIANT(xmpp::is_xml_text(back.text) && xmpp::is_xml_text(back.new_address));
    return 0;
}
