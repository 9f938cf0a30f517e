// A relay of MSRP (RFC 4976): clients ask it with AUTH for URIs, and what is sent to one of them
// goes on by way of it. It is no end of any session: it answers each hop, changes paths and
// transactions, may interrupt what it passes on, and says by REPORT what did not arrive.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/relay_authorization.h"
#include "msrp/fingerprint.h"
#include "msrp/reader.h"

namespace imslab::messaging {

class MsrpRelay final : public as::Enabler {
public:
    MsrpRelay(as::Services& services, std::string name, RelaySettings settings);
    ~MsrpRelay() override;

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    void on_stream(Event& event) override;
    void on_time(Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    struct Link;
    struct Passage;
    using LinkId = std::uint64_t;
    // What was passed on and is not answered: who hears of it.
    struct Sent {
        LinkId to = 0, from = 0;
        msrp::Head request;  // as it came, of which these octets
        std::uint64_t start = 1, end = 0;
        Time until{};
    };
    // Where a request goes; an answer instead if it goes nowhere.
    struct Way {
        Link* next = nullptr;
        int status = 0;
        std::string comment;
        bool drops_connection = false;
    };

    // ---- links (msrp_relay.cpp)
    Link* link_of(const Flow& flow);
    Link* link_to(const msrp::Uri& uri);
    void opened(const Flow& flow);
    Task<void> identify(Flow flow, LinkId id);
    void identified(LinkId id, msrp::PeerCertificate shown);
    void lose(LinkId id, const std::string& why);
    void read(Link& link, std::string bytes);
    void write(Link& link, std::string bytes);
    void hold(Link& link, LinkId until);
    void resume(LinkId waited_for);
    void close(Link& link);
    bool is_ours(const msrp::Uri& uri) const;

    // ---- requests and answers (relay_forwarding.cpp)
    void on_head(Link& link, msrp::Head head);
    void on_body(Link& link, std::string_view piece);
    void on_end(Link& link, msrp::Continuation continuation);
    Way way_of(Link& link, const std::vector<msrp::Uri>& to);
    void forward_small(Link& link, const msrp::Head& request, Link& next);
    void on_answer(Link& link, msrp::Head head);
    void take_floor(Link& from);
    void interrupt(Link& from);
    void write_small(Link& link, std::string bytes);
    void answer(Link& link, const msrp::Head& request, int status, std::string_view why = {});
    void await_answer(const Passage& passage);
    void report_failure(const Sent& sent, int status);
    Task<void> authorize(LinkId id, std::shared_ptr<const msrp::Head> request);
    void grant(Link& link, const msrp::Head& request, RelayAuthorization::Decision& decision);

    RelaySettings settings_;
    RelayAuthorization authorization_;
    LinkId last_link_ = 0;
    std::map<LinkId, std::unique_ptr<Link>> links_;
    std::map<std::uint64_t, LinkId> by_connection_;
    std::map<std::string, Grant> grants_;  // by session id
    std::set<std::pair<Time, std::string>> grants_by_end_;
    std::map<std::string, Sent> sent_;  // by our transaction
    std::set<std::pair<Time, std::string>> sent_by_end_;
    std::set<std::pair<Time, LinkId>> probation_;
    std::uint64_t messages_ = 0, octets_ = 0, refused_ = 0, failed_ = 0;
};

}  // namespace imslab::messaging
