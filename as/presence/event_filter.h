// Event notification filters as a document (RFC 4661): what a watcher wants to be told of, and
// when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/presence/element_path.h"
#include "as/presence/strict_xml.h"
#include "core/result.h"

namespace imslab::presence {

inline constexpr std::string_view kFilterType = "application/simple-filter+xml";
// A filter is short; RFC 4660 §8 wants its parts counted.
inline constexpr XmlLimits kFilterDocument{.octets = 16'384, .nodes = 500, .depth = 8};

// RFC 4661 §3.5.1, §3.5.2: elements and attributes, or all of a namespace.
struct Selection {
    std::string namespace_uri;  // empty: by the path
    ElementPath path;
};

struct What {
    std::vector<Selection> includes, excludes;  // no includes: all of it
};

// RFC 4661 §3.6.1.
struct Changed {
    ElementPath path;
    std::optional<std::string> from, to;
    std::optional<double> by;
};

struct Trigger {  // all must have happened
    std::vector<Changed> changed;
    std::vector<ElementPath> added, removed;
};

struct Filter {
    // RFC 4661 §3.4: whom it is for.
    enum class Of : std::uint8_t { resource, uri, domain } of = Of::resource;
    std::string target;  // a canonical URI, or a domain
    std::string id;
    bool enabled = true;
    std::optional<What> what;
    std::vector<Trigger> triggers;  // any is enough

    bool has_content() const { return what || !triggers.empty(); }
};

// What a SUBSCRIBE does to the filters that are in place.
struct FilterChange {
    Filter filter;
    bool remove = false;
};

struct FilterSet {
    std::string package;  // empty: that of the subscription
    std::vector<FilterChange> changes;
};

// A sentence about what is wrong in it: not XML enough, not its schema, an expression that is none.
Result<FilterSet, std::string> read_filter_set(std::string_view text);
// application/simple-filter+xml.
std::string filter_set_text(const FilterSet& set);

}  // namespace imslab::presence
