// Reads subscriber files. Every mistake is found where it stands; nothing is guessed.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <pugixml.hpp>
#include <set>

#include "diameter/user_profile_xml.h"
#include "hss/provisioning.h"
#include "hss/subscriber_file.h"
#include "sip/digest.h"

namespace imslab::hss {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 60)) + "\""; }

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

bool is_decimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// 2 hexadecimal digits an octet; for 16 octets also 16 characters, as SIPp's scripts have them.
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> octets_from(std::string_view text) {
    std::array<std::uint8_t, N> octets{};
    if (N == 16 && text.size() == N) {
        std::copy(text.begin(), text.end(), octets.begin());
        return octets;
    }
    if (text.size() != 2 * N) return std::nullopt;
    for (std::size_t i = 0; i < N; ++i) {
        const auto* at = text.data() + 2 * i;
        const auto [end, error] = std::from_chars(at, at + 2, octets[i], 16);
        if (error != std::errc{} || end != at + 2) return std::nullopt;
    }
    return octets;
}

class FileReader {
public:
    FileReader(std::string_view xml, std::string file) : xml_(xml), file_(std::move(file)) {
        for (std::size_t i = 0; i < xml_.size(); ++i) {
            if (xml_[i] == '\n') lines_.push_back(i + 1);
        }
    }

    Result<std::vector<Subscription>, std::vector<FileError>> read() {
        pugi::xml_document document;
        const auto parsed = document.load_buffer(xml_.data(),
                                                 xml_.size(),
                                                 pugi::parse_default | pugi::parse_doctype,
                                                 pugi::encoding_utf8);
        if (!parsed) {
            return failure(std::vector<FileError>{at(
                static_cast<std::size_t>(parsed.offset), parsed.description(), "well-formed XML")});
        }
        for (const auto node : document.children()) {
            if (node.type() == pugi::node_doctype)
                complain(node, "a document type", "none: entities are not read");
        }
        const auto root = document.child("subscribers");
        if (!root)
            complain(
                document.document_element(), element(document.document_element()), "<subscribers>");
        std::vector<Subscription> subscriptions;
        for (const auto node : root.children()) {
            if (!expect(node, {"subscriber"})) continue;
            subscriptions.push_back(subscription(node));
            check(node, subscriptions.back());
        }
        if (errors_.empty()) return subscriptions;
        std::stable_sort(
            errors_.begin(), errors_.end(), [](const FileError& a, const FileError& b) {
                return std::pair(a.line, a.column) < std::pair(b.line, b.column);
            });
        return failure(std::move(errors_));
    }

private:
    FileError at(std::size_t offset, std::string found, std::string expected) const {
        const auto at = std::min(offset, xml_.size());
        const auto begin = std::prev(std::upper_bound(lines_.begin(), lines_.end(), at));
        const auto line = static_cast<std::size_t>(begin - lines_.begin()) + 1;
        const auto column = at - *begin + 1;
        return {file_, line, column, std::move(found), std::move(expected)};
    }
    void complain(pugi::xml_node node, std::string found, std::string expected) {
        errors_.push_back(
            at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0)),
               std::move(found),
               std::move(expected)));
    }
    static std::string element(pugi::xml_node node) {
        return node.type() == pugi::node_element ? "<" + std::string(node.name()) + ">"
                                                 : "text " + quoted(node.value());
    }
    bool expect(pugi::xml_node node, const std::vector<std::string_view>& names) {
        if (node.type() == pugi::node_doctype || node.type() == pugi::node_declaration)
            return false;
        if (node.type() == pugi::node_element &&
            std::find(names.begin(), names.end(), node.name()) != names.end())
            return true;
        complain(node, element(node), joined(names));
        return false;
    }
    void expect_attributes(pugi::xml_node node, const std::vector<std::string_view>& names) {
        for (const auto attribute : node.attributes()) {
            if (std::find(names.begin(), names.end(), attribute.name()) == names.end()) {
                complain(node,
                         "attribute " + quoted(attribute.name()),
                         names.empty() ? "no attribute" : joined(names));
            }
        }
    }
    // One of the words; their index.
    std::size_t word(pugi::xml_node node,
                     const char* name,
                     const std::vector<std::string_view>& words) {
        const auto attribute = node.attribute(name);
        if (!attribute) return 0;
        const auto found = std::find(words.begin(), words.end(), attribute.value());
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
        complain(node, std::string(name) + "=" + quoted(attribute.value()), joined(words));
        return 0;
    }
    bool yes(pugi::xml_node node, const char* name, bool otherwise = false) {
        return word(node,
                    name,
                    otherwise ? std::vector<std::string_view>{"yes", "no"}
                              : std::vector<std::string_view>{"no", "yes"}) == (otherwise ? 0 : 1);
    }
    std::string text(pugi::xml_node node) {
        std::string_view value = node.child_value();
        constexpr std::string_view space = " \t\r\n";
        const auto first = value.find_first_not_of(space);
        if (first == std::string_view::npos) {
            complain(node, "an empty <" + std::string(node.name()) + ">", "a value");
            return {};
        }
        return std::string(value.substr(first, value.find_last_not_of(space) - first + 1));
    }
    std::uint32_t number(pugi::xml_node node) {
        const auto value = text(node);
        std::uint32_t result = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), result);
        if (!value.empty() && (error != std::errc{} || end != value.data() + value.size()))
            complain(node, quoted(value), "a number");
        return result;
    }
    template <std::size_t N>
    std::array<std::uint8_t, N> octets(pugi::xml_node node, const char* name) {
        const std::string_view value = node.attribute(name).value();
        if (const auto found = octets_from<N>(value)) return *found;
        // Never the value: it may be a key with one character too many.
        complain(
            node,
            std::string(name) + " of " + std::to_string(value.size()) + " characters",
            std::to_string(2 * N) + " hexadecimal digits" + (N == 16 ? " or 16 characters" : ""));
        return {};
    }

    std::optional<AkaCredentials> aka(pugi::xml_node node);
    std::optional<DigestCredentials> digest(pugi::xml_node node,
                                            const std::string& private_identity);
    PrivateIdentity private_identity(pugi::xml_node node, std::string identity);
    cx::PublicIdentity public_identity(pugi::xml_node node);
    bool profile_part(pugi::xml_node node, cx::ServiceProfile& profile);
    ImplicitRegistrationSet implicit_registration_set(pugi::xml_node node);
    Subscription subscription(pugi::xml_node node);
    void read_capabilities(pugi::xml_node node, cx::ServerCapabilities& capabilities);
    DsaiTag dsai(pugi::xml_node node);
    sh::DomainData domain(pugi::xml_node node, bool circuit_switched);
    bool sh_part(pugi::xml_node node, Subscription& subscription);
    void check(pugi::xml_node node, const Subscription& subscription);

    std::string_view xml_;
    std::string file_;
    std::vector<std::size_t> lines_{0};  // where each begins: a file may have a mistake in each
    std::vector<FileError> errors_;
    std::map<std::string, std::string> owner_;  // of names and identities in this file
};

constexpr std::string_view kKeyAttributes[] = {
    "scheme", "k", "op", "opc", "amf", "sqn", "realm", "password", "ha1", "algorithm"};

std::vector<std::string_view> with_keys(std::vector<std::string_view> names) {
    names.insert(names.end(), std::begin(kKeyAttributes), std::end(kKeyAttributes));
    return names;
}

std::optional<AkaCredentials> FileReader::aka(pugi::xml_node node) {
    if (!node.attribute("k")) {
        for (const auto* other : {"op", "opc", "amf", "sqn"}) {
            if (node.attribute(other))
                complain(node, std::string(other) + " without k", "k beside it");
        }
        return std::nullopt;
    }
    AkaCredentials credentials;
    credentials.k = octets<16>(node, "k");
    if (static_cast<bool>(node.attribute("op")) == static_cast<bool>(node.attribute("opc"))) {
        complain(node,
                 node.attribute("op") ? "both op and opc" : "neither op nor opc",
                 "one of op, opc");
    } else if (node.attribute("opc")) {
        credentials.opc = octets<16>(node, "opc");
    } else {
        credentials.opc = aka::opc_from_op(credentials.k, octets<16>(node, "op"));
    }
    if (node.attribute("amf")) credentials.amf = octets<2>(node, "amf");
    if (node.attribute("sqn")) {
        for (const auto octet : octets<6>(node, "sqn"))
            credentials.sqn = credentials.sqn << 8 | octet;
    }
    return credentials;
}

std::optional<DigestCredentials> FileReader::digest(pugi::xml_node node,
                                                    const std::string& private_identity) {
    const auto password = node.attribute("password");
    const auto ha1 = node.attribute("ha1");
    if (!password && !ha1) return std::nullopt;
    if (password && ha1) complain(node, "both password and ha1", "one of password, ha1");
    DigestCredentials credentials;
    const auto at = private_identity.find('@');
    credentials.realm = node.attribute("realm")
                            ? node.attribute("realm").value()
                            : (at == std::string::npos ? "" : private_identity.substr(at + 1));
    if (credentials.realm.empty())
        complain(node, "no realm", "realm, or a private identity with a domain");
    const auto algorithm = word(node, "algorithm", {"MD5", "SHA-256"});
    credentials.algorithm = algorithm == 0 ? "MD5" : "SHA-256";
    const auto hash = algorithm == 0 ? sip::HashAlgorithm::md5 : sip::HashAlgorithm::sha256;
    if (password) {
        credentials.ha1 = sip::ha1(hash, private_identity, credentials.realm, password.value());
        return credentials;
    }
    credentials.ha1 = ha1.value();
    const std::size_t digits = algorithm == 0 ? 32 : 64;
    if (credentials.ha1.size() != digits ||
        credentials.ha1.find_first_not_of("0123456789abcdef") != std::string::npos) {
        complain(node,
                 "ha1 of " + std::to_string(credentials.ha1.size()) + " characters",
                 std::to_string(digits) + " lower-case hexadecimal digits");
    }
    return credentials;
}

PrivateIdentity FileReader::private_identity(pugi::xml_node node, std::string identity) {
    PrivateIdentity one;
    one.aka = aka(node);
    one.digest = digest(node, identity);
    one.identity = std::move(identity);
    one.scheme = one.aka ? AuthScheme::aka : AuthScheme::digest;
    if (node.attribute("scheme"))
        one.scheme =
            word(node, "scheme", {"aka", "digest"}) == 0 ? AuthScheme::aka : AuthScheme::digest;
    if (!one.aka && !one.digest)
        complain(node, "neither k nor password", "k with op or opc, or password or ha1");
    return one;
}

cx::PublicIdentity FileReader::public_identity(pugi::xml_node node) {
    expect_attributes(node, {"barred", "type", "display-name", "alias-group"});
    cx::PublicIdentity identity;
    identity.identity = text(node);
    identity.barred = yes(node, "barred");
    identity.type = static_cast<cx::IdentityType>(
        word(node, "type", {"user", "psi", "wildcarded-psi", "wildcarded-user"}));
    identity.display_name = node.attribute("display-name").value();
    identity.alias_group = node.attribute("alias-group").value();
    const auto canonical = canonical_identity(identity.identity);
    if (!identity.identity.empty() && !canonical.starts_with("sip:") &&
        !canonical.starts_with("sips:") && !canonical.starts_with("tel:")) {
        complain(node, quoted(identity.identity), "a sip:, sips: or tel: URI");
    }
    const bool wildcarded = identity.type == cx::IdentityType::wildcarded_psi ||
                            identity.type == cx::IdentityType::wildcarded_impu;
    if (wildcarded != (std::count(identity.identity.begin(), identity.identity.end(), '!') >= 2)) {
        complain(node,
                 quoted(identity.identity),
                 wildcarded ? "an expression between two exclamation marks"
                            : "type=\"wildcarded-psi\" or \"wildcarded-user\"");
    }
    if (identity.type == cx::IdentityType::wildcarded_psi)
        identity.wildcarded_psi = identity.identity;
    if (identity.type == cx::IdentityType::wildcarded_impu)
        identity.wildcarded_impu = identity.identity;
    return identity;
}

// What may stand in a profile, or right in a subscriber that has only one.
bool FileReader::profile_part(pugi::xml_node node, cx::ServiceProfile& profile) {
    const std::string_view name = node.name();
    if (name == "public") {
        profile.public_identities.push_back(public_identity(node));
    } else if (name == "InitialFilterCriteria") {
        const cx::ProfileReader reader(
            [this](pugi::xml_node where, std::string found, std::string expected) {
                complain(where, std::move(found), std::move(expected));
            });
        profile.filter_criteria.push_back(reader.filter_criteria(node));
    } else if (name == "media-profile") {
        profile.subscribed_media_profile = number(node);
    } else if (name == "service") {
        profile.service_ids.push_back(text(node));
    } else if (name == "shared-filter-criteria") {
        profile.shared_filter_criteria.push_back(number(node));
    } else {
        return false;
    }
    return true;
}

ImplicitRegistrationSet FileReader::implicit_registration_set(pugi::xml_node node) {
    expect_attributes(node, {"application-server"});
    ImplicitRegistrationSet set;
    set.application_server = node.attribute("application-server").value();
    for (const auto child : node.children()) {
        if (!expect(child, {"private-identity", "profile", "dsai"})) continue;
        if (std::string_view(child.name()) == "dsai") {
            set.dsai.push_back(dsai(child));
            continue;
        }
        if (std::string_view(child.name()) == "private-identity") {
            set.private_identities.push_back(text(child));
            continue;
        }
        expect_attributes(child, {});
        cx::ServiceProfile profile;
        for (const auto part : child.children()) {
            if (profile_part(part, profile)) continue;
            complain(
                part,
                element(part),
                "public, InitialFilterCriteria, media-profile, service, shared-filter-criteria");
        }
        set.service_profiles.push_back(std::move(profile));
    }
    return set;
}

void FileReader::read_capabilities(pugi::xml_node node, cx::ServerCapabilities& capabilities) {
    expect_attributes(node, {});
    for (const auto child : node.children()) {
        if (!expect(child, {"mandatory", "optional", "server-name"})) continue;
        const std::string_view name = child.name();
        if (name == "mandatory") capabilities.mandatory.push_back(number(child));
        if (name == "optional") capabilities.optional.push_back(number(child));
        if (name == "server-name") capabilities.server_names.push_back(text(child));
    }
}

DsaiTag FileReader::dsai(pugi::xml_node node) {
    expect_attributes(node, {"tag", "server"});
    DsaiTag one{node.attribute("server").value(), node.attribute("tag").value(), {}};
    if (one.tag.empty()) complain(node, "no tag", "tag=\"…\"");
    if (one.server_name.empty()) complain(node, "no server", "server=\"sip:…\"");
    for (const auto child : node.children()) {
        if (expect(child, {"priority"})) one.priorities.push_back(number(child));
    }
    return one;
}

// TS 29.328 §7.6: what the other domains would say, administered.
sh::DomainData FileReader::domain(pugi::xml_node node, bool circuit_switched) {
    expect_attributes(node, {"state"});
    sh::DomainData data;
    const auto& elements = sh::location_elements(circuit_switched);
    for (const auto child : node.children()) {
        if (expect(child, elements)) data.location.emplace_back(child.name(), text(child));
    }
    const auto state = node.attribute("state");
    if (!state) return data;
    const std::string_view value = state.value();
    const auto highest = circuit_switched ? sh::kHighestCsUserState : sh::kHighestPsUserState;
    if (value.size() == 1 && value[0] >= '0' && value[0] <= static_cast<char>('0' + highest))
        data.user_state = static_cast<std::uint32_t>(value[0] - '0');
    else
        complain(node, "state=" + quoted(value), "0 to " + std::to_string(highest));
    return data;
}

// What stands right in a subscriber for Sh alone.
bool FileReader::sh_part(pugi::xml_node node, Subscription& subscription) {
    const std::string_view name = node.name();
    if (name == "msisdn") {
        expect_attributes(node, {});
        const auto digits = text(node);
        if (digits.size() < 5 || digits.size() > 15 || !is_decimal(digits))
            complain(node, quoted(digits), "5 to 15 digits");
        subscription.msisdns.push_back(digits);
    } else if (name == "cs-domain") {
        subscription.cs = domain(node, true);
    } else if (name == "ps-domain") {
        subscription.ps = domain(node, false);
    } else {
        return false;
    }
    return true;
}

Subscription FileReader::subscription(pugi::xml_node node) {
    expect_attributes(node,
                      with_keys({"name", "imsi", "mnc-digits", "private", "registration-allowed"}));
    const std::string imsi = node.attribute("imsi").value();
    const unsigned mnc_digits = word(node, "mnc-digits", {"2", "3"}) == 0 ? 2 : 3;
    if (node.attribute("imsi") && (imsi.size() < 6 || imsi.size() > 15 || !is_decimal(imsi))) {
        complain(node, "imsi=" + quoted(imsi), "6 to 15 digits");
    }
    Subscription subscription;
    subscription.registration_allowed = yes(node, "registration-allowed", true);

    // TS 23.003 §13.3, §13.4B: what no file has to say.
    cx::ServiceProfile only;
    std::string own = node.attribute("private").value();
    if (own.empty() && !imsi.empty()) own = private_identity_of(imsi, mnc_digits);
    if (!own.empty()) subscription.private_identities.push_back(private_identity(node, own));
    const bool has_sets = static_cast<bool>(node.child("set"));
    std::vector<DsaiTag> switches;
    if (!imsi.empty() && !has_sets) {
        cx::PublicIdentity temporary;
        temporary.identity = temporary_public_identity_of(imsi, mnc_digits);
        temporary.barred = true;
        only.public_identities.push_back(std::move(temporary));
    }
    for (const auto child : node.children()) {
        const std::string_view name = child.name();
        if (!has_sets && profile_part(child, only)) continue;
        if (sh_part(child, subscription)) continue;
        if (!has_sets && name == "dsai") {
            switches.push_back(dsai(child));
            continue;
        }
        if (!expect(child,
                    {"private",
                     "set",
                     "capabilities",
                     "charging",
                     "roaming",
                     "public",
                     "InitialFilterCriteria",
                     "dsai",
                     "msisdn",
                     "cs-domain",
                     "ps-domain"}))
            continue;
        if (name == "private") {
            expect_attributes(child, with_keys({"identity"}));
            std::string identity = child.attribute("identity").value();
            if (identity.empty()) complain(child, "no identity", "identity=\"…\"");
            subscription.private_identities.push_back(private_identity(child, std::move(identity)));
        } else if (name == "set") {
            subscription.sets.push_back(implicit_registration_set(child));
        } else if (name == "capabilities") {
            read_capabilities(child, subscription.capabilities);
        } else if (name == "charging") {
            expect_attributes(
                child,
                {"primary-event", "secondary-event", "primary-collection", "secondary-collection"});
            subscription.charging =
                cx::ChargingInformation{child.attribute("primary-event").value(),
                                        child.attribute("secondary-event").value(),
                                        child.attribute("primary-collection").value(),
                                        child.attribute("secondary-collection").value()};
        } else if (name == "roaming") {
            expect_attributes(child, {});
            subscription.roaming_restricted = true;
            for (const auto network : child.children()) {
                if (expect(network, {"network"}))
                    subscription.visited_networks.push_back(text(network));
            }
        } else {
            complain(child,
                     "<" + std::string(name) + "> beside <set>",
                     "it inside a <profile> of a <set>");
        }
    }
    if (!has_sets) {
        ImplicitRegistrationSet set;
        set.service_profiles.push_back(std::move(only));
        set.dsai = std::move(switches);
        subscription.sets.push_back(std::move(set));
    }
    subscription.name = node.attribute("name") ? node.attribute("name").value()
                        : imsi.empty()         ? own
                                               : imsi;
    if (subscription.name.empty())
        complain(node, "<subscriber> without name, imsi or private", "one of them");
    return subscription;
}

// No name and no identity twice in one file.
void FileReader::check(pugi::xml_node node, const Subscription& subscription) {
    if (auto wrong = contradiction_in(subscription))
        complain(node, *wrong, "a subscription that agrees with itself");
    const auto claim = [&](const std::string& what) {
        const auto [owner, fresh] = owner_.emplace(what, subscription.name);
        if (!fresh)
            complain(node,
                     what + ", which subscription " + owner->second + " has already",
                     "each identity once");
    };
    if (!owner_.emplace("subscription " + subscription.name, subscription.name).second) {
        complain(node, "subscription " + subscription.name + " again", "each name once");
        return;
    }
    for (const auto& one : subscription.private_identities)
        claim("private identity " + one.identity);
    for (const auto& number : subscription.msisdns) claim("MSISDN " + number);
    for (const auto& set : subscription.sets) {
        for (const auto& profile : set.service_profiles) {
            for (const auto& one : profile.public_identities)
                claim("public identity " + canonical_identity(one.identity));
        }
    }
}

}  // namespace

std::string FileError::to_string() const {
    return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": found " + found +
           ", expected " + expected;
}

Result<std::vector<Subscription>, std::vector<FileError>> read_subscribers(std::string_view xml,
                                                                           std::string file) {
    return FileReader(xml, std::move(file)).read();
}

}  // namespace imslab::hss
