// Texts that many users share (a Service-Route, charging addresses), kept once and counted, so that
// a registered user costs a number instead of a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::pcscf {

class Interned {
public:
    using Id = std::uint32_t;
    static constexpr Id kNone = 0;  // the empty text

    // Takes the text in, or counts one more use of it.
    Id use(std::string_view text);
    // One use less; the text goes with its last use.
    void drop(Id id);
    std::string_view text(Id id) const;
    std::size_t size() const { return by_text_.size(); }

private:
    struct Entry {
        const std::string* text = nullptr;  // the key in by_text_
        std::size_t uses = 0;
    };
    std::map<std::string, Id, std::less<>> by_text_;
    std::vector<Entry> entries_{Entry{}};  // entry 0 is the empty text
    std::vector<Id> free_;
};

}  // namespace imslab::pcscf
