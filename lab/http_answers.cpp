// RFC 9110 §10.2.2.
#include "lab/http_answers.h"

#include <nlohmann/json.hpp>

#include "http/uri.h"

namespace imslab::lab {

namespace {

void gather(const nlohmann::json& value, std::map<std::string, std::string, std::less<>>& words) {
    if (value.is_array()) {
        for (const auto& one : value) gather(one, words);
        return;
    }
    if (!value.is_object()) return;
    for (const auto& [name, member] : value.items()) {
        if (member.is_structured())
            gather(member, words);
        else
            words["answer." + name] =
                member.is_string() ? member.get<std::string>() : member.dump();
    }
}

// <input type="hidden" name="ticket" value="…">, as the gateway writes it.
void gather_fields(std::string_view page, std::map<std::string, std::string, std::less<>>& words) {
    constexpr std::string_view kName = "type=\"hidden\" name=\"", kValue = "\" value=\"";
    for (auto at = page.find(kName); at != std::string_view::npos; at = page.find(kName)) {
        page.remove_prefix(at + kName.size());
        const auto name = page.substr(0, page.find('"'));
        page.remove_prefix(name.size());
        if (!page.starts_with(kValue)) continue;
        page.remove_prefix(kValue.size());
        words["answer." + std::string(name)] = page.substr(0, page.find('"'));
    }
}

}  // namespace

void HttpAnswers::remember(const http::Message& response) {
    if (const auto location = response.fields.get("Location")) {
        if (const auto target = http::target_of(*location)) {
            words_["location"] = target->path;
            auto rest = target->query;
            while (!rest.empty()) {
                const auto parameter = rest.substr(0, rest.find('&'));
                rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
                const auto equals = parameter.find('=');
                if (equals == std::string_view::npos) continue;
                words_["location." + std::string(parameter.substr(0, equals))] =
                    http::percent_decoded(parameter.substr(equals + 1)).value_or("");
            }
        }
    }
    const auto type = http::media_type(response.fields.get("Content-Type").value_or(""));
    if (type == "text/html") gather_fields(response.body, words_);
    if (type != "application/json") return;
    const auto body = nlohmann::json::parse(response.body, nullptr, false);
    if (!body.is_discarded()) gather(body, words_);
}

std::string HttpAnswers::put_into(std::string text) const {
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
        const auto end = text.find('}', at);
        if (end == std::string::npos) break;
        const auto word = words_.find(std::string_view(text).substr(at + 1, end - at - 1));
        if (word == words_.end()) continue;
        text.replace(at, end + 1 - at, word->second);
        at += word->second.size() - (word->second.empty() ? 0 : 1);
    }
    return text;
}

}  // namespace imslab::lab
