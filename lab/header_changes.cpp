// Compares a message with what its sender received, field by field.
#include "lab/header_changes.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "lab/embedded.h"
#include "sip/params.h"

namespace imslab::lab {
namespace {

struct Origin {
    std::string header, role, change, clause, says;
};

const std::vector<Origin>& origins() {
    static const std::vector<Origin> list = [] {
        std::vector<Origin> read;
        for (const auto& item : YAML::Load(std::string(embedded::header_origins_yaml))) {
            read.push_back({item["header"].as<std::string>(),
                            item["role"].as<std::string>(),
                            item["change"].as<std::string>(),
                            item["clause"].as<std::string>(),
                            item["says"].as<std::string>()});
        }
        return read;
    }();
    return list;
}

std::string_view word_of(HeaderChange::Kind kind) {
    if (kind == HeaderChange::Kind::added) return "added";
    return kind == HeaderChange::Kind::removed ? "removed" : "changed";
}

struct FieldsOf {
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> values;
};

FieldsOf fields_of(const sip::Message& message) {
    FieldsOf fields;
    const auto add = [&](std::string name, std::string_view value) {
        auto& values = fields.values[name];
        if (values.empty()) fields.order.push_back(name);
        values.emplace_back(value);
    };
    if (message.is_request()) add("Request-URI", message.uri());
    for (const auto& field : message.fields()) {
        const auto known = sip::canonical_name(field.id);
        const std::string name(known.empty() ? message.name(field) : known);
        if (!sip::is_comma_list(field.id) || field.id == sip::HeaderId::other) {
            add(name, message.value(field));
        } else if (fields.values.find(name) == fields.values.end()) {
            for (const auto value : message.values(field.id)) add(name, value);
        }
    }
    if (!message.body().empty()) add("(body)", message.body());
    return fields;
}

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : "\n") + value;
    return text;
}

// Lists at whose head an element puts something on or takes something off: only that is told.
bool is_stack(const std::string& header) {
    return header == "Via" || header == "Route" || header == "Record-Route" || header == "Path" ||
           header == "Service-Route";
}

HeaderChange compare(const std::string& header,
                     const std::vector<std::string>& before,
                     const std::vector<std::string>& after) {
    if (is_stack(header) && !before.empty() && !after.empty()) {
        const auto ends_with = [](const std::vector<std::string>& all,
                                  const std::vector<std::string>& tail) {
            return all.size() > tail.size() && std::equal(tail.rbegin(), tail.rend(), all.rbegin());
        };
        if (ends_with(after, before)) {
            return {
                HeaderChange::Kind::added,
                header,
                {},
                joined({after.begin(), after.end() - static_cast<std::ptrdiff_t>(before.size())}),
                {},
                {}};
        }
        if (ends_with(before, after)) {
            return {
                HeaderChange::Kind::removed,
                header,
                joined({before.begin(), before.end() - static_cast<std::ptrdiff_t>(after.size())}),
                {},
                {},
                {}};
        }
        if (after.size() > before.size()) {
            return {HeaderChange::Kind::added, header, joined(before), joined(after), {}, {}};
        }
    }
    return {HeaderChange::Kind::changed, header, joined(before), joined(after), {}, {}};
}

}  // namespace

void explain(HeaderChange& change, const std::string& role) {
    for (const auto& origin : origins()) {
        if (!sip::equals_ignoring_case(origin.header, change.header) ||
            origin.change != word_of(change.kind))
            continue;
        if (origin.role != "any" && origin.role != role) continue;
        change.clause = origin.clause;
        change.says = origin.says;
        return;
    }
}

std::vector<HeaderChange> changes_of(const ObservedMessage& message,
                                     const Observation& observation) {
    const ObservedMessage* before = observation.hop_before(message);
    if (before == nullptr || !message.sip || !before->sip) return {};
    const FieldsOf old_fields = fields_of(*before->sip);
    const FieldsOf new_fields = fields_of(*message.sip);
    std::vector<HeaderChange> changes;
    for (const auto& header : new_fields.order) {
        const auto& after = new_fields.values.at(header);
        const auto old_values = old_fields.values.find(header);
        if (old_values == old_fields.values.end()) {
            changes.push_back({HeaderChange::Kind::added, header, {}, joined(after), {}, {}});
        } else if (old_values->second != after) {
            changes.push_back(compare(header, old_values->second, after));
        }
    }
    for (const auto& header : old_fields.order) {
        if (new_fields.values.count(header) != 0) continue;
        changes.push_back({HeaderChange::Kind::removed,
                           header,
                           joined(old_fields.values.at(header)),
                           {},
                           {},
                           {}});
    }
    for (auto& change : changes) explain(change, observation.network[message.from].kind);
    return changes;
}

}  // namespace imslab::lab
