// RFC 9110 §13.1.1, §13.1.2: If-Match and If-None-Match, in that order.
#include "http/conditions.h"

#include <algorithm>

namespace imslab::http {

namespace {

// `weakly`: a weak tag matches as well (§8.8.3.2).
bool names(std::string_view list, const std::string* current, bool weakly) {
    if (current == nullptr) return false;
    const auto elements = list_elements(list);
    return std::any_of(elements.begin(), elements.end(), [&](std::string_view tag) {
        if (tag == "*") return true;
        if (tag.starts_with("W/")) {
            if (!weakly) return false;
            tag.remove_prefix(2);
        }
        return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"' &&
               tag.substr(1, tag.size() - 2) == *current;
    });
}

}  // namespace

std::string quoted_tag(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::optional<int> failed_condition(const Request& request, const std::string* current) {
    if (request.fields.has("If-Match") && !names(request.fields.joined("If-Match"), current, false))
        return 412;
    if (request.fields.has("If-None-Match") &&
        names(request.fields.joined("If-None-Match"), current, true))
        return request.method == "GET" || request.method == "HEAD" ? 304 : 412;
    return std::nullopt;
}

}  // namespace imslab::http
