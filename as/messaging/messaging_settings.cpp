// The settings of the messaging enabler in a topology.
#include <map>
#include <nlohmann/json.hpp>

#include "as/messaging/messaging.h"
#include "sip/uri.h"

namespace imslab::messaging {

namespace {

using nlohmann::json;

std::string found(const std::string& key, const json& value, const std::string& expected) {
    return key + ": found " + value.dump() + ", expected " + expected;
}

bool is_uri(const json& value) {
    return value.is_string() && sip::canonical_identity(value.get<std::string>()).has_value();
}

}  // namespace

Result<MessagingSettings, std::string> read_messaging_settings(const json& settings) {
    MessagingSettings result;
    auto& deferral = result.deferral;
    auto& history = result.history;
    std::size_t keep = static_cast<std::size_t>(deferral.lifetime.count()), retry = 0;
    std::size_t remember = static_cast<std::size_t>(history.lifetime.count());
    const std::map<std::string, std::size_t*> numbers{
        {"max_message_bytes", &result.max_message_bytes},
        {"max_recipients", &result.max_recipients},
        {"max_deferred", &deferral.messages},
        {"max_deferred_bytes", &deferral.octets},
        {"max_deferring_users", &deferral.recipients},
        {"keep_seconds", &keep},
        {"retry_seconds", &retry},
        {"max_filtered_bytes", &result.max_filtered_bytes},
        {"max_history", &history.messages},
        {"max_history_bytes", &history.octets},
        {"history_seconds", &remember},
    };
    for (const auto& [key, value] : settings.items()) {
        if (key == "kind") continue;
        if (key == "block_list" || key == "consent_list") {
            if (!value.is_string()) return failure(found(key, value, "the name of a list"));
            (key == "block_list" ? result.block_list : result.consent_list) =
                value.get<std::string>();
        } else if (key == "max_session_message_bytes") {
            if (!value.is_number_unsigned()) return failure(found(key, value, "a number"));
            result.msrp.message_octets = value.get<std::uint64_t>();
        } else if (key == "content_filter") {
            if (!value.is_string()) return failure(found(key, value, "the path of clamd's socket"));
            result.content_filter = value.get<std::string>();
        } else if (key == "any_recipient" || key == "content_filter_required") {
            if (!value.is_boolean()) return failure(found(key, value, "true or false"));
            (key == "any_recipient" ? result.any_recipient : result.content_filter_required) =
                value.get<bool>();
        } else if (key == "session_tls") {
            static const std::map<std::string, SessionTls> kKnown{
                {"as offered", SessionTls::as_offered},
                {"always", SessionTls::always},
                {"never", SessionTls::never}};
            const auto known =
                value.is_string() ? kKnown.find(value.get<std::string>()) : kKnown.end();
            if (known == kKnown.end())
                return failure(found(key, value, "as offered, always or never"));
            result.session_tls = known->second;
        } else if (key == "identities") {
            for (const auto& one : value.is_array() ? value : json::array({value})) {
                if (!is_uri(one)) return failure(found(key, one, "sip: or tel: URIs"));
                result.identities.push_back(one.get<std::string>());
            }
        } else if (const auto number = numbers.find(key); number != numbers.end()) {
            constexpr std::size_t kMost = 1U << 30U;
            if (!value.is_number_unsigned() || value.get<std::size_t>() > kMost)
                return failure(found(key, value, "a number up to " + std::to_string(kMost)));
            *number->second = value.get<std::size_t>();
        } else {
            std::string expected =
                "one of any_recipient block_list consent_list content_filter "
                "content_filter_required identities "
                "max_session_message_bytes session_tls";
            for (const auto& [name, where] : numbers) expected += " " + name;
            return failure(found(key, value, expected));
        }
    }
    deferral.lifetime = std::chrono::seconds(keep);
    deferral.retry = std::chrono::seconds(retry);
    history.lifetime = std::chrono::seconds(remember);
    return result;
}

}  // namespace imslab::messaging
