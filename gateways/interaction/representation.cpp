// RFC 9110 §12.5.1, §8.3.
#include "gateways/interaction/representation.h"

#include <chrono>
#include <cstdio>

#include "http/uri.h"

namespace imslab::interaction {

namespace {

constexpr std::string_view kJson = "application/json", kXml = "application/xml";

std::optional<Form> form_of(std::string_view media_type) {
    const auto type = http::media_type(media_type);
    if (type == kJson) return Form::json;
    if (type == kXml || type == "text/xml") return Form::xml;
    return std::nullopt;
}

std::string_view type_of(Form form) { return form == Form::json ? kJson : kXml; }

// "q=0" is not acceptable; between the others the order decides.
bool is_refused(std::string_view range) {
    const auto q = range.find("q=0");
    return q != std::string_view::npos && range.find_first_not_of("0.", q + 2) == range.npos;
}

std::optional<Form> form_in_query(std::string_view target) {
    const auto parts = http::target_of(target);
    if (!parts) return std::nullopt;
    constexpr std::string_view kParameter = "resFormat=";
    const auto at = parts->query.find(kParameter);
    if (at == std::string_view::npos) return std::nullopt;
    const auto value = parts->query.substr(at + kParameter.size());
    if (http::equals_ignoring_case(value.substr(0, 3), "XML")) return Form::xml;
    if (http::equals_ignoring_case(value.substr(0, 4), "JSON")) return Form::json;
    return std::nullopt;
}

}  // namespace

std::optional<Form> form_wanted(const http::Request& request) {
    if (const auto form = form_in_query(request.target)) return form;
    const auto sent = form_of(request.fields.get("Content-Type").value_or(""));
    const auto accepted = request.fields.joined("Accept");
    if (http::trimmed(accepted).empty()) return sent.value_or(Form::json);
    for (const auto range : http::list_elements(accepted)) {
        if (is_refused(range)) continue;
        if (const auto form = form_of(range)) return form;
        const auto type = http::media_type(range);
        if (type == "*/*" || type == "application/*") return sent.value_or(Form::json);
    }
    return std::nullopt;
}

Result<Element, http::Response> body_of(const http::Request& request, Form answer_in) {
    const auto form = form_of(request.fields.get("Content-Type").value_or(""));
    if (!form) {
        auto refusal = respond(Fault::invalid_value("Content-Type"), answer_in);
        refusal.status = 415;
        refusal.fields.add("Accept", std::string(kJson) + ", " + std::string(kXml));
        return failure(std::move(refusal));
    }
    auto element = *form == Form::json ? from_json(request.body) : from_xml(request.body);
    if (!element) return failure(respond(Fault::invalid_value(element.error()), answer_in));
    return std::move(*element);
}

http::Response respond(int status, Form form, const Element& element, const Schema& schema) {
    auto response = http::Response::of(
        status,
        std::string(type_of(form)),
        form == Form::json ? to_json(element) : to_xml(element, schema.prefix, schema.name_space));
    response.fields.add("Cache-Control", "no-store");
    return response;
}

http::Response respond(const Fault& fault, Form form) {
    auto response = respond(fault.status, form, fault.to_element(), kCommonSchema);
    if (fault.retry_after_seconds)
        response.fields.add("Retry-After", std::to_string(*fault.retry_after_seconds));
    return response;
}

std::string date_time(Time time) {
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
    const auto days = std::chrono::floor<std::chrono::days>(since);
    const std::chrono::year_month_day date{std::chrono::sys_days(days)};
    const std::chrono::hh_mm_ss clock{since - days};
    char text[32];
    std::snprintf(text,
                  sizeof text,
                  "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

}  // namespace imslab::interaction
