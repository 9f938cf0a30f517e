// Parameters as application/x-www-form-urlencoded has them (RFC 6749 Appendix B), in a body or in a
// query.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imslab::interaction {

class Parameters {
public:
    // nullopt: an encoding that is wrong, or a parameter twice (RFC 6749 §3.1).
    static std::optional<Parameters> parse(std::string_view text);

    // Empty: not there, or there without a value, which is the same (RFC 6749 §3.1).
    std::string_view get(std::string_view name) const;

private:
    std::map<std::string, std::string, std::less<>> values_;
};

// "a=b&c=d"; what has no value is left out.
std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace imslab::interaction
