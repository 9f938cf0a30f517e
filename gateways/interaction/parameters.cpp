// RFC 6749 Appendix B: a plus sign is a blank.
#include "gateways/interaction/parameters.h"

#include <algorithm>

#include "http/uri.h"

namespace imslab::interaction {

namespace {

constexpr std::size_t kMost = 64;

std::optional<std::string> decoded(std::string_view text) {
    std::string with_blanks(text);
    std::replace(with_blanks.begin(), with_blanks.end(), '+', ' ');
    return http::percent_decoded(with_blanks);
}

}  // namespace

std::optional<Parameters> Parameters::parse(std::string_view text) {
    Parameters parameters;
    while (!text.empty()) {
        const auto one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        if (one.empty()) continue;
        const auto equals = one.find('=');
        auto name = decoded(one.substr(0, equals));
        auto value =
            decoded(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1));
        if (!name || !value || parameters.values_.size() >= kMost) return std::nullopt;
        if (!parameters.values_.emplace(std::move(*name), std::move(*value)).second)
            return std::nullopt;
    }
    return parameters;
}

std::string_view Parameters::get(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        text += text.empty() ? "" : "&";
        text += http::percent_encoded(name) + "=" + http::percent_encoded(value);
    }
    return text;
}

}  // namespace imslab::interaction
