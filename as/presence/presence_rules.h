// Who may see what of a presentity (RFC 4745, RFC 5025, and what OMA's presence rules add): a
// ruleset is read once, and asked for each watcher.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "as/presence/strict_xml.h"
#include "core/result.h"

namespace imslab::presence {

// RFC 5025 §3.2.1: the higher value wins when several rules match.
enum class SubHandling : std::uint8_t { block = 0, confirm = 10, polite_block = 20, allow = 30 };
std::string_view to_string(SubHandling handling);
std::optional<SubHandling> sub_handling_from(std::string_view text);

// RFC 5025 §3.3.1: which components of a kind.
struct Provided {
    bool all = false;
    std::set<std::string> some;  // "class=…", "occurrence-id=…", "deviceID=…", "service-uri=…"
    bool operator==(const Provided&) const = default;
};

// RFC 5025 §3.3.2.12: how much of user-input.
enum class UserInput : std::uint8_t { none, bare, thresholds, full };

struct Permissions {
    SubHandling handling = SubHandling::block;
    Provided devices, persons, services;
    bool all_attributes = false;
    std::set<std::string> attributes;  // canonical element names: "rpid:mood"
    std::set<std::string> unknown;     // "urn:example local-name"
    UserInput user_input = UserInput::none;

    static Permissions everything();
    bool is_everything() const;
    bool operator==(const Permissions&) const = default;
};

struct Identities {
    struct Many {
        std::optional<std::string> domain;
        std::set<std::string> except;
        std::set<std::string> except_domains;
    };
    std::set<std::string> one;
    std::vector<Many> many;
};

struct Rule {
    // all that are there must hold (RFC 4745 §7)
    std::optional<Identities> identities;
    // ocp:external-list: the anchors of resource lists
    std::optional<std::vector<std::string>> lists;
    bool other_identity = false, anonymous_request = false;
    std::optional<std::vector<std::string>> spheres;
    std::optional<std::vector<std::pair<std::int64_t, std::int64_t>>> validity;
    bool never = false;  // a condition that we do not know (RFC 4745 §7)
    Permissions permissions;
};

// Of whom and of when is spoken.
struct Circumstances {
    std::string watcher;  // canonical; empty: anonymous
    std::set<std::string> spheres;
    std::int64_t unix_time = 0;
    // whether the watcher is on the resource list of that anchor
    std::function<bool(const std::string& anchor)> is_on_list;
};

class Ruleset {
public:
    static Result<Ruleset, std::string> read(std::string_view text);

    // RFC 4745 §10: what the rules that match grant together; nullopt: none matches.
    std::optional<Permissions> evaluate(const Circumstances& circumstances) const;
    // When a validity begins or ends next, in unix time.
    std::optional<std::int64_t> next_change(std::int64_t unix_time) const;

private:
    std::vector<Rule> rules_;
};

}  // namespace imslab::presence
