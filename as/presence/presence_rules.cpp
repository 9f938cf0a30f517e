// RFC 4745 §7 (conditions) and §10 (combining), RFC 5025 §3.
#include "as/presence/presence_rules.h"

#include <algorithm>
#include <array>

#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::presence {

namespace {

std::string canonical(std::string_view uri) {
    return sip::canonical_identity(uri).value_or(std::string(uri));
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string domain_of(std::string_view identity) {
    const auto uri = sip::Uri::parse(identity);
    return uri && uri->is_sip() ? lower(uri->host) : std::string();
}

bool is_true(const pugi::xml_node& node) {
    const auto value = trimmed(node.text().get());
    return value == "true" || value == "1";
}

struct Attribute {
    const char* permission;
    const char* element;
};
constexpr std::array kAttributes{
    Attribute{"pr:provide-activities", "rpid:activities"},
    Attribute{"pr:provide-class", "rpid:class"},
    Attribute{"pr:provide-deviceID", "dm:deviceID"},
    Attribute{"pr:provide-mood", "rpid:mood"},
    Attribute{"pr:provide-place-is", "rpid:place-is"},
    Attribute{"pr:provide-place-type", "rpid:place-type"},
    Attribute{"pr:provide-privacy", "rpid:privacy"},
    Attribute{"pr:provide-relationship", "rpid:relationship"},
    Attribute{"pr:provide-status-icon", "rpid:status-icon"},
    Attribute{"pr:provide-sphere", "rpid:sphere"},
    Attribute{"pr:provide-time-offset", "rpid:time-offset"},
    Attribute{"pr:provide-note", "note"},
    Attribute{"opr:provide-willingness", "op:willingness"},
    Attribute{"opr:provide-network-availability", "op:network-availability"},
    Attribute{"opr:provide-session-participation", "op:session-participation"},
    Attribute{"opr:provide-registration-state", "op:registration-state"},
    Attribute{"opr:provide-barring-state", "op:barring-state"},
    Attribute{"opr:provide-geopriv", "gp:geopriv"},
};

Identities read_identities(const pugi::xml_node& node) {
    Identities identities;
    for (const auto& child : node.children()) {
        const std::string_view name = child.name();
        if (name == "cp:one") {
            identities.one.insert(canonical(child.attribute("id").value()));
        } else if (name == "cp:many") {
            Identities::Many many;
            if (const auto domain = child.attribute("domain")) many.domain = lower(domain.value());
            for (const auto& except : child.children("cp:except")) {
                if (const auto id = except.attribute("id")) many.except.insert(canonical(id.value()));
                if (const auto domain = except.attribute("domain"))
                    many.except_domains.insert(lower(domain.value()));
            }
            identities.many.push_back(std::move(many));
        }
    }
    return identities;
}

bool read_validity(const pugi::xml_node& node, Rule& rule) {
    auto& periods = rule.validity.emplace();
    std::optional<std::int64_t> from;
    for (const auto& child : node.children()) {
        const std::string_view name = child.name();
        if (name != "cp:from" && name != "cp:until") continue;
        const auto time = read_date_time(trimmed(child.text().get()));
        if (!time || (name == "cp:until") != from.has_value()) return false;
        if (name == "cp:from") {
            from = time;
        } else {
            periods.emplace_back(*from, *time);
            from.reset();
        }
    }
    return !from.has_value();
}

bool read_conditions(const pugi::xml_node& node, Rule& rule) {
    for (const auto& child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        const std::string_view name = child.name();
        if (name == "cp:identity") {
            rule.identities = read_identities(child);
        } else if (name == "cp:sphere") {
            auto& spheres = rule.spheres.emplace();
            auto value = std::string_view(child.attribute("value").value());
            while (!(value = trimmed(value)).empty()) {
                const auto end = std::min(value.find(' '), value.size());
                spheres.push_back(lower(value.substr(0, end)));
                value.remove_prefix(end);
            }
        } else if (name == "cp:validity") {
            if (!read_validity(child, rule)) return false;
        } else if (name == "ocp:external-list") {
            if (!rule.lists) rule.lists.emplace();
            for (const auto& entry : child.children("ocp:entry"))
                rule.lists->emplace_back(entry.attribute("anc").value());
        } else if (name == "ocp:other-identity") {
            rule.other_identity = true;
        } else if (name == "ocp:anonymous-request") {
            rule.anonymous_request = true;
        } else {
            rule.never = true;
        }
    }
    return true;
}

void read_provided(const pugi::xml_node& node, std::string_view all, Provided& provided) {
    for (const auto& child : node.children()) {
        const std::string_view name = child.name();
        if (name == all) {
            provided.all = true;
        } else if (const auto colon = name.find(':'); colon != name.npos) {
            provided.some.insert(std::string(name.substr(colon + 1)) + "=" +
                                 std::string(trimmed(child.text().get())));
        }
    }
}

void read_transformation(const pugi::xml_node& node, Permissions& permissions) {
    const std::string_view name = node.name();
    if (name == "pr:provide-devices") {
        read_provided(node, "pr:all-devices", permissions.devices);
    } else if (name == "pr:provide-persons") {
        read_provided(node, "pr:all-persons", permissions.persons);
    } else if (name == "pr:provide-services") {
        read_provided(node, "pr:all-services", permissions.services);
    } else if (name == "pr:provide-all-attributes") {
        permissions.all_attributes = true;
    } else if (name == "pr:provide-user-input") {
        const auto value = trimmed(node.text().get());
        permissions.user_input = value == "full"         ? UserInput::full
                                 : value == "thresholds" ? UserInput::thresholds
                                 : value == "bare"       ? UserInput::bare
                                                         : UserInput::none;
    } else if (name == "pr:provide-unknown-attribute") {
        if (is_true(node))
            permissions.unknown.insert(std::string(node.attribute("ns").value()) + " " +
                                       node.attribute("name").value());
    } else {
        for (const auto& attribute : kAttributes) {
            if (name != attribute.permission) continue;
            const bool granted = name == "opr:provide-geopriv"
                                     ? trimmed(node.text().get()) == "full"
                                     : is_true(node);
            if (granted) permissions.attributes.insert(attribute.element);
        }
    }
}

// RFC 4745 §10.2: sets are united, of values the greater counts.
void unite(Provided& into, const Provided& other) {
    into.all = into.all || other.all;
    into.some.insert(other.some.begin(), other.some.end());
}

void unite(Permissions& into, const Permissions& other) {
    into.handling = std::max(into.handling, other.handling);
    unite(into.devices, other.devices);
    unite(into.persons, other.persons);
    unite(into.services, other.services);
    into.all_attributes = into.all_attributes || other.all_attributes;
    into.attributes.insert(other.attributes.begin(), other.attributes.end());
    into.unknown.insert(other.unknown.begin(), other.unknown.end());
    into.user_input = std::max(into.user_input, other.user_input);
}

// RFC 4745 §7.1: any of them; only who is authenticated can be meant.
bool matches(const Identities& identities, const std::string& watcher) {
    if (watcher.empty()) return false;
    if (identities.one.contains(watcher)) return true;
    const auto domain = domain_of(watcher);
    return std::any_of(
        identities.many.begin(), identities.many.end(), [&](const Identities::Many& many) {
            return (!many.domain || *many.domain == domain) && !many.except.contains(watcher) &&
                   !many.except_domains.contains(domain);
        });
}

bool names(const Rule& rule, const Circumstances& circumstances) {
    if (rule.identities && matches(*rule.identities, circumstances.watcher)) return true;
    return rule.lists && !circumstances.watcher.empty() && circumstances.is_on_list &&
           std::any_of(rule.lists->begin(), rule.lists->end(), circumstances.is_on_list);
}

bool holds(const Rule& rule, const Circumstances& circumstances) {
    if (rule.never) return false;
    const bool has_names = rule.identities || rule.lists;
    if (has_names && !names(rule, circumstances)) return false;
    if (rule.anonymous_request && !circumstances.watcher.empty()) return false;
    if (rule.spheres && std::none_of(rule.spheres->begin(),
                                     rule.spheres->end(),
                                     [&](const std::string& sphere) {
                                         return circumstances.spheres.contains(sphere);
                                     }))
        return false;
    return !rule.validity ||
           std::any_of(rule.validity->begin(), rule.validity->end(), [&](const auto& period) {
               return period.first <= circumstances.unix_time &&
                      circumstances.unix_time < period.second;
           });
}

}  // namespace

std::string_view to_string(SubHandling handling) {
    switch (handling) {
        case SubHandling::block:
            return "block";
        case SubHandling::confirm:
            return "confirm";
        case SubHandling::polite_block:
            return "polite-block";
        case SubHandling::allow:
            return "allow";
    }
    return {};
}

std::optional<SubHandling> sub_handling_from(std::string_view text) {
    for (const auto handling : {SubHandling::block,
                                SubHandling::confirm,
                                SubHandling::polite_block,
                                SubHandling::allow}) {
        if (to_string(handling) == text) return handling;
    }
    return std::nullopt;
}

Permissions Permissions::everything() {
    Permissions permissions;
    permissions.handling = SubHandling::allow;
    permissions.devices.all = permissions.persons.all = permissions.services.all = true;
    permissions.all_attributes = true;
    return permissions;
}

bool Permissions::is_everything() const {
    return devices.all && persons.all && services.all && all_attributes;
}

Result<Ruleset, std::string> Ruleset::read(std::string_view text) {
    pugi::xml_document document;
    XmlLimits limits;
    limits.octets = 1'000'000;
    limits.nodes = 100'000;
    if (auto read = read_strictly(text, document, limits); !read)
        return failure(std::move(read.error()));
    const auto root = document.document_element();
    if (std::string_view(root.name()) != "cp:ruleset")
        return failure("found the element " + std::string(root.name()) + ", expected ruleset");
    Ruleset ruleset;
    for (const auto& node : root.children("cp:rule")) {
        Rule rule;
        if (!read_conditions(node.child("cp:conditions"), rule))
            return failure("the validity of rule " + std::string(node.attribute("id").value()) +
                           " is not in pairs of times");
        if (const auto action = node.child("cp:actions").child("pr:sub-handling")) {
            const auto handling = sub_handling_from(trimmed(action.text().get()));
            if (!handling)
                return failure("sub-handling is " + std::string(action.text().get()) +
                               ", expected block, confirm, polite-block or allow");
            rule.permissions.handling = *handling;
        }
        for (const auto& child : node.child("cp:transformations").children())
            read_transformation(child, rule.permissions);
        ruleset.rules_.push_back(std::move(rule));
    }
    return ruleset;
}

std::optional<Permissions> Ruleset::evaluate(const Circumstances& circumstances) const {
    const bool named = std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
        return !rule.other_identity && names(rule, circumstances);
    });
    std::optional<Permissions> granted;
    for (const auto& rule : rules_) {
        // whoever no rule names, and who does not hide
        if (rule.other_identity && (named || circumstances.watcher.empty())) continue;
        if (!holds(rule, circumstances)) continue;
        if (!granted) granted.emplace();
        unite(*granted, rule.permissions);
    }
    return granted;
}

std::optional<std::int64_t> Ruleset::next_change(std::int64_t unix_time) const {
    std::optional<std::int64_t> next;
    const auto consider = [&](std::int64_t time) {
        if (time > unix_time && (!next || time < *next)) next = time;
    };
    for (const auto& rule : rules_) {
        if (!rule.validity) continue;
        for (const auto& [from, until] : *rule.validity) {
            consider(from);
            consider(until);
        }
    }
    return next;
}

}  // namespace imslab::presence
