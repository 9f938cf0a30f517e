// The filters of one subscription (RFC 4660 §5.2): what its SUBSCRIBEs have put there, and which of
// them is for whom.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "as/presence/event_filter.h"
#include "core/result.h"
#include "sip/message.h"

namespace imslab::presence {

class SubscribedFilters {
public:
    // RFC 4660 §5.2.2: new ones, replaced ones, removed ones; all of it or nothing, with a sentence
    // why. `resource`: whom the subscription is for.
    Result<void, std::string> change(const FilterSet& set, std::string_view resource);

    // The one that holds for a resource (RFC 4660 §3.3.2); nullptr: none. A filter for a domain
    // holds where it is one of `domains`.
    const Filter* filter_for(std::string_view resource,
                             const std::vector<std::string>& domains) const;
    // What the watcher of a list wants of all of it (RFC 4660 §4.1).
    const Filter* filter_for_list(std::string_view list) const;
    bool empty() const { return all_.empty(); }
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (const auto& [id, filter] : all_) visit(filter);
    }

private:
    std::map<std::string, Filter> all_;  // by id
};

// The filters that a SUBSCRIBE brings; none if it has no body. Otherwise the response that refuses
// it (RFC 4660 §5.2, §5.4), its Warning said by `host`.
Result<FilterSet, sip::Message> filters_in(const sip::Message& subscribe,
                                           std::string_view package,
                                           std::string_view host);
// 488, with the reason as a Warning.
sip::Message filters_refused(const sip::Message& subscribe,
                             std::string_view reason,
                             std::string_view host);

}  // namespace imslab::presence
