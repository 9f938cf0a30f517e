// Reads Sh-Data: the classes of TS 29.328 Annex C in the XML of Annex D, extensions included.
#include <algorithm>
#include <charconv>
#include <sstream>

#include "diameter/sh_data.h"
#include "diameter/user_profile_xml.h"

namespace imslab::sh {
namespace {

std::string text_of(pugi::xml_node node) {
    std::string_view text = node.child_value();
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(space) - first + 1));
}

std::string content_of(pugi::xml_node node) {
    std::ostringstream xml;
    for (const auto child : node.children()) child.print(xml, "", pugi::format_raw);
    return std::move(xml).str();
}

class Reader {
public:
    ShData read(pugi::xml_node root) {
        ShData data;
        if (const auto node = root.child("PublicIdentifiers"))
            data.public_identifiers = identifiers(node);
        for (const auto node : root.children("RepositoryData"))
            data.repository_data.push_back(repository_data(node));
        read_ims_data(root.child("Sh-IMS-Data"), data);
        read_domain(root, true, data.cs);
        read_domain(root, false, data.ps);
        const auto extension = root.child("Extension");
        read_identities(extension, "RegisteredIdentities", data.registered_identities);
        read_identities(extension, "ImplicitIdentities", data.implicit_identities);
        read_identities(extension, "AllIdentities", data.all_identities);
        read_identities(extension, "AliasIdentities", data.alias_identities);
        for (const auto node : extension.children("AliasesRepositoryData"))
            data.aliases_repository_data.push_back(repository_data(node));
        return data;
    }

    void complain(pugi::xml_node node, const std::string& found, const std::string& expected) {
        if (error_) return;
        const auto at = node.offset_debug();
        error_ = cx::UserDataError{at > 0 ? static_cast<std::size_t>(at) : 0,
                                   "found " + found + ", expected " + expected};
    }
    const std::optional<cx::UserDataError>& error() const { return error_; }

private:
    std::string needed(pugi::xml_node parent, const char* name) {
        const auto node = parent.child(name);
        auto text = text_of(node);
        if (text.empty())
            complain(node ? node : parent,
                     node ? std::string("an empty ") + name : std::string("no ") + name,
                     "a value");
        return text;
    }
    std::uint32_t number(pugi::xml_node node, std::uint32_t highest) {
        const auto text = text_of(node);
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool is_number =
            !text.empty() && error == std::errc{} && end == text.data() + text.size();
        if (is_number && value <= highest) return value;
        complain(node,
                 "\"" + text.substr(0, 60) + "\" in " + node.name(),
                 "a number from 0 to " + std::to_string(highest));
        return 0;
    }

    PublicIdentifiers identifiers(pugi::xml_node node) {
        PublicIdentifiers all;
        for (const auto one : node.children("IMSPublicIdentity"))
            all.identities.push_back(text_of(one));
        for (const auto one : node.children("MSISDN")) all.msisdns.push_back(text_of(one));
        const auto extension = node.child("Extension");
        if (const auto type = extension.child("IdentityType"))
            all.type = static_cast<cx::IdentityType>(number(type, 3));
        all.wildcarded_psi = text_of(extension.child("WildcardedPSI"));
        all.wildcarded_impu = text_of(extension.child("Extension").child("WildcardedIMPU"));
        return all;
    }
    void read_identities(pugi::xml_node parent,
                         const char* name,
                         std::optional<PublicIdentifiers>& into) {
        if (const auto node = parent.child(name)) into = identifiers(node);
    }

    RepositoryData repository_data(pugi::xml_node node) {
        RepositoryData data;
        data.service_indication = needed(node, "ServiceIndication");
        if (const auto sequence = node.child("SequenceNumber"))
            data.sequence_number = number(sequence, kHighestSequenceNumber);
        else
            complain(node, "no SequenceNumber", "one");
        if (const auto inside = node.child("ServiceData")) data.service_data = content_of(inside);
        return data;
    }

    void read_ims_data(pugi::xml_node node, ShData& data) {
        if (const auto name = node.child("SCSCFName")) data.s_cscf_name = text_of(name);
        if (const auto list = node.child("IFCs")) {
            const cx::ProfileReader profile(
                [this](pugi::xml_node where, std::string found, std::string expected) {
                    complain(where, found, expected);
                });
            data.filter_criteria.emplace();
            for (const auto one : list.children("InitialFilterCriteria"))
                data.filter_criteria->push_back(profile.filter_criteria(one));
        }
        if (const auto state = node.child("IMSUserState"))
            data.user_state = static_cast<ImsUserState>(number(state, 3));
        if (const auto charging = node.child("ChargingInformation")) {
            data.charging = cx::ChargingInformation{
                text_of(charging.child("PrimaryEventChargingFunctionName")),
                text_of(charging.child("SecondaryEventChargingFunctionName")),
                text_of(charging.child("PrimaryChargingCollectionFunctionName")),
                text_of(charging.child("SecondaryChargingCollectionFunctionName"))};
        }
        const auto extension = node.child("Extension");
        if (const auto active = extension.child("PSIActivation"))
            data.psi_active = number(active, 1) == 1;
        for (const auto one : extension.child("Extension").children("DSAI")) {
            Dsai dsai;
            dsai.tag = needed(one, "DSAI-Tag");
            needed(one, "DSAI-Value");
            if (const auto value = one.child("DSAI-Value")) dsai.active = number(value, 1) == 0;
            data.dsai.push_back(std::move(dsai));
        }
    }

    void read_domain(pugi::xml_node root, bool circuit_switched, std::optional<DomainData>& into) {
        const auto location =
            root.child(circuit_switched ? "CSLocationInformation" : "PSLocationInformation");
        const auto state = root.child(circuit_switched ? "CSUserState" : "PSUserState");
        if (!location && !state) return;
        into.emplace();
        for (const auto name : location_elements(circuit_switched)) {
            if (const auto node = location.child(name.data()))
                into->location.emplace_back(name, text_of(node));
        }
        if (state)
            into->user_state =
                number(state, circuit_switched ? kHighestCsUserState : kHighestPsUserState);
    }

    std::optional<cx::UserDataError> error_;
};

}  // namespace

// TS 29.328 Annex D: tCSLocationInformation, tPSLocationInformation.
const std::vector<std::string_view>& location_elements(bool circuit_switched) {
    static const std::vector<std::string_view> cs{"LocationNumber",
                                                  "CellGlobalId",
                                                  "ServiceAreaId",
                                                  "LocationAreaId",
                                                  "GeographicalInformation",
                                                  "GeodeticInformation",
                                                  "VLRNumber",
                                                  "MSCNumber",
                                                  "CurrentLocationRetrieved",
                                                  "AgeOfLocationInformation"};
    static const std::vector<std::string_view> ps{"CellGlobalId",
                                                  "ServiceAreaId",
                                                  "LocationAreaId",
                                                  "RoutingAreaId",
                                                  "GeographicalInformation",
                                                  "GeodeticInformation",
                                                  "SGSNNumber",
                                                  "CurrentLocationRetrieved",
                                                  "AgeOfLocationInformation"};
    return circuit_switched ? cs : ps;
}

Result<ShData, cx::UserDataError> read_sh_data(std::string_view xml) {
    if (xml.size() > cx::kMaxUserDataBytes)
        return failure(cx::UserDataError{cx::kMaxUserDataBytes, "more than User-Data may be"});
    pugi::xml_document document;
    const auto parsed = document.load_buffer(
        xml.data(), xml.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!parsed)
        return failure(
            cx::UserDataError{static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)),
                              parsed.description()});
    Reader reader;
    for (const auto node : document.children()) {
        if (node.type() == pugi::node_doctype)
            reader.complain(node, "a document type", "none: entities are not read");
    }
    const auto root = document.child("Sh-Data");
    if (!root)
        reader.complain(document.document_element(),
                        "<" + std::string(document.document_element().name()) + ">",
                        "<Sh-Data>");
    auto data = reader.read(root);
    if (reader.error()) return failure(*reader.error());
    return data;
}

}  // namespace imslab::sh
