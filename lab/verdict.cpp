// The verdict on a run: the flow as drawn, the scenario's own criteria, and the rules that hold for
// any flow.
#include "lab/verdict.h"

#include <set>

#include "lab/criteria.h"

namespace imslab::lab {

const std::set<std::string>& lab_departures() {
    // Until there are security associations in user space.
    static const std::set<std::string> names{"aka-unprotected"};
    return names;
}

Verdict judge(const Scenario& scenario, const Observation& observation, const RuleBook& rules) {
    Verdict verdict;
    verdict.flow = match_flow(scenario.flow, observation);
    verdict.criteria = check_criteria(scenario.criteria, observation);
    std::set<std::string> departures = lab_departures();
    departures.insert(scenario.departures.begin(), scenario.departures.end());
    verdict.findings = rules.apply(observation, departures);
    if (verdict.flow.difference) verdict.sentence = verdict.flow.difference->sentence;
    for (const auto& criterion : verdict.criteria) {
        if (!criterion.holds && verdict.sentence.empty()) verdict.sentence = criterion.sentence;
    }
    for (const auto& finding : verdict.findings) {
        if (finding.departure.empty() && verdict.sentence.empty())
            verdict.sentence = finding.sentence;
    }
    verdict.passed = verdict.sentence.empty();
    return verdict;
}

}  // namespace imslab::lab
