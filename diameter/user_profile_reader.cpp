// Reads User-Data: the classes of TS 29.228 Annex B.2 in the XML of Annex E, extensions included.
#include <charconv>
#include <limits>

#include "diameter/shared_filter_criteria.h"
#include "diameter/user_profile_xml.h"

namespace imslab::cx {
namespace {

constexpr std::uint32_t kHighest = std::numeric_limits<std::int32_t>::max();  // xs:int from 0

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// The extensions nest: what a later release added stands in the Extension of an Extension.
pugi::xml_node find_in_extensions(pugi::xml_node node, const char* name) {
    for (auto extension = node.child("Extension"); extension;
         extension = extension.child("Extension")) {
        if (const auto found = extension.child(name)) return found;
    }
    return {};
}

std::string text_of(pugi::xml_node node) { return std::string(trimmed(node.child_value())); }

}  // namespace

std::string ProfileReader::needed_text(pugi::xml_node parent, const char* name) const {
    const auto node = parent.child(name);
    auto text = text_of(node);
    if (!node) {
        complain_(parent,
                  "no <" + std::string(name) + ">",
                  "one in <" + std::string(parent.name()) + ">");
    } else if (text.empty()) {
        complain_(node, "an empty <" + std::string(name) + ">", "a value");
    }
    return text;
}

std::uint32_t ProfileReader::number(pugi::xml_node node, std::uint32_t highest) const {
    const auto text = trimmed(node.child_value());
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() ||
        value > highest) {
        complain_(node,
                  "\"" + std::string(text.substr(0, 40)) + "\"",
                  "a number from 0 to " + std::to_string(highest));
        return 0;
    }
    return value;
}

// xs:boolean
bool ProfileReader::boolean(pugi::xml_node node) const {
    const auto text = trimmed(node.child_value());
    if (text == "1" || text == "true") return true;
    if (text != "0" && text != "false")
        complain_(node, "\"" + std::string(text.substr(0, 40)) + "\"", "0, 1, true or false");
    return false;
}

// TS 29.228 §B.2.1: Public Identification class
PublicIdentity ProfileReader::public_identity(pugi::xml_node node) const {
    PublicIdentity identity;
    identity.identity = needed_text(node, "Identity");
    if (const auto barring = node.child("BarringIndication")) identity.barred = boolean(barring);
    if (const auto type = find_in_extensions(node, "IdentityType")) {
        identity.type = static_cast<IdentityType>(
            number(type, static_cast<std::uint32_t>(IdentityType::wildcarded_impu)));
    }
    identity.wildcarded_psi = text_of(find_in_extensions(node, "WildcardedPSI"));
    identity.wildcarded_impu = text_of(find_in_extensions(node, "WildcardedIMPU"));
    identity.display_name = text_of(find_in_extensions(node, "DisplayName"));
    identity.alias_group = text_of(find_in_extensions(node, "AliasIdentityGroupID"));
    return identity;
}

// TS 29.228 §B.2.3: Service Point Trigger class
ServicePointTrigger ProfileReader::service_point_trigger(pugi::xml_node node) const {
    ServicePointTrigger trigger;
    if (const auto negated = node.child("ConditionNegated")) trigger.negated = boolean(negated);
    for (const auto group : node.children("Group"))
        trigger.groups.push_back(number(group, kHighest));
    if (trigger.groups.empty()) complain_(node, "no <Group>", "at least one in <SPT>");
    if (const auto uri = node.child("RequestURI")) {
        trigger.condition = RequestUriTrigger{text_of(uri)};
    } else if (const auto method = node.child("Method")) {
        trigger.condition = MethodTrigger{text_of(method)};
    } else if (const auto header = node.child("SIPHeader")) {
        SipHeaderTrigger condition{needed_text(header, "Header"), {}};
        if (const auto content = header.child("Content")) condition.content = text_of(content);
        trigger.condition = std::move(condition);
    } else if (const auto session_case = node.child("SessionCase")) {
        trigger.condition = SessionCaseTrigger{static_cast<SessionCase>(
            number(session_case, static_cast<std::uint32_t>(SessionCase::originating_cdiv)))};
    } else if (const auto description = node.child("SessionDescription")) {
        SessionDescriptionTrigger condition{needed_text(description, "Line"), {}};
        if (const auto content = description.child("Content")) condition.content = text_of(content);
        trigger.condition = std::move(condition);
    } else {
        complain_(node,
                  "no condition",
                  "RequestURI, Method, SIPHeader, SessionCase or SessionDescription in <SPT>");
    }
    for (const auto type : node.child("Extension").children("RegistrationType")) {
        trigger.registration_types.push_back(static_cast<RegistrationType>(number(type, 2)));
    }
    return trigger;
}

// TS 29.228 §B.2.2: Trigger Point
TriggerPoint ProfileReader::trigger_point(pugi::xml_node node) const {
    TriggerPoint point;
    if (const auto form = node.child("ConditionTypeCNF")) {
        point.conjunctive_normal_form = boolean(form);
    } else {
        complain_(node, "no <ConditionTypeCNF>", "one in <TriggerPoint>");
    }
    for (const auto spt : node.children("SPT"))
        point.triggers.push_back(service_point_trigger(spt));
    if (point.triggers.empty()) complain_(node, "no <SPT>", "at least one in <TriggerPoint>");
    return point;
}

ApplicationServer ProfileReader::application_server(pugi::xml_node node) const {
    ApplicationServer server;
    server.server_name = needed_text(node, "ServerName");
    if (const auto handling = node.child("DefaultHandling")) {
        server.default_handling = static_cast<DefaultHandling>(number(handling, 1));
    }
    server.service_info = node.child_value("ServiceInfo");
    // Empty elements: there or not.
    server.include_register_request =
        static_cast<bool>(find_in_extensions(node, "IncludeRegisterRequest"));
    server.include_register_response =
        static_cast<bool>(find_in_extensions(node, "IncludeRegisterResponse"));
    return server;
}

// TS 29.228 §B.2.2: Initial Filter Criteria class
InitialFilterCriteria ProfileReader::filter_criteria(pugi::xml_node node) const {
    InitialFilterCriteria criteria;
    if (const auto priority = node.child("Priority")) {
        criteria.priority = number(priority, kHighest);
    } else {
        complain_(node, "no <Priority>", "one in <InitialFilterCriteria>");
    }
    if (const auto point = node.child("TriggerPoint"))
        criteria.trigger_point = trigger_point(point);
    if (const auto server = node.child("ApplicationServer")) {
        criteria.application_server = application_server(server);
    } else {
        complain_(node, "no <ApplicationServer>", "one in <InitialFilterCriteria>");
    }
    if (const auto part = node.child("ProfilePartIndicator"))
        criteria.profile_part = static_cast<ProfilePart>(number(part, 1));
    return criteria;
}

// TS 29.228 §B.2: Service Profile class
ServiceProfile ProfileReader::service_profile(pugi::xml_node node) const {
    ServiceProfile profile;
    for (const auto identity : node.children("PublicIdentity"))
        profile.public_identities.push_back(public_identity(identity));
    if (profile.public_identities.empty())
        complain_(node, "no <PublicIdentity>", "at least one in <ServiceProfile>");
    const auto authorization = node.child("CoreNetworkServicesAuthorization");
    if (const auto media = authorization.child("SubscribedMediaProfileId")) {
        profile.subscribed_media_profile = number(media, kHighest);
    }
    if (const auto services = find_in_extensions(authorization, "ListOfServiceIds")) {
        for (const auto id : services.children("ServiceId"))
            profile.service_ids.push_back(text_of(id));
    }
    for (const auto criteria : node.children("InitialFilterCriteria"))
        profile.filter_criteria.push_back(filter_criteria(criteria));
    for (const auto id : node.child("Extension").children("SharedIFCSetID")) {
        profile.shared_filter_criteria.push_back(number(id, kHighest));
    }
    return profile;
}

// TS 29.228 §B.2.2A: what an operator provisions at the S-CSCF.
Result<std::vector<InitialFilterCriteria>, UserDataError> read_filter_criteria(
    std::string_view xml) {
    pugi::xml_document document;
    const auto parsed = document.load_buffer(
        xml.data(), xml.size(), pugi::parse_default | pugi::parse_fragment, pugi::encoding_utf8);
    if (!parsed) {
        return failure(UserDataError{static_cast<std::size_t>(parsed.offset),
                                     std::string("not well-formed: ") + parsed.description()});
    }
    std::optional<UserDataError> error;
    const ProfileReader reader(
        [&](pugi::xml_node node, const std::string& found, const std::string& expected) {
            if (!error)
                error = UserDataError{
                    static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0)),
                    "found " + found + ", expected " + expected};
        });
    std::vector<InitialFilterCriteria> criteria;
    for (const auto node : document.children("InitialFilterCriteria"))
        criteria.push_back(reader.filter_criteria(node));
    if (error) return failure(std::move(*error));
    if (criteria.empty())
        return failure(UserDataError{0, "found no <InitialFilterCriteria>, expected at least one"});
    return criteria;
}

Result<ImsSubscription, UserDataError> read_user_data(std::string_view xml) {
    if (xml.size() > kMaxUserDataBytes)
        return failure(UserDataError{0, "User-Data is longer than accepted"});
    pugi::xml_document document;
    const auto parsed = document.load_buffer(
        xml.data(), xml.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!parsed) {
        return failure(UserDataError{static_cast<std::size_t>(parsed.offset),
                                     std::string("not well-formed: ") + parsed.description()});
    }
    for (const auto node : document.children()) {
        if (node.type() == pugi::node_doctype)
            return failure(UserDataError{0, "found a document type, expected none"});
    }
    const auto root = document.child("IMSSubscription");
    if (!root)
        return failure(
            UserDataError{0, "found no <IMSSubscription>, expected it as the document's element"});

    std::optional<UserDataError> error;
    const ProfileReader reader(
        [&](pugi::xml_node node, const std::string& found, const std::string& expected) {
            if (!error)
                error = UserDataError{
                    static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0)),
                    "found " + found + ", expected " + expected};
        });
    ImsSubscription subscription;
    subscription.private_identity = text_of(root.child("PrivateID"));
    for (const auto profile : root.children("ServiceProfile")) {
        subscription.service_profiles.push_back(reader.service_profile(profile));
    }
    if (error) return failure(std::move(*error));
    if (subscription.service_profiles.empty())
        return failure(UserDataError{0, "found no <ServiceProfile>, expected at least one"});
    return subscription;
}

}  // namespace imslab::cx
