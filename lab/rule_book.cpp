// Reads the rule book and applies it to every message of a run.
#include "lab/rule_book.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "lab/criteria.h"
#include "lab/embedded.h"

namespace imslab::lab {
namespace {

class Reader {
public:
    explicit Reader(const std::string& file) : file_(file) {}

    Result<std::vector<Rule>, Mistakes> read(std::string_view yaml) {
        std::vector<Rule> rules;
        try {
            const YAML::Node list = YAML::Load(std::string(yaml));
            if (!list.IsSequence()) {
                mistake(list, "no list", "a list of rules");
            } else {
                for (const auto& item : list) read_rule(item, rules);
            }
        } catch (const YAML::Exception& error) {
            mistakes_.push_back({file_,
                                 static_cast<std::size_t>(error.mark.line) + 1,
                                 static_cast<std::size_t>(error.mark.column) + 1,
                                 error.msg,
                                 "YAML"});
        }
        if (!mistakes_.empty()) return failure(std::move(mistakes_));
        return rules;
    }

private:
    void mistake(const YAML::Node& node,
                 std::string found,
                 std::string expected,
                 std::size_t offset = 0) {
        const auto mark = node.Mark();
        mistakes_.push_back({file_,
                             static_cast<std::size_t>(mark.line) + 1,
                             static_cast<std::size_t>(mark.column) + 1 + offset,
                             std::move(found),
                             std::move(expected)});
    }

    std::string text(const YAML::Node& rule, const char* key, bool needed) {
        const YAML::Node value = rule[key];
        if (value && value.IsScalar()) return value.Scalar();
        if (needed) mistake(rule, std::string("a rule without ") + key, std::string(key) + ": …");
        return {};
    }

    std::vector<std::string> roles(const YAML::Node& node) {
        std::vector<std::string> kinds;
        if (!node) return kinds;
        const auto add = [&](const YAML::Node& name) {
            const std::string kind = kind_from(name.Scalar());
            if (kind.empty())
                mistake(name,
                        "'" + name.Scalar() + "'",
                        "UE, P-CSCF, I-CSCF, S-CSCF, HSS, AS or Proxy");
            kinds.push_back(kind);
        };
        if (node.IsSequence()) {
            for (const auto& name : node) add(name);
        } else {
            add(node);
        }
        return kinds;
    }

    std::optional<Check> check(const YAML::Node& node) {
        auto parsed = parse_check(node.Scalar());
        if (parsed) return std::move(*parsed);
        mistake(node, parsed.error().found, parsed.error().expected, parsed.error().column - 1);
        return std::nullopt;
    }

    std::vector<Check> checks(const YAML::Node& list) {
        std::vector<Check> all;
        for (const auto& condition : list) {
            if (auto parsed = check(condition)) all.push_back(std::move(*parsed));
        }
        return all;
    }

    void read_rule(const YAML::Node& node, std::vector<Rule>& rules) {
        if (!node.IsMap()) return mistake(node, "no rule", "id, clause, says, message, check");
        Rule rule;
        rule.id = text(node, "id", true);
        rule.clause = text(node, "clause", true);
        rule.says = text(node, "says", true);
        rule.departure = text(node, "departure", false);
        rule.from_kinds = roles(node["from"]);
        rule.to_kinds = roles(node["to"]);
        auto message = parse_selector(text(node, "message", true));
        if (!message)
            return mistake(node["message"], message.error().found, message.error().expected);
        rule.message = std::move(*message);
        rule.when = checks(node["when"]);
        rule.when_asked = checks(node["when_asked"]);
        if (!node["check"]) return mistake(node, "a rule without check", "check: …");
        if (auto parsed = check(node["check"])) rule.check = std::move(*parsed);
        const bool twice = std::any_of(
            rules.begin(), rules.end(), [&](const Rule& other) { return other.id == rule.id; });
        if (twice)
            mistake(
                node, "the rule " + rule.id + " a second time", "an id of its own for each rule");
        rules.push_back(std::move(rule));
    }

    const std::string& file_;
    Mistakes mistakes_;
};

bool includes(const std::vector<std::string>& kinds, const std::string& kind) {
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool hold(const std::vector<Check>& conditions,
          const ObservedMessage* message,
          const Observation& observation) {
    return std::all_of(conditions.begin(), conditions.end(), [&](const Check& condition) {
        if (message == nullptr) return false;
        const Outcome outcome = decide(condition, *message, observation);
        return outcome.applicable && outcome.holds;
    });
}

bool applies(const Rule& rule, const ObservedMessage& message, const Observation& observation) {
    const Network& network = observation.network;
    if (message.retransmission_of || (!message.sip && !message.diameter && !message.http))
        return false;
    if (!includes(rule.from_kinds, network[message.from].kind) ||
        !includes(rule.to_kinds, network[message.to].kind))
        return false;
    // Rules that name no Diameter command and no reference point are SIP's.
    const bool diameter_rule =
        rule.message.reference_point == "Cx" || rule.message.reference_point == "Sh" ||
        rule.message.reference_point == "Zh" || rule.message.reference_point == "Zn" ||
        std::any_of(rule.message.labels.begin(), rule.message.labels.end(), [](const Label& label) {
            return label.diameter;
        });
    if (diameter_rule != (message.diameter != nullptr)) return false;
    // Those of Ut, Ua and Ub are HTTP's.
    const auto& point = rule.message.reference_point;
    const bool http_rule = point == "Ut" || point == "Ua" || point == "Ub";
    if (http_rule != (message.http != nullptr)) return false;
    if (!selects(rule.message, message, network)) return false;
    return hold(rule.when, &message, observation) &&
           hold(rule.when_asked, observation.request_of(message), observation);
}

}  // namespace

Result<RuleBook, Mistakes> RuleBook::parse(const std::string& file, std::string_view yaml) {
    auto rules = Reader(file).read(yaml);
    if (!rules) return failure(std::move(rules.error()));
    RuleBook book;
    book.rules_ = std::move(*rules);
    return book;
}

const RuleBook& RuleBook::built_in() {
    static const RuleBook book = [] {
        auto parsed = parse("lab/rules.yaml", embedded::rules_yaml);
        if (!parsed) {
            for (const auto& mistake : parsed.error())
                std::fprintf(stderr, "%s\n", mistake.to_string().c_str());
            std::abort();  // it is ours and compiled in: a test reads it first
        }
        return std::move(*parsed);
    }();
    return book;
}

std::vector<Finding> RuleBook::apply(const Observation& observation,
                                     const std::set<std::string>& departures) const {
    std::vector<Finding> findings;
    for (const auto& message : observation.messages) {
        if (!message.malformed.empty()) {
            findings.push_back(
                {"MALFORMED",
                 message.protocol == trace::Protocol::sip    ? "RFC 3261 §7"
                 : message.protocol == trace::Protocol::http ? "RFC 9112 §2"
                                                             : "RFC 6733 §3",
                 "",
                 message.index,
                 "A message that cannot be read: " + message.malformed + "."});
            continue;
        }
        for (const auto& rule : rules_) {
            if (!applies(rule, message, observation)) continue;
            const Outcome outcome = decide(rule.check, message, observation);
            if (!outcome.applicable || outcome.holds) continue;
            const bool on_purpose =
                !rule.departure.empty() && departures.count(rule.departure) != 0;
            findings.push_back(
                {rule.id,
                 rule.clause,
                 on_purpose ? rule.departure : "",
                 message.index,
                 sentence_of(rule.check, rule.clause, message, outcome, observation)});
        }
    }
    return findings;
}

}  // namespace imslab::lab
