// RFC 4660 §4.1, §4.2, §8.
#include "as/presence/list_filters.h"

#include <algorithm>

#include "as/presence/filtering.h"
#include "as/presence/presence_document.h"
#include "http/message.h"
#include "sip/uri.h"

namespace imslab::presence {

namespace {

bool is_ours(std::string_view resource, const std::vector<std::string>& domains) {
    const auto uri = sip::Uri::parse(resource);
    // of what we cannot read the domain nobody else is told
    if (!uri || !uri->is_sip()) return true;
    return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
        return sip::equals_ignoring_case(domain, uri->host);
    });
}

// RFC 4660 §4.1: a domain's to all, a member's to that member. What is for somebody beyond our
// domains may be for a member of a list of theirs; what is for one of ours who is not on the list
// is nobody's business (§8).
bool goes_to(const Filter& filter, std::string_view member, const ListOfMembers& list) {
    if (!filter.enabled || filter.of == Filter::Of::resource) return false;
    if (filter.of == Filter::Of::domain) return true;
    if (filter.target == member) return true;
    if (filter.target == list.uri) return false;
    const bool is_member =
        std::find(list.members.begin(), list.members.end(), filter.target) != list.members.end();
    return !is_member && !is_ours(filter.target, list.domains);
}

std::string text_of(const FilterChange& change) { return filter_set_text({{}, {change}}); }

}  // namespace

FilterSet filters_for_member(const SubscribedFilters& filters,
                             std::string_view member,
                             const ListOfMembers& list) {
    FilterSet set;
    filters.for_each([&](const Filter& filter) {
        if (goes_to(filter, member, list)) set.changes.push_back({filter, false});
    });
    return set;
}

FilterSet difference(const FilterSet& before, const FilterSet& now) {
    FilterSet set;
    const auto find = [](const FilterSet& in, const std::string& id) {
        return std::find_if(in.changes.begin(), in.changes.end(), [&](const FilterChange& one) {
            return one.filter.id == id;
        });
    };
    for (const auto& was : before.changes) {
        if (find(now, was.filter.id) != now.changes.end()) continue;
        auto& change = set.changes.emplace_back();
        change.filter.id = was.filter.id;
        change.remove = true;
    }
    for (const auto& is : now.changes) {
        const auto was = find(before, is.filter.id);
        if (was == before.changes.end() || text_of(*was) != text_of(is)) set.changes.push_back(is);
    }
    return set;
}

std::string selected_text(const std::string& content_type,
                          const std::string& body,
                          const Filter& filter) {
    if (!filter.what || http::media_type(content_type) != kPidfType) return body;
    const auto document = read_presence(body);
    if (!document) return {};
    const auto kept = selected(*document, filter);
    return kept ? kept->text() : std::string();
}

bool is_worth_telling(const Filter& filter, const std::string& before, const std::string& now) {
    const auto was = read_presence(before), is = read_presence(now);
    return !was || !is || fires(filter, *was, *is);
}

}  // namespace imslab::presence
