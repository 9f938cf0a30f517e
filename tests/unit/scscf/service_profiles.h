// Users whose profile names application servers, in a few words.
#pragma once

#include "tests/unit/scscf/registered_users.h"

namespace imslab::test {

inline const Address kFirst = at("127.1.10.1:5060");
inline const Address kSecond = at("127.1.10.2:5060");
inline const std::string kFirstUri = "sip:first." + kHome;
inline const std::string kSecondUri = "sip:second." + kHome;

inline scscf::Config config_with_servers() {
    auto config = CoreUnderTest::default_config();
    config.hosts["first." + kHome] = kFirst;
    config.hosts["second." + kHome] = kSecond;
    return config;
}

// For requests of that method in that session case.
inline cx::InitialFilterCriteria criterion(std::uint32_t priority,
                                           const std::string& server,
                                           const std::string& method,
                                           std::optional<cx::SessionCase> session_case = {}) {
    cx::InitialFilterCriteria criteria;
    criteria.priority = priority;
    criteria.application_server.server_name = server;
    auto& point = criteria.trigger_point.emplace();
    cx::ServicePointTrigger trigger;
    trigger.groups = {0};
    trigger.condition = cx::MethodTrigger{method};
    point.triggers.push_back(trigger);
    if (session_case) {
        trigger.groups = {1};
        trigger.condition = cx::SessionCaseTrigger{*session_case};
        point.triggers.push_back(trigger);
    }
    return criteria;
}

inline cx::ServerAssignmentAnswer profile_with(std::string_view private_identity,
                                               std::string_view name,
                                               std::string_view number,
                                               std::vector<cx::InitialFilterCriteria> criteria,
                                               cx::IdentityType type = {}) {
    auto saa = profile_of(private_identity, name, number);
    auto subscription = *cx::read_user_data(saa.user_data);
    subscription.service_profiles[0].filter_criteria = std::move(criteria);
    subscription.service_profiles[0].public_identities[1].type = type;
    saa.user_data = cx::write_user_data(subscription);
    return saa;
}

inline std::vector<std::string> values(const sip::Message& message, sip::HeaderId id) {
    std::vector<std::string> all;
    for (const auto value : message.values(id)) all.emplace_back(value);
    return all;
}

// What a proxying application server sends back: its own Route entry gone, a Via of its own on top.
inline sip::Message sent_back(const SentMessage& got, const Address& from, const char* branch) {
    sip::Message request = got.message;
    request.remove_first_value(sip::HeaderId::route);
    request.prepend(sip::HeaderId::via,
                    "SIP/2.0/UDP " + from.to_string() + ";branch=z9hG4bK" + branch);
    return request;
}

}  // namespace imslab::test
