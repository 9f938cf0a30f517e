// RFC 3903 §6: PUBLISH, step by step; the entity-tag decides whether it makes, renews, changes or
// removes.
#include <algorithm>

#include "as/presence/pidf_diff.h"
#include "as/presence/presence_enabler.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

// The user publishes his own state, and nobody else's.
bool is_own(const as::ServiceRequest& request, const std::string& presentity, bool believes_from) {
    const auto& message = request.message;
    const auto is_he = [&](std::optional<std::string_view> value) {
        const auto uri = sip::uri_of(value);
        return uri && sip::canonical_identity(*uri) == presentity;
    };
    for (const auto value : message.values(HeaderId::p_asserted_identity)) {
        if (is_he(value)) return true;
    }
    return believes_from && request.trusted && !message.has(HeaderId::p_asserted_identity) &&
           is_he(message.first_value(HeaderId::from));
}

std::string_view media_type(const sip::Message& message) {
    const auto value = message.get(HeaderId::content_type).value_or("");
    return sip::trim(value.substr(0, value.find(';')));
}

}  // namespace

void PresenceEnabler::on_publish(sip::ServerId id,
                                 const as::ServiceRequest& service_request,
                                 const std::string& presentity) {
    const auto& request = service_request.message;
    if (!is_own(service_request, presentity, settings_.believes_from))
        return respond(id, sip::Message::response_to(request, 403));
    // step 3
    const auto conditions = request.values(HeaderId::sip_if_match);
    if (conditions.size() > 1)
        return respond(id, sip::Message::response_to(request, 400, "Several entity-tags"));
    Publication* known = nullptr;
    if (!conditions.empty()) {
        known = publications_.find(presentity, conditions.front());
        if (known == nullptr) return respond(id, sip::Message::response_to(request, 412));
    }
    // step 4
    const auto seconds = granted_publication(id, request);
    if (!seconds) return;
    // step 5
    std::optional<PresenceDocument> document;
    if (!request.body().empty()) {
        auto read = published_document(
            request, presentity, known == nullptr ? nullptr : &known->document);
        if (!read) return respond(id, std::move(read.error()));
        document = *std::move(read);
    } else if (known == nullptr) {
        return respond(id, sip::Message::response_to(request, 400, "Nothing is published"));
    }
    auto etag = publications_.next_etag(services_.entropy().token(6));
    const auto expires = services_.now() + std::chrono::seconds(*seconds);
    if (known == nullptr && *seconds != 0) {
        if (!publications_.has_room_for(presentity)) {
            auto refusal = sip::Message::response_to(request, 503, "Too Many Publications");
            refusal.append(HeaderId::retry_after, "60");
            return respond(id, std::move(refusal));
        }
        publications_.add(presentity, {etag, *std::move(document), expires});
    } else if (known != nullptr && *seconds == 0) {
        publications_.remove(presentity, known->etag);
    } else if (known != nullptr) {
        publications_.renew(presentity, *known, etag, expires);
        if (document) {
            known->document = *std::move(document);
            known->order = publications_.next_order();
        }
    }
    ++published_;
    published(id, request, etag, *seconds);
    const bool refreshed = known != nullptr && *seconds != 0 && request.body().empty();
    if (!refreshed) changed(presentity);
}

std::optional<std::uint32_t> PresenceEnabler::granted_publication(sip::ServerId id,
                                                                  const sip::Message& request) {
    const auto wanted = sip::expires(request).value_or(settings_.default_publish);
    if (wanted != 0 && wanted < settings_.min_publish) {
        auto refusal = sip::Message::response_to(request, 423);
        refusal.append(HeaderId::min_expires, std::to_string(settings_.min_publish));
        respond(id, std::move(refusal));
        return std::nullopt;
    }
    return std::min(wanted, settings_.max_publish);
}

// The document, or the answer to one that cannot be taken. What was published before stays.
Result<PresenceDocument, sip::Message> PresenceEnabler::published_document(
    const sip::Message& request,
    const std::string& presentity,
    const PresenceDocument* before) const {
    const auto type = media_type(request);
    const bool partial = sip::equals_ignoring_case(type, kPidfDiffType);
    if ((!partial && !sip::equals_ignoring_case(type, kPidfType)) ||
        request.has(HeaderId::content_encoding)) {
        auto refusal = sip::Message::response_to(request, 415);
        // RFC 5264 §4.1
        refusal.append(HeaderId::accept, kPidfTypes);
        return failure(std::move(refusal));
    }
    if (request.body().size() > settings_.xml.octets)
        return failure(sip::Message::response_to(request, 413));
    auto document = partial ? read_pidf_diff(request.body(), before, settings_.xml)
                            : read_presence(request.body(), settings_.xml);
    if (!document)
        return failure(sip::Message::response_to(request, 400, "Presence document: " + document.error()));
    document->entity = presentity;
    // patch by patch it may have grown beyond what could have been published at once
    if (partial && document->text().size() > settings_.xml.octets)
        return failure(sip::Message::response_to(request, 413));
    return *std::move(document);
}

void PresenceEnabler::published(sip::ServerId id,
                                const sip::Message& request,
                                const std::string& etag,
                                std::uint32_t seconds) {
    auto response = sip::Message::response_to(request, 200);
    sip::set_to_tag(response, services_.entropy().token(8));
    response.append(HeaderId::expires, std::to_string(seconds));
    response.append(HeaderId::sip_etag, etag);
    services_.proxy().respond(id, std::move(response));
}

}  // namespace imslab::presence
