// RFC 8866 §5.2, RFC 3264 §8.
#include "as/own_origin.h"

#include "sip/sdp.h"

namespace imslab::as {

// What a leg was told is numbered anew only if it differs.
std::string OwnOrigin::line(std::string_view rest) {
    if (version_ == 0 || rest != told_) ++version_;
    told_ = rest;
    return "- " + std::to_string(session_) + " " + std::to_string(version_) +
           (ip_.find(':') == std::string::npos ? " IN IP4 " : " IN IP6 ") + ip_;
}

std::string OwnOrigin::of(std::string_view sdp) {
    auto parsed = sip::Sdp::parse(sdp);
    if (!parsed) return std::string(sdp);
    sip::SdpLine* origin = nullptr;
    for (auto& one : parsed->lines) {
        if (one.type == 'o') origin = &one;
    }
    if (origin == nullptr) return std::string(sdp);
    origin->value.clear();
    origin->value = line(parsed->to_string());
    return parsed->to_string();
}

std::string OwnOrigin::refusing(std::string_view offer) {
    auto parsed = sip::Sdp::parse(offer);
    if (!parsed) return of(kNoMedia);
    for (auto& media : parsed->media) media.port = 0;
    return of(parsed->to_string());
}

}  // namespace imslab::as
