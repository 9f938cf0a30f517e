// The settings of an XDM server in a topology.
#include <nlohmann/json.hpp>

#include "as/xdm/xcap_uri.h"
#include "as/xdm/xdm_server.h"
#include "sip/uri.h"

namespace imslab::xdm {

namespace {

using nlohmann::json;

// The first thing that is wrong is kept.
class Reader {
public:
    void wrong(const std::string& key, const json& found, const std::string& expected) {
        if (mistake.empty()) mistake = key + ": found " + found.dump() + ", expected " + expected;
    }
    std::string identity(const std::string& key, const json& value) {
        const auto identity =
            value.is_string() ? sip::canonical_identity(value.get<std::string>()) : std::nullopt;
        if (!identity) wrong(key, value, "a sip: or tel: URI");
        return identity.value_or(std::string());
    }
    // Of a list or one alone.
    template <class Each>
    void each(const json& value, Each take) {
        if (!value.is_array()) return take(value);
        for (const auto& one : value) take(one);
    }
    void grant(const json& value, Access& access) {
        if (!value.is_object() || !value.contains("to") || !value.contains("owner"))
            return wrong("grants", value, R"({"to": URI, "owner": URI or "*"})");
        Grant grant;
        for (const auto& [key, member] : value.items()) {
            if (key == "to") {
                grant.to = identity("grants.to", member);
            } else if (key == "owner") {
                grant.owner = member == "*" ? std::string("*") : identity("grants.owner", member);
            } else if (key == "write" && member.is_boolean()) {
                grant.write = member.get<bool>();
            } else if (key == "auids" && member.is_array()) {
                for (const auto& auid : member) {
                    if (!auid.is_string() || find_usage(auid.get<std::string>()) == nullptr)
                        wrong("grants.auids", auid, "an AUID of this server");
                    else
                        grant.auids.insert(auid.get<std::string>());
                }
            } else {
                wrong("grants", value, "to, owner, auids (a list) and write (true or false)");
            }
        }
        access.grants.push_back(std::move(grant));
    }

    std::string mistake;
};

bool is_root(const json& value) {
    if (!value.is_string()) return false;
    const auto text = value.get<std::string>();
    return text.starts_with('/') && text.find('?') == std::string::npos &&
           text.find('#') == std::string::npos;
}

}  // namespace

Result<XdmSettings, std::string> read_xdm_settings(const json& settings) {
    XdmSettings result;
    Reader reader;
    for (const auto& [key, value] : settings.items()) {
        if (key == "kind" || key == "identities") continue;
        if (key == "root") {
            if (!is_root(value)) reader.wrong(key, value, "a path like /xcap");
            if (value.is_string()) result.xcap.root = value.get<std::string>();
            while (result.xcap.root.ends_with('/')) result.xcap.root.pop_back();
        } else if (key == "trusted") {
            reader.each(value, [&](const json& one) {
                const auto ip =
                    one.is_string() ? IpAddress::parse(one.get<std::string>()) : std::nullopt;
                if (ip)
                    result.authentication.trusted.insert(*ip);
                else
                    reader.wrong(key, one, "IP addresses");
            });
        } else if (key == "digest" || key == "gba") {
            auto& flag = key == "gba" ? result.authentication.gba : result.authentication.digest;
            if (value.is_boolean())
                flag = value.get<bool>();
            else
                reader.wrong(key, value, "true or false");
        } else if (key == "realm") {
            if (value.is_string())
                result.authentication.realm = value.get<std::string>();
            else
                reader.wrong(key, value, "a text");
        } else if (key == "administrators") {
            reader.each(value, [&](const json& one) {
                result.xcap.access.administrators.insert(reader.identity(key, one));
            });
        } else if (key == "grants") {
            reader.each(value, [&](const json& one) { reader.grant(one, result.xcap.access); });
        } else if (key == "max_document_bytes") {
            if (value.is_number_unsigned() && value > 0U && value <= 64U << 20U)
                result.xcap.xml.octets = value.get<std::size_t>();
            else
                reader.wrong(key, value, "a number up to 67108864");
        } else {
            reader.wrong(key,
                         value,
                         "one of root, trusted, digest, gba, realm, administrators, grants, "
                         "max_document_bytes");
        }
    }
    if (!reader.mistake.empty()) return failure(std::move(reader.mistake));
    return result;
}

}  // namespace imslab::xdm
