// RFC 5025 §3, RFC 3856 §6.6: what a watcher may see, and when that changes.
#include "as/presence/presence_enabler.h"
#include "as/presence/resource_lists.h"
#include "as/presence/transformation.h"

namespace imslab::presence {

namespace {

// OMA's document comes first: where both are, it is the one that a user of OMA's enabler edits.
const std::pair<const char*, const char*> kRuleDocuments[] = {
    {"org.openmobilealliance.pres-rules", "pres-rules"}, {"pres-rules", "index"}};

}  // namespace

PresenceEnabler::Rules& PresenceEnabler::rules_of(const std::string& presentity) {
    auto known = rules_.find(presentity);
    if (known == rules_.end()) {
        if (rules_.size() >= kMostRulesKept) {
            rules_.clear();
            rules_due_.clear();
        }
        known = rules_.emplace(presentity, Rules{}).first;
        const auto* documents = services_.documents();
        for (const auto& [auid, name] : kRuleDocuments) {
            const auto* stored =
                documents == nullptr ? nullptr : documents->find({auid, presentity, name});
            if (stored == nullptr) continue;
            auto ruleset = Ruleset::read(stored->body);
            if (!ruleset) {
                services_.log(LogLevel::warning,
                              {},
                              "RFC 4745 §7",
                              "the rules of " + presentity + " cannot be read, and let nobody in: " +
                                  ruleset.error());
                ruleset = Ruleset();
            }
            known->second.ruleset = *std::move(ruleset);
            break;
        }
        schedule_rules(presentity);
    }
    return known->second;
}

Permissions PresenceEnabler::permissions_of(const std::string& watcher,
                                            const std::string& presentity) {
    if (watcher == presentity) return Permissions::everything();
    auto& rules = rules_of(presentity);
    if (!rules.ruleset) {
        auto permissions = Permissions::everything();
        permissions.handling = settings_.otherwise;
        return permissions;
    }
    Circumstances circumstances;
    if (watcher != kAnonymous) circumstances.watcher = watcher;
    circumstances.spheres = spheres_of(raw_document(presentity));
    circumstances.unix_time = unix_time();
    circumstances.is_on_list = [&](const std::string& anchor) {
        return list_at(anchor, presentity, rules).contains(watcher);
    };
    return rules.ruleset->evaluate(circumstances).value_or(Permissions{});
}

// Who is on a list of that user; read when a rule first asks for it.
const std::set<std::string>& PresenceEnabler::list_at(const std::string& anchor,
                                                      const std::string& presentity,
                                                      Rules& rules) const {
    if (const auto known = rules.lists.find(anchor); known != rules.lists.end())
        return known->second;
    // many anchors may stand for the same long list
    if (rules.listed >= kMostListedKept) {
        rules.lists.clear();
        rules.listed = 0;
    }
    auto& on_list = rules.lists[anchor];
    const auto list = read_list_anchor(anchor);
    const auto* documents = services_.documents();
    if (!list || list->document.xui != presentity || documents == nullptr) return on_list;
    const auto entries = entries_of(*documents, *list);
    if (!entries) return on_list;
    for (const auto& entry : *entries) on_list.insert(entry.uri);
    rules.listed += on_list.size();
    return on_list;
}

void PresenceEnabler::rules_changed(const std::string& presentity) {
    if (const auto known = rules_.find(presentity); known != rules_.end()) {
        if (known->second.due) rules_due_.erase({*known->second.due, presentity});
        rules_.erase(known);
    }
    tell_watchers(presentity);
    decide_on_waiting(presentity);
}

// RFC 4745 §7.4: a rule that begins or ends is obeyed then.
void PresenceEnabler::schedule_rules(const std::string& presentity) {
    const auto known = rules_.find(presentity);
    if (known == rules_.end() || !known->second.ruleset) return;
    const auto next = known->second.ruleset->next_change(unix_time());
    if (!next) return;
    known->second.due = services_.now() + std::chrono::seconds(*next - unix_time());
    rules_due_.emplace(*known->second.due, presentity);
}

}  // namespace imslab::presence
