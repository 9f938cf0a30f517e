// TS 29.228 Annex F: how service point triggers are read.
#include "scscf/trigger_point.h"

#include <algorithm>
#include <map>

#include "sip/headers.h"

namespace imslab::scscf {

namespace {

// The part of a body that is a session description: all of it, or one part of a multipart.
std::string_view sdp_in(const sip::Message& request) {
    const auto type = request.get(sip::HeaderId::content_type);
    if (!type) return {};
    const auto media = sip::trim(type->substr(0, type->find(';')));
    if (sip::equals_ignoring_case(media, "application/sdp")) return request.body();
    if (media.size() < 10 || !sip::equals_ignoring_case(media.substr(0, 10), "multipart/"))
        return {};
    const auto boundary =
        sip::Params(type->substr(std::min(type->find(';'), type->size() - 1) + 1)).get("boundary");
    if (!boundary) return {};
    const std::string delimiter = "--" + sip::unquote(*boundary);
    auto rest = request.body();
    for (auto at = rest.find(delimiter); at != std::string_view::npos; at = rest.find(delimiter)) {
        rest.remove_prefix(at + delimiter.size());
        const auto part = rest.substr(0, rest.find(delimiter));
        const auto head = part.find("\r\n\r\n");
        if (head == std::string_view::npos) continue;
        if (part.substr(0, head).find("application/sdp") != std::string_view::npos)
            return part.substr(head + 4);
    }
    return {};
}

// What is cheap to look at is looked at first; the result does not depend on it.
int cost(const cx::ServicePointTrigger& trigger) {
    if (std::holds_alternative<cx::SessionCaseTrigger>(trigger.condition)) return 0;
    if (std::holds_alternative<cx::MethodTrigger>(trigger.condition)) return 0;
    if (std::holds_alternative<cx::RequestUriTrigger>(trigger.condition)) return 1;
    return std::holds_alternative<cx::SipHeaderTrigger>(trigger.condition) ? 2 : 3;
}

Result<std::optional<RegularExpression>, std::string> compile_if_there(
    const std::optional<std::string>& pattern) {
    if (!pattern) return std::optional<RegularExpression>();
    auto compiled = RegularExpression::compile(*pattern);
    if (!compiled) return failure(std::move(compiled.error()));
    return std::optional(*std::move(compiled));
}

bool is_token(std::string_view text) {
    return text.find_first_of("[]\\()*+?{}|^$.") == std::string_view::npos;
}

}  // namespace

const std::vector<TriggerSubject::Line>& TriggerSubject::session_description() const {
    if (lines_) return *lines_;
    lines_.emplace();
    auto rest = sdp_in(request_);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (const auto equals = line.find('='); equals != std::string_view::npos)
            lines_->push_back({line.substr(0, equals), line.substr(equals + 1)});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return *lines_;
}

Result<CompiledTriggerPoint::Condition, std::string> CompiledTriggerPoint::compile(
    const cx::ServicePointTrigger& trigger) {
    Condition condition;
    condition.negated = trigger.negated;
    if (const auto* uri = std::get_if<cx::RequestUriTrigger>(&trigger.condition)) {
        auto pattern = RegularExpression::compile(uri->pattern);
        if (!pattern) return failure("RequestURI \"" + uri->pattern + "\": " + pattern.error());
        condition.what = RequestUri{*std::move(pattern)};
    } else if (const auto* method = std::get_if<cx::MethodTrigger>(&trigger.condition)) {
        condition.what =
            Method{sip::method_from(method->method), method->method, trigger.registration_types};
    } else if (const auto* header = std::get_if<cx::SipHeaderTrigger>(&trigger.condition)) {
        Header compiled;
        if (is_token(header->header)) {
            compiled.id = sip::header_from(header->header);
            compiled.name = header->header;
        } else {
            auto pattern = RegularExpression::compile("^(" + header->header + ")$", true);
            if (!pattern) return failure("Header \"" + header->header + "\": " + pattern.error());
            compiled.pattern = *std::move(pattern);
        }
        auto content = compile_if_there(header->content);
        if (!content) return failure("Content \"" + *header->content + "\": " + content.error());
        compiled.content = *std::move(content);
        condition.what = std::move(compiled);
    } else if (const auto* at = std::get_if<cx::SessionCaseTrigger>(&trigger.condition)) {
        condition.what = at->session_case;
    } else {
        const auto& description = std::get<cx::SessionDescriptionTrigger>(trigger.condition);
        auto line = RegularExpression::compile("^(" + description.line + ")$");
        if (!line) return failure("Line \"" + description.line + "\": " + line.error());
        auto content = compile_if_there(description.content);
        if (!content)
            return failure("Content \"" + *description.content + "\": " + content.error());
        condition.what = SessionDescription{*std::move(line), *std::move(content)};
    }
    return condition;
}

Result<CompiledTriggerPoint, std::string> CompiledTriggerPoint::compile(
    const cx::TriggerPoint& point) {
    CompiledTriggerPoint compiled;
    compiled.conjunctive_ = point.conjunctive_normal_form;
    std::vector<const cx::ServicePointTrigger*> triggers;
    for (const auto& trigger : point.triggers) triggers.push_back(&trigger);
    std::ranges::stable_sort(triggers, {}, [](const auto* trigger) { return cost(*trigger); });
    std::map<std::uint32_t, std::vector<std::uint32_t>> groups;
    for (const auto* trigger : triggers) {
        auto condition = compile(*trigger);
        if (!condition) return failure(std::move(condition.error()));
        for (const auto group : trigger->groups)
            groups[group].push_back(static_cast<std::uint32_t>(compiled.conditions_.size()));
        compiled.conditions_.push_back(*std::move(condition));
    }
    for (auto& [number, members] : groups) compiled.groups_.push_back(std::move(members));
    std::ranges::stable_sort(compiled.groups_);
    return compiled;
}

// TS 29.228 §B.2.2: in conjunctive form one of each group, in disjunctive form all of one group.
bool CompiledTriggerPoint::matches(const TriggerSubject& subject) const {
    const auto met = [&](std::uint32_t index) { return holds(conditions_[index], subject); };
    if (conjunctive_) {
        return std::ranges::all_of(
            groups_, [&](const auto& group) { return std::ranges::any_of(group, met); });
    }
    return std::ranges::any_of(groups_,
                               [&](const auto& group) { return std::ranges::all_of(group, met); });
}

bool CompiledTriggerPoint::holds(const Condition& condition, const TriggerSubject& subject) const {
    return std::visit([&](const auto& what) { return holds(what, subject); }, condition.what) !=
           condition.negated;
}

bool CompiledTriggerPoint::holds(const Method& method, const TriggerSubject& subject) {
    const auto& request = subject.request();
    if (request.method() != method.method) return false;
    if (method.method == sip::Method::other) return request.method_text() == method.text;
    if (method.registration_types.empty() || !subject.registration_type()) return true;
    return std::ranges::find(method.registration_types, *subject.registration_type()) !=
           method.registration_types.end();
}

bool CompiledTriggerPoint::holds(cx::SessionCase session_case, const TriggerSubject& subject) {
    return session_case == subject.session_case();
}

bool CompiledTriggerPoint::holds(const RequestUri& uri, const TriggerSubject& subject) {
    return uri.pattern.is_found_in(subject.request().uri());
}

bool CompiledTriggerPoint::holds(const Header& header, const TriggerSubject& subject) {
    const auto& request = subject.request();
    for (const auto& field : request.fields()) {
        bool named = false;
        if (header.pattern) {
            named = header.pattern->is_found_in(field.id == sip::HeaderId::other
                                                    ? request.name(field)
                                                    : sip::canonical_name(field.id));
        } else if (header.id != sip::HeaderId::other) {
            named = field.id == header.id;
        } else {
            named = field.id == sip::HeaderId::other &&
                    sip::equals_ignoring_case(request.name(field), header.name);
        }
        if (named && (!header.content || header.content->is_found_in(request.value(field))))
            return true;
    }
    return false;
}

bool CompiledTriggerPoint::holds(const SessionDescription& description,
                                 const TriggerSubject& subject) {
    return std::ranges::any_of(
        subject.session_description(), [&](const TriggerSubject::Line& line) {
            return description.line.is_found_in(line.type) &&
                   (!description.content || description.content->is_found_in(line.value));
        });
}

}  // namespace imslab::scscf
