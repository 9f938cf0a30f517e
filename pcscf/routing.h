// The P-CSCF's own URIs and the route set (TS 24.229 §5.2.6.3, §5.2.6.4, RFC 3261 §16.4, §16.7 step
// 8). One Record-Route entry stands for both sides: towards the core it names the host, towards a
// UE the address on Gm.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "pcscf/dialogs.h"
#include "pcscf/pcscf.h"
#include "sip/message.h"

namespace imslab::pcscf {

// Flow Failed (RFC 5626 §11.5): the connection that a UE registered on is gone. The S-CSCF's to know;
// no UE ever sees it.
inline constexpr int kFlowFailed = 430;

enum class Side : std::uint8_t { gm, mw };

class OwnUris {
public:
    explicit OwnUris(const Config& config);

    // "<sip:term@pcscf…;lr>"
    const std::string& path() const { return path_; }
    // The Record-Route entry for that end of the dialog as one side sees it. Towards a UE on a
    // stream, with the transport and its port.
    std::string record_route(Leg leg, Side towards, Transport transport = Transport::udp) const;
    // "pcscf.example" or "pcscf.example:5070": the sent-by of a Via and the host of a URI.
    const std::string& host_port(Side side) const { return side == Side::gm ? gm_ : mw_; }
    bool is_own(std::string_view uri) const;
    // Where a UE reaches us by that transport.
    Address gm_address(Transport transport) const;

private:
    bool is_gm_port(std::uint16_t port) const;

    std::string host_;
    Address gm_address_, mw_address_;
    std::map<Transport, std::uint16_t> gm_ports_;
    std::string gm_, mw_;
    std::string path_;
};

// Takes the P-CSCF's own entry off the top of the Route; RFC 3261 §16.4 for a strict router
// before us.
void leave_own_route(sip::Message& request, const OwnUris& own);
// The URIs of a Route, Record-Route, Service-Route, in order.
std::vector<std::string> uris_of(const sip::Message& message, sip::HeaderId id);
// URI by URI (RFC 3261 §19.1.4), not text by text.
bool same_uris(const std::vector<std::string>& a, const std::vector<std::string>& b);
void set_route(sip::Message& request, const std::vector<std::string>& uris);
// Rewrites the own entry of a response's Record-Route for the side it goes to.
void rewrite_own_record_route(sip::Message& response, const OwnUris& own, const std::string& entry);

// Where a UE takes a request for `uri`, a contact of its own: its stream as long as that stands;
// else its contact's address; behind a NAT where its REGISTER came from.
Flow flow_towards(const Flow& known, std::string_view uri);

}  // namespace imslab::pcscf
