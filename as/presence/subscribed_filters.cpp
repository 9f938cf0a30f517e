// RFC 4660 §3.3.2, §3.3.3, §5.2, §5.4.
#include "as/presence/subscribed_filters.h"

#include <algorithm>

#include "http/message.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

constexpr std::size_t kMostFilters = 100;

bool is_for(const Filter& filter, std::string_view resource) {
    return filter.of == Filter::Of::resource ||
           (filter.of == Filter::Of::uri && filter.target == resource);
}

// RFC 4660 §5.2: two filters for one resource, or for one domain.
bool collide(const Filter& a, const Filter& b, std::string_view resource) {
    if (a.of == Filter::Of::domain || b.of == Filter::Of::domain)
        return a.of == b.of && sip::equals_ignoring_case(a.target, b.target);
    if (is_for(a, resource) || is_for(b, resource))
        return is_for(a, resource) == is_for(b, resource);
    return a.target == b.target;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += (c >= 0 && c < ' ') || c == '\x7f' ? ' ' : c;
    }
    return result + '"';
}

}  // namespace

Result<void, std::string> SubscribedFilters::change(const FilterSet& set,
                                                    std::string_view resource) {
    auto next = all_;
    for (const auto& change : set.changes) {
        const auto& id = change.filter.id;
        if (change.remove) {
            next.erase(id);
            continue;
        }
        const auto known = next.find(id);
        if (change.filter.has_content() || known == next.end()) {
            // RFC 4661 §3.4: what is enabled for the first time says what it wants
            if (change.filter.enabled && !change.filter.has_content())
                return failure("filter " + id + " has neither what nor trigger");
            next.insert_or_assign(id, change.filter);
            continue;
        }
        if (change.filter.enabled && !known->second.has_content())
            return failure("filter " + id + " has neither what nor trigger");
        known->second.enabled = change.filter.enabled;
    }
    if (next.size() > kMostFilters) return failure(std::string("there are too many filters"));
    for (auto one = next.begin(); one != next.end(); ++one) {
        for (auto other = std::next(one); other != next.end(); ++other) {
            if (collide(one->second, other->second, resource))
                return failure("filters " + one->first + " and " + other->first +
                               " are for the same resource or domain");
        }
    }
    all_ = std::move(next);
    return {};
}

const Filter* SubscribedFilters::filter_for(std::string_view resource,
                                            const std::vector<std::string>& domains) const {
    if (all_.empty()) return nullptr;  // as of most
    const Filter* of_domain = nullptr;
    const auto uri = sip::Uri::parse(resource);
    for (const auto& [id, filter] : all_) {
        if (!filter.enabled) continue;
        if (is_for(filter, resource)) return &filter;
        if (filter.of != Filter::Of::domain || !uri || !uri->is_sip()) continue;
        const auto is = [&](std::string_view domain) {
            return sip::equals_ignoring_case(domain, filter.target);
        };
        // RFC 4660 §5.2.1: of a domain that is not ours it is not for us
        if (is(uri->host) && std::any_of(domains.begin(), domains.end(), is)) of_domain = &filter;
    }
    return of_domain;
}

const Filter* SubscribedFilters::filter_for_list(std::string_view list) const {
    return filter_for(list, {});
}

// RFC 3261 §21.4.13: what another type says is not guessed.
Result<FilterSet, sip::Message> filters_in(const sip::Message& subscribe,
                                           std::string_view package,
                                           std::string_view host) {
    if (subscribe.body().empty()) return FilterSet{};
    const auto type = subscribe.get(HeaderId::content_type);
    if (!type || http::media_type(*type) != kFilterType) {
        auto refusal = sip::Message::response_to(subscribe, 415);
        refusal.append(HeaderId::accept, kFilterType);
        return failure(std::move(refusal));
    }
    auto set = read_filter_set(subscribe.body());
    if (!set) return failure(filters_refused(subscribe, set.error(), host));
    if (!set->package.empty() && !sip::equals_ignoring_case(set->package, package))
        return failure(
            filters_refused(subscribe, "the filters are for the package " + set->package, host));
    return *std::move(set);
}

sip::Message filters_refused(const sip::Message& subscribe,
                             std::string_view reason,
                             std::string_view host) {
    auto refusal = sip::Message::response_to(subscribe, 488);
    refusal.append(HeaderId::warning, "399 " + std::string(host) + " " + quoted(reason));
    return refusal;
}

}  // namespace imslab::presence
