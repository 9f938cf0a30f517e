// ifc_evaluation_us: what a message costs at a profile of 20 criteria that it does not meet, so
// that all of them are looked at: method, session case, Request-URI, header and SDP by regular
// expression, in both normal forms.
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "scscf/filter_criteria.h"

namespace {

using namespace imslab;

cx::ServicePointTrigger trigger(std::uint32_t group, auto condition) {
    cx::ServicePointTrigger made;
    made.groups = {group};
    made.condition = std::move(condition);
    return made;
}

std::vector<cx::InitialFilterCriteria> profile_of_twenty() {
    std::vector<cx::InitialFilterCriteria> all;
    for (std::uint32_t i = 0; i < 20; ++i) {
        cx::InitialFilterCriteria criteria;
        criteria.priority = i;
        criteria.application_server.server_name = "sip:as" + std::to_string(i) + ".example";
        auto& point = criteria.trigger_point.emplace();
        point.conjunctive_normal_form = i % 2 == 0;
        const auto number = std::to_string(i);
        auto& triggers = point.triggers;
        triggers.push_back(trigger(0, cx::MethodTrigger{i % 4 == 3 ? "MESSAGE" : "INVITE"}));
        triggers.push_back(
            trigger(0, cx::SessionCaseTrigger{cx::SessionCase::originating_registered}));
        triggers.push_back(
            trigger(1, cx::SipHeaderTrigger{"Accept-Contact", "icsi[.]mmtel" + number + "$"}));
        triggers.push_back(
            trigger(point.conjunctive_normal_form ? 1 : 0,
                    cx::SessionDescriptionTrigger{"m", "^(video|message) " + number}));
        triggers.push_back(
            trigger(point.conjunctive_normal_form ? 2 : 1,
                    cx::RequestUriTrigger{"^(sip|tel):[+]?[0-9]{3,}" + number + "@"}));
        all.push_back(std::move(criteria));
    }
    return all;
}

sip::Message invite() {
    auto request = sip::Message::request("INVITE", "sip:bob@ims.mnc001.mcc001.3gppnetwork.org");
    request.append("Via", "SIP/2.0/UDP 127.1.1.2:5060;branch=z9hG4bK0123456789abcdef");
    request.append("Route", "<sip:orig@scscf.ims.mnc001.mcc001.3gppnetwork.org;lr>");
    request.append("From", "<sip:alice@ims.mnc001.mcc001.3gppnetwork.org>;tag=0123456789");
    request.append("To", "<sip:bob@ims.mnc001.mcc001.3gppnetwork.org>");
    request.append("Call-ID", "0123456789abcdef");
    request.append("CSeq", "1 INVITE");
    request.append("P-Asserted-Identity", "<sip:alice@ims.mnc001.mcc001.3gppnetwork.org>");
    request.append("Accept-Contact",
                   "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel\"");
    request.append("Contact", "<sip:alice@127.1.100.1:5060>");
    request.set_body("application/sdp",
                     "v=0\r\no=- 1 1 IN IP4 127.1.100.1\r\ns=-\r\nc=IN IP4 127.1.100.1\r\nt=0 0\r\n"
                     "m=audio 49170 RTP/AVP 104 110 102 96\r\na=rtpmap:104 AMR-WB/16000/1\r\n"
                     "a=fmtp:104 mode-change-capability=2;max-red=0\r\na=ptime:20\r\n"
                     "a=curr:qos local none\r\na=des:qos mandatory local sendrecv\r\n");
    return request;
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main() {
    const scscf::FilterCriteria criteria(profile_of_twenty(), {}, {});
    const auto request = invite();
    constexpr int kRounds = 200'000;
    std::size_t met = 0;
    const auto round = [&] {
        const scscf::TriggerSubject subject(request, cx::SessionCase::originating_registered);
        met += criteria.next(subject) ? 1 : 0;
    };
    for (int i = 0; i < 1000; ++i) round();
    const double begin = cpu_seconds();
    for (int i = 0; i < kRounds; ++i) round();
    const double each = (cpu_seconds() - begin) / kRounds * 1e6;
    if (met != 0) {
        std::fprintf(stderr, "a criterion was met that should not be\n");
        return 1;
    }
    std::printf(
        "{\"id\":\"ifc_evaluation_us\",\"value\":%.2f,\"unit\":\"us\",\"target\":5,\"peer\":null}"
        "\n",
        each);
    return 0;
}
