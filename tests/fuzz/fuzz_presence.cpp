// Any octets as what a phone may publish, or write down about itself: refused with a reason, or a
// document whose text is one of the same kind. What is composed of it and what a watcher is shown
// of it are presence documents again; rules and lists are answered for, whatever is in them.
#include <cstdint>
#include <string>
#include <string_view>

#include "as/presence/composition.h"
#include "as/presence/filtering.h"
#include "as/presence/pidf_diff.h"
#include "as/presence/presence_rules.h"
#include "as/presence/resource_lists.h"
#include "as/presence/subscribed_filters.h"
#include "as/presence/transformation.h"
#include "core/invariant.h"

using namespace imslab;
using namespace imslab::presence;

namespace {

constexpr std::string_view kOther =
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
    "xmlns:d=\"urn:ietf:params:xml:ns:pidf:data-model\" "
    "entity=\"sip:a@b\"><tuple id=\"t\"><status><basic>open</basic></status></tuple>"
    "<d:person id=\"p\"/></presence>";

struct NoDocuments final : xdm::Documents {
    const xdm::Document* find(const xdm::DocumentPath&) const override { return nullptr; }
    std::vector<xdm::DocumentPath> list(std::string_view,
                                        std::optional<std::string_view>) const override {
        return {};
    }
    void watch(Watch) override {}
    void store(xdm::DocumentPath, std::optional<xdm::Document>, OnStored) override {}
};

// What is made of a document may be larger than what is taken, and a patch is around it.
XmlLimits generous() { return {.octets = 1'000'000, .nodes = 100'000, .depth = 64}; }

void is_one_again(const PresenceDocument& document) {
    const auto text = document.text();
    const auto again = read_presence(text, generous());
    IMSLAB_INVARIANT(again);
    IMSLAB_INVARIANT(again->text() == text);
}

// Whatever is selected of it is one again, and is nothing more.
void through_filters(const PresenceDocument& document, const FilterSet& set) {
    static const auto kSecond = *read_presence(kOther);
    for (const auto& change : set.changes) {
        if (const auto kept = selected(document, change.filter)) {
            is_one_again(*kept);
            IMSLAB_INVARIANT(kept->components.size() <= document.components.size());
        }
        fires(change.filter, document, kSecond);
        fires(change.filter, kSecond, document);
    }
}

const FilterSet& some_filters() {
    static const auto kSome = *read_filter_set(
        "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><ns-bindings>"
        "<ns-binding prefix=\"p\" urn=\"urn:ietf:params:xml:ns:pidf\"/>"
        "<ns-binding prefix=\"x\" urn=\"urn:example:x\"/></ns-bindings>"
        "<filter id=\"1\"><what><include>//p:tuple[p:status/p:basic=\"open\" or "
        "@id>1]/p:contact/@priority</include><include>//x:a</include></what>"
        "<trigger><changed by=\"1\">//@version</changed></trigger></filter>"
        "<filter id=\"2\" uri=\"sip:b@b\"><what><exclude>//*/*</exclude></what>"
        "<trigger><added>//*</added></trigger></filter>"
        "<filter id=\"3\" domain=\"b\"><what>"
        "<include type=\"namespace\">urn:ietf:params:xml:ns:pidf</include>"
        "<exclude>//@id</exclude></what></filter></filter-set>");
    return kSome;
}

void as_filters(std::string_view octets) {
    const auto set = read_filter_set(octets);
    IMSLAB_INVARIANT(set || !set.error().empty());
    if (!set) return;
    const auto again = read_filter_set(filter_set_text(*set));
    IMSLAB_INVARIANT(again || filter_set_text(*set).size() > kFilterDocument.octets);
    SubscribedFilters filters;
    const auto changed = filters.change(*set, "sip:a@b");
    IMSLAB_INVARIANT(changed || (!changed.error().empty() && filters.empty()));
    through_filters(*read_presence(kOther), *set);
}

void as_presence(std::string_view octets) {
    const auto document = read_presence(octets);
    IMSLAB_INVARIANT(document || !document.error().empty());
    if (!document) return;
    is_one_again(*document);
    static const auto kSecond = *read_presence(kOther);
    auto same_entity = *document;
    same_entity.entity = kSecond.entity;
    const auto changes_into = [](const PresenceDocument& before, const PresenceDocument& after) {
        const auto patched = read_pidf_diff(pidf_diff(before, after, 2), &before, generous());
        IMSLAB_INVARIANT(patched && patched->components.size() == after.components.size());
    };
    changes_into(kSecond, same_entity);
    changes_into(same_entity, kSecond);
    is_one_again(compose("sip:a@b", {&*document, &kSecond}));
    is_one_again(compose("sip:a@b", {&kSecond, &*document}));
    Permissions some;
    some.services.all = some.persons.all = true;
    some.attributes = {"rpid:mood", "note"};
    some.user_input = UserInput::bare;
    is_one_again(transform(*document, some));
    spheres_of(*document);
    through_filters(*document, some_filters());
}

void as_patch(std::string_view octets) {
    static const auto kBefore = *read_presence(kOther);
    const auto patched = read_pidf_diff(octets, &kBefore);
    IMSLAB_INVARIANT(patched || !patched.error().empty());
    if (patched) is_one_again(*patched);
}

void as_rules(std::string_view octets) {
    const auto rules = Ruleset::read(octets);
    IMSLAB_INVARIANT(rules || !rules.error().empty());
    if (!rules) return;
    Circumstances circumstances;
    circumstances.watcher = "sip:bob@home";
    circumstances.unix_time = 1'700'000'000;
    circumstances.spheres = {"work"};
    circumstances.is_on_list = [](const std::string& anchor) {
        return read_list_anchor(anchor).has_value();
    };
    const auto granted = rules->evaluate(circumstances);
    const auto next = rules->next_change(circumstances.unix_time);
    IMSLAB_INVARIANT(!next || *next > circumstances.unix_time);
    if (granted) is_one_again(transform(*read_presence(kOther), *granted));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    as_presence(octets);
    as_rules(octets);
    as_patch(octets);
    as_filters(octets);
    const auto entries = entries_in(NoDocuments(), "sip:alice@home", octets);
    IMSLAB_INVARIANT(entries || !entries.error().empty());
    read_list_anchor(octets);
    return 0;
}
