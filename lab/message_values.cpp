// Finds what a check names in a SIP, Diameter or HTTP message.
#include "lab/message_values.h"

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "diameter/dictionary.h"
#include "lab/observation_msrp.h"
#include "sip/headers.h"

namespace imslab::lab {
namespace {

using sip::HeaderId;

bool is_credentials(HeaderId id) {
    return id == HeaderId::authorization || id == HeaderId::www_authenticate ||
           id == HeaderId::proxy_authorization || id == HeaderId::proxy_authenticate ||
           id == HeaderId::authentication_info;
}

// Header fields whose value is parameters from its first character on (RFC 7315 §5).
bool is_all_parameters(HeaderId id) {
    return id == HeaderId::p_charging_vector || id == HeaderId::p_charging_function_addresses;
}

bool is_sdp_line(std::string_view field) {
    return field.size() >= 2 && field[1] == '=' && field[0] >= 'a' && field[0] <= 'z';
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// `a=curr` names every line "a=curr:…" and gives what follows the colon; `m=audio` what follows the
// word.
std::vector<std::string> sdp_values(std::string_view prefix, std::string_view body) {
    std::vector<std::string> values;
    for (const auto line : lines_of(body)) {
        if (line.substr(0, prefix.size()) != prefix) continue;
        std::string_view rest = line.substr(prefix.size());
        if (prefix.size() > 2 && !rest.empty() && rest.front() != ':' && rest.front() != ' ')
            continue;
        if (!rest.empty() && (rest.front() == ':' || rest.front() == ' ')) rest.remove_prefix(1);
        values.emplace_back(rest);
    }
    return values;
}

// The XML in a body, also where it is one part of several.
std::vector<std::string> xpath_values(const std::string& path, std::string_view body) {
    const std::size_t start = body.find('<');
    if (start == std::string_view::npos) return {};
    std::string_view xml = body.substr(start);
    xml = xml.substr(0, xml.rfind('>') + 1);
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return {};
    std::vector<std::string> values;
    try {
        const pugi::xpath_query query(path.c_str());
        if (query.return_type() != pugi::xpath_type_node_set) {
            values.push_back(query.evaluate_string(document));
            return values;
        }
        for (const auto& found : query.evaluate_node_set(document)) {
            values.emplace_back(found.attribute() ? found.attribute().value()
                                                  : found.node().text().get());
        }
    } catch (const pugi::xpath_exception&) {
        return {};
    }
    return values;
}

std::vector<std::string_view> header_values(const sip::Message& message, std::string_view field) {
    const HeaderId id = sip::header_from(field);
    if (id != HeaderId::other && sip::is_comma_list(id)) return message.values(id);
    std::vector<std::string_view> values;
    for (const auto& one : message.fields()) {
        const bool same = id != HeaderId::other
                              ? one.id == id
                              : sip::equals_ignoring_case(message.name(one), field);
        if (same) values.push_back(message.value(one));
    }
    return values;
}

std::optional<std::string> address_parameter(std::string_view value, std::string_view name) {
    const auto address = sip::NameAddr::parse(value);
    if (!address || address->is_star) return std::nullopt;
    if (const auto own = address->params.get(name)) return sip::unquote(*own);
    if (sip::equals_ignoring_case(name, "uri")) return std::string(address->uri);
    const auto uri = sip::Uri::parse(address->uri);
    if (!uri) return std::nullopt;
    if (sip::equals_ignoring_case(name, "host")) return std::string(uri->host);
    if (sip::equals_ignoring_case(name, "user")) return std::string(uri->user);
    if (const auto in_uri = uri->params.get(name)) return sip::unquote(*in_uri);
    return std::nullopt;
}

std::optional<std::string> parameter_of(std::string_view field,
                                        std::string_view value,
                                        std::string_view name) {
    const HeaderId id = sip::header_from(field);
    if (is_credentials(id)) {
        const auto params = sip::AuthParams::parse(value);
        return params ? params->get(name) : std::nullopt;
    }
    if (id == HeaderId::cseq) {
        const auto cseq = sip::CSeq::parse(value);
        if (!cseq) return std::nullopt;
        if (sip::equals_ignoring_case(name, "number")) return std::to_string(cseq->number);
        if (sip::equals_ignoring_case(name, "method")) return std::string(cseq->method);
    }
    if (id == HeaderId::via) {
        const auto via = sip::Via::parse(value);
        if (!via) return std::nullopt;
        if (sip::equals_ignoring_case(name, "host")) return std::string(via->host);
        const auto own = via->params.get(name);
        return own ? std::optional(sip::unquote(*own)) : std::nullopt;
    }
    if (!is_all_parameters(id)) {
        if (auto found = address_parameter(value, name)) return found;
        const std::size_t semicolon = value.find(';');
        if (semicolon == std::string_view::npos) return std::nullopt;
        value.remove_prefix(semicolon + 1);
    }
    const auto own = sip::Params(value).get(name);
    return own ? std::optional(sip::unquote(*own)) : std::nullopt;
}

std::vector<std::string> sip_values(const Subject& subject, const ObservedMessage& observed) {
    const sip::Message& message = *observed.sip;
    const auto is = [&](std::string_view name) {
        return sip::equals_ignoring_case(subject.field, name);
    };
    if (is("Request-URI") && subject.parameter.empty()) {
        return message.is_request() ? std::vector<std::string>{std::string(message.uri())}
                                    : std::vector<std::string>{};
    }
    if (is("Status-Code") || is("Status"))
        return message.is_request() ? std::vector<std::string>{}
                                    : std::vector{std::to_string(message.status())};
    if (is("Reason-Phrase"))
        return message.is_request() ? std::vector<std::string>{}
                                    : std::vector{std::string(message.reason())};
    if (is("Method")) return {std::string(message.method_text())};
    if (is("Transport")) return {std::string(to_string(observed.transport))};
    if (is("body") && subject.parameter == "length") {
        // As it came, whatever Content-Length says.
        const std::size_t end = observed.bytes.find("\r\n\r\n");
        return {std::to_string(end == std::string::npos ? 0 : observed.bytes.size() - end - 4)};
    }
    if (is("body")) {
        if (message.body().empty()) return {};
        return {std::string(message.body())};
    }
    if (is_sdp_line(subject.field)) return sdp_values(subject.field, message.body());
    if (!subject.field.empty() && subject.field[0] == '/')
        return xpath_values(subject.field, message.body());
    std::vector<std::string_view> values = header_values(message, subject.field);
    if (is("Request-URI") && message.is_request()) values = {message.uri()};
    std::vector<std::string> result;
    for (const auto value : values) {
        if (subject.parameter.empty()) {
            result.emplace_back(value);
        } else if (auto parameter = parameter_of(subject.field, value, subject.parameter)) {
            result.push_back(std::move(*parameter));
        }
    }
    return result;
}

std::vector<std::string> msrp_values(const Subject& subject, const ObservedMessage& observed) {
    const msrp::Head& head = *observed.msrp;
    const auto is = [&](std::string_view name) {
        return sip::equals_ignoring_case(subject.field, name);
    };
    const auto only = [](bool there, std::string value) {
        return there ? std::vector{std::move(value)} : std::vector<std::string>{};
    };
    if (is("To-Path")) return {head.to_path};
    if (is("From-Path")) return {head.from_path};
    if (is("Message-ID")) return only(!head.message_id.empty(), head.message_id);
    if (is("Byte-Range"))
        return only(head.range.has_value(), head.range ? head.range->to_string() : std::string());
    if (is("Success-Report")) return only(head.success_report, "yes");
    if (is("Status")) return only(!head.report_status.empty(), head.report_status);
    if (is("Status-Code")) return only(!head.is_request(), std::to_string(head.status));
    if (is("Reason-Phrase")) return only(!head.is_request(), head.comment);
    if (is("Method")) return {observed.method};
    if (is("Transport")) return {std::string(to_string(observed.transport))};
    const auto body = std::string(head.has_body ? body_of_msrp(observed.bytes) : "");
    if (is("body") && subject.parameter == "length") return {std::to_string(body.size())};
    if (is("body")) return only(!body.empty(), body);
    if (is("flag")) {
        const auto end = observed.bytes.rfind("\r\n");
        return only(end != std::string::npos && end > 0, observed.bytes.substr(end - 1, 1));
    }
    const auto value = head.get(subject.field);
    return only(value.has_value(), std::string(value.value_or("")));
}

std::vector<std::string> http_values(const Subject& subject, const ObservedMessage& observed) {
    const http::Message& message = *observed.http;
    const auto is = [&](std::string_view name) {
        return sip::equals_ignoring_case(subject.field, name);
    };
    const auto only = [](bool there, std::string value) {
        return there ? std::vector{std::move(value)} : std::vector<std::string>{};
    };
    if (is("Request-URI")) return only(message.is_request, message.target);
    if (is("Status-Code") || is("Status"))
        return only(!message.is_request, std::to_string(message.status));
    if (is("Reason-Phrase")) return only(!message.is_request, message.reason);
    if (is("Method")) return {observed.method};
    if (is("Transport")) return {std::string(to_string(observed.transport))};
    if (is("body") && subject.parameter == "length") return {std::to_string(message.body.size())};
    if (is("body")) return only(!message.body.empty(), message.body);
    if (!subject.field.empty() && subject.field[0] == '/')
        return xpath_values(subject.field, message.body);
    std::vector<std::string> values;
    for (const auto value : message.fields.all(subject.field)) {
        if (subject.parameter.empty()) {
            values.emplace_back(value);
        } else if (auto parameter = parameter_of(subject.field, value, subject.parameter)) {
            values.push_back(std::move(*parameter));
        }
    }
    return values;
}

std::string avp_name(const diameter::Avp& avp) {
    const auto* definition = diameter::find_avp(avp.code, avp.vendor);
    return definition == nullptr ? std::string() : std::string(definition->name);
}

void find_avps(const std::vector<diameter::Avp>& avps,
               std::string_view name,
               std::vector<const diameter::Avp*>& into) {
    for (const auto& avp : avps) {
        if (sip::equals_ignoring_case(avp_name(avp), name)) into.push_back(&avp);
        find_avps(avp.group, name, into);
    }
}

std::vector<std::string> diameter_values(const Subject& subject, const ObservedMessage& observed) {
    const diameter::Message& message = *observed.diameter;
    std::vector<const diameter::Avp*> found;
    if (!subject.field.empty() && subject.field[0] == '/') {
        // On Cx, on Sh, or on Zh and Zn.
        const auto* user_data = message.find(606, diameter::kVendor3gpp);
        if (user_data == nullptr) user_data = message.find(702, diameter::kVendor3gpp);
        if (user_data == nullptr) user_data = message.find(400, diameter::kVendor3gpp);
        return user_data == nullptr ? std::vector<std::string>{}
                                    : xpath_values(subject.field, user_data->data);
    }
    if (sip::equals_ignoring_case(subject.field, "Command")) return {observed.label};
    if (sip::equals_ignoring_case(subject.field, "Application"))
        return {std::to_string(message.application)};
    if (sip::equals_ignoring_case(subject.field, "Error-Bit")) return {message.error ? "1" : "0"};
    find_avps(message.avps, subject.field, found);
    std::vector<std::string> values;
    for (const auto* avp : found) {
        if (subject.parameter.empty()) {
            values.push_back(diameter::value_text(*avp));
        } else if (sip::equals_ignoring_case(subject.parameter, "length")) {
            values.push_back(std::to_string(avp->data.size()));
        } else {
            std::vector<const diameter::Avp*> members;
            find_avps(avp->group, subject.parameter, members);
            for (const auto* member : members) values.push_back(diameter::value_text(*member));
        }
    }
    return values;
}

}  // namespace

std::vector<std::string> values_of(const Subject& subject, const ObservedMessage& message) {
    std::vector<std::string> values;
    if (message.sip) values = sip_values(subject, message);
    if (message.diameter) values = diameter_values(subject, message);
    if (message.msrp) values = msrp_values(subject, message);
    if (message.http) values = http_values(subject, message);
    switch (subject.pick) {
        case Subject::Pick::any:
            return values;
        case Subject::Pick::count:
            return {std::to_string(values.size())};
        case Subject::Pick::first:
            return values.empty() ? values : std::vector{values.front()};
        case Subject::Pick::last:
            return values.empty() ? values : std::vector{values.back()};
    }
    return values;
}

bool carries(const Subject& subject, const std::string& name, const ObservedMessage& message) {
    Subject parameter = subject;
    parameter.parameter = name;
    parameter.pick = subject.pick == Subject::Pick::count ? Subject::Pick::any : subject.pick;
    if (!values_of(parameter, message).empty()) return true;
    const auto values = values_of(subject, message);
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
        if (sip::equals_ignoring_case(value, name)) return true;
        const std::string_view head =
            std::string_view(value).substr(0, std::min(value.find(';'), value.size()));
        return sip::equals_ignoring_case(sip::trim(head), name);
    });
}

}  // namespace imslab::lab
