// Reading Sh requests from lines of text (for TS 29.328 §6.1's four procedures), writing answers.
#include "diameter/sh_text.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <vector>

#include "diameter/dictionary.h"
#include "diameter/sh_data.h"

namespace imslab::sh {
namespace {

struct Word {
    std::string text;
    std::size_t column;
};

std::vector<Word> words_of(std::string_view line) {
    std::vector<Word> words;
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] == ' ') {
            ++at;
            continue;
        }
        // What is data goes to the end of the line.
        const auto rest = line.substr(at);
        const bool is_last = rest.starts_with("data=") || rest.starts_with("user-data=");
        const auto end = is_last ? line.size() : std::min(line.find(' ', at), line.size());
        words.push_back({std::string(line.substr(at, end - at)), at + 1});
        at = end;
    }
    return words;
}

std::optional<std::uint32_t> number_in(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view kReferences =
    "a data reference: RepositoryData, IMSPublicIdentity, IMSUserState, S-CSCFName, "
    "InitialFilterCriteria, LocationInformation, UserState, ChargingInformation, MSISDN, "
    "PSIActivation, DSAI or AliasesRepositoryData";

// What the options of a line say.
struct Options {
    Selection selection;
    std::optional<RequestedDomain> domain;
    bool current = false, once = false, with_data = false;
    std::optional<std::uint32_t> expires, sequence;
    std::optional<std::string> data, user_data;
    std::optional<bool> active;
};

class Reader {
public:
    explicit Reader(std::string_view line) : words_(words_of(line)), end_(line.size() + 1) {}

    Result<Request, TextError> read(std::uint32_t now) {
        const auto verb = next("pull, update, subscribe or unsubscribe");
        UserIdentity user = read_user();
        read_references();
        while (!error_ && at_ < words_.size()) read_option();
        if (error_) return failure(*error_);
        if (verb == "pull") return pull(std::move(user));
        if (verb == "update") return update(std::move(user));
        if (verb == "subscribe" || verb == "unsubscribe")
            return subscribe(std::move(user), verb == "subscribe", now);
        at_ = 0;
        wrong("pull, update, subscribe or unsubscribe");
        return failure(*error_);
    }

private:
    void wrong(std::string expected) {
        if (error_) return;
        const bool is_end = at_ >= words_.size();
        error_ = TextError{is_end ? end_ : words_[at_].column,
                           is_end ? "the end" : "'" + words_[at_].text.substr(0, 60) + "'",
                           std::move(expected)};
    }
    std::string next(std::string expected) {
        if (at_ < words_.size()) return words_[at_++].text;
        wrong(std::move(expected));
        return {};
    }

    UserIdentity read_user() {
        const auto text = next("a user: a sip: or tel: URI, or the digits of an MSISDN");
        if (is_digits(text)) return {{}, text};
        if (text.starts_with("sip:") || text.starts_with("sips:") || text.starts_with("tel:"))
            return {text, {}};
        if (at_ > 0) --at_;
        wrong("a user: a sip: or tel: URI, or the digits of an MSISDN");
        return {};
    }

    void read_references() {
        if (error_) return;
        std::string_view text = at_ < words_.size() ? std::string_view(words_[at_].text) : "";
        while (!text.empty()) {
            const auto end = text.find(',');
            const auto name = text.substr(0, end);
            const auto number = number_in(name);
            const auto reference = number ? std::optional(static_cast<DataReference>(*number))
                                          : data_reference_from(name);
            if (!reference) return wrong(std::string(kReferences));
            options_.selection.references.push_back(*reference);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        if (options_.selection.references.empty()) return wrong(std::string(kReferences));
        ++at_;
    }

    void read_option() {
        const auto& word = words_[at_].text;
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto value = equals == std::string::npos ? std::string() : word.substr(equals + 1);
        auto& selection = options_.selection;
        const auto one_of = [&](std::initializer_list<std::string_view> names) {
            const auto found = std::find(names.begin(), names.end(), value);
            if (found == names.end()) {
                std::string all;
                for (const auto one : names) all += (all.empty() ? "" : ", ") + std::string(one);
                wrong(name + "= one of " + all);
            }
            return static_cast<std::uint32_t>(found - names.begin());
        };
        const auto number = [&]() -> std::optional<std::uint32_t> {
            const auto read = number_in(value);
            if (!read) wrong(name + "= a number");
            return read;
        };
        if (name == "service") {
            selection.service_indications.push_back(value);
        } else if (name == "set") {
            selection.identity_sets.push_back(
                static_cast<IdentitySet>(one_of({"all", "registered", "implicit", "alias"})));
        } else if (name == "server") {
            selection.server_name = value;
        } else if (name == "tag") {
            selection.dsai_tags.push_back(value);
        } else if (name == "domain") {
            options_.domain = static_cast<RequestedDomain>(one_of({"cs", "ps"}));
        } else if (name == "expires") {
            options_.expires = number();
        } else if (name == "sequence") {
            options_.sequence = number();
        } else if (name == "active") {
            options_.active = one_of({"no", "yes"}) == 1;
        } else if (name == "data") {
            options_.data = value;
        } else if (name == "user-data") {
            options_.user_data = value;
        } else if (word == "current") {
            options_.current = true;
        } else if (word == "once") {
            options_.once = true;
        } else if (word == "with-data") {
            options_.with_data = true;
        } else {
            return wrong(
                "service=, set=, server=, tag=, domain=, current, expires=, once, with-data, "
                "sequence=, active=, data= or user-data=");
        }
        ++at_;
    }

    Request pull(UserIdentity user) {
        UserDataRequest udr;
        udr.user = std::move(user);
        udr.selection = std::move(options_.selection);
        udr.domain = options_.domain;
        udr.active_location_retrieval = options_.current;
        return udr;
    }

    Result<Request, TextError> update(UserIdentity user) {
        ProfileUpdateRequest pur;
        pur.user = std::move(user);
        pur.references = options_.selection.references;
        if (options_.user_data) {
            pur.user_data = *options_.user_data;
            return Request(std::move(pur));
        }
        ShData data;
        for (const auto reference : pur.references) add_update(reference, data);
        if (error_) return failure(*error_);
        pur.user_data = write_sh_data(data);
        return Request(std::move(pur));
    }

    void add_update(DataReference reference, ShData& data) {
        const auto& selection = options_.selection;
        if (reference == DataReference::psi_activation || reference == DataReference::dsai) {
            if (!options_.active) return wrong("active=yes or active=no");
            if (reference == DataReference::psi_activation) data.psi_active = options_.active;
            if (reference != DataReference::dsai) return;
            if (selection.dsai_tags.empty()) return wrong("tag=");
            for (const auto& tag : selection.dsai_tags)
                data.dsai.push_back({tag, *options_.active});
            return;
        }
        if (selection.service_indications.empty()) return wrong("service=");
        if (!options_.sequence) return wrong("sequence=");
        auto& into = reference == DataReference::aliases_repository_data
                         ? data.aliases_repository_data
                         : data.repository_data;
        for (const auto& indication : selection.service_indications)
            into.push_back({indication, *options_.sequence, options_.data});
    }

    Request subscribe(UserIdentity user, bool wanted, std::uint32_t now) {
        SubscribeNotificationsRequest snr;
        snr.user = std::move(user);
        snr.selection = std::move(options_.selection);
        snr.type = wanted ? SubsReqType::subscribe : SubsReqType::unsubscribe;
        snr.data_requested = options_.with_data;
        snr.one_time = options_.once;
        if (options_.expires) snr.expiry_time = now + *options_.expires;
        return snr;
    }

    std::vector<Word> words_;
    std::size_t end_;
    std::size_t at_ = 0;
    Options options_;
    std::optional<TextError> error_;
};

}  // namespace

Result<Request, TextError> request_from_text(std::string_view line, std::uint32_t now) {
    return Reader(line).read(now);
}

std::string to_text(const Answer& answer) {
    static constexpr std::string_view names[] = {"UDA", "PUA", "SNA", "PNA"};
    std::string text(names[answer.index()]);
    std::visit(
        [&](const auto& one) {
            text += " " + diameter::result_name(one.result);
            if constexpr (requires { one.repository_data; }) {
                if (one.repository_data)
                    text += " " + one.repository_data->service_indication + " " +
                            std::to_string(one.repository_data->sequence_number);
            }
            if constexpr (requires { one.expiry_time; }) {
                if (one.expiry_time) text += " until " + std::to_string(*one.expiry_time);
            }
            if constexpr (requires { one.user_data; }) {
                if (!one.user_data.empty()) text += "\n" + one.user_data;
            }
        },
        answer);
    return text;
}

}  // namespace imslab::sh
