// Blanks, quotes and commas.
#include "lab/procedure_words.h"

#include <algorithm>

namespace imslab::lab {

Result<std::vector<Word>, CommandError> words_of(std::string_view text) {
    std::vector<Word> words;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == ' ' || text[at] == '\t') {
            ++at;
            continue;
        }
        Word word{"", at + 1, text[at] == '"'};
        if (text[at] == ',') {
            word.text = ",";
            ++at;
        } else if (word.quoted) {
            const auto end = text.find('"', at + 1);
            if (end == std::string_view::npos)
                return failure(CommandError{at + 1, "a quote that is not closed", "\"…\""});
            word.text = text.substr(at + 1, end - at - 1);
            at = end + 1;
        } else {
            const auto end = std::min(text.find_first_of(" \t,", at), text.size());
            word.text = text.substr(at, end - at);
            at = end;
        }
        words.push_back(std::move(word));
    }
    return words;
}

}  // namespace imslab::lab
