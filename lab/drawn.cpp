// Selectors against arrows: both say in words what a message is to be.
#include "lab/drawn.h"

#include <algorithm>
#include <array>

namespace imslab::lab {

namespace {

bool is_answer(const Label& label) {
    return label.is_response() || (label.diameter && label.method.ends_with('A'));
}

// 100, ACK and the base protocol of Diameter are there without being drawn.
bool is_implied(const Label& label) {
    constexpr std::array<std::string_view, 7> kImplied{
        "ACK", "CER", "CEA", "DWR", "DWA", "DPR", "DPA"};
    return label.status == 100 ||
           std::find(kImplied.begin(), kImplied.end(), label.method) != kImplied.end();
}

bool is_status(const Label& wanted, const Label& drawn) {
    if (wanted.status != 0 && drawn.status != 0) return wanted.status == drawn.status;
    const auto class_of = [](const Label& label) {
        return label.status != 0 ? label.status / 100 : label.status_class;
    };
    return class_of(wanted) == class_of(drawn);
}

class Drawn {
public:
    Drawn(const Selector& selector, const Diagram& flow, const Network& network)
        : selector_(selector), flow_(flow), network_(network), arrows_(flow.arrows()) {}

    bool run() const {
        return std::any_of(arrows_.begin(), arrows_.end(), [&](const Arrow* arrow) {
            return is_kind(arrow->label) && is_end(selector_.from, arrow->from) &&
                   is_end(selector_.to, arrow->to) && is_label(*arrow);
        });
    }

private:
    bool is_kind(const Label& label) const {
        if (selector_.kind == Selector::Kind::request) return !is_answer(label);
        return selector_.kind == Selector::Kind::any || is_answer(label);
    }

    // "P-CSCF", or an alias of the diagram; who stands for a role may be any of its kind.
    bool is_end(const std::string& wanted, std::size_t drawn) const {
        if (wanted.empty()) return true;
        const Lifeline& lifeline = flow_.lifelines[drawn];
        if (lifeline.id == wanted || lifeline.name == wanted) return true;
        auto there = network_.named(lifeline.name);
        if (!there) there = network_.named(lifeline.id);
        const auto one = network_.named(wanted);
        if (one) return there == one;
        return there && kind_from(wanted) == network_[*there].kind;
    }

    bool is_label(const Arrow& arrow) const {
        return selector_.labels.empty() ||
               std::any_of(selector_.labels.begin(), selector_.labels.end(), [&](const auto& one) {
                   return is_label(one, arrow);
               });
    }
    bool is_label(const Label& wanted, const Arrow& arrow) const {
        const Label& drawn = arrow.label;
        if (wanted.is_response() != drawn.is_response()) return false;
        if (!wanted.is_response()) return wanted.method == drawn.method;
        if (!is_status(wanted, drawn)) return false;
        if (wanted.of_method.empty() || wanted.of_method == drawn.of_method) return true;
        return drawn.of_method.empty() &&
               std::any_of(arrow.answers.begin(), arrow.answers.end(), [&](std::size_t request) {
                   return arrows_[request]->label.method == wanted.of_method;
               });
    }

    const Selector& selector_;
    const Diagram& flow_;
    const Network& network_;
    std::vector<const Arrow*> arrows_;  // by their IDs
};

}  // namespace

bool is_drawn(const Selector& selector, const Diagram& flow, const Network& network) {
    using Which = Selector::Which;
    if (selector.which == Which::its_request || selector.which == Which::hop_before ||
        selector.which == Which::same_message)
        return true;  // it is chosen by another one
    if (std::any_of(selector.labels.begin(), selector.labels.end(), is_implied)) return true;
    return Drawn(selector, flow, network).run();
}

}  // namespace imslab::lab
