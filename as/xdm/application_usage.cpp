// The usages that this server keeps: RFC 4825 §12, RFC 4826, RFC 4827, RFC 5025, TS 24.623, OMA
// XDM, OMA IM XDM.
#include "as/xdm/application_usage.h"

#include <array>

#include "as/xdm/constraints.h"
#include "as/xdm/schema.h"

namespace imslab::xdm {

namespace {

constexpr std::string_view kPolicyNamespaces =
    "urn:ietf:params:xml:ns:common-policy urn:ietf:params:xml:ns:pres-rules "
    "urn:oma:xml:prs:pres-rules urn:oma:xml:xdm:common-policy";

const std::array<ApplicationUsage, 11>& all() {
    static const std::array<ApplicationUsage, 11> usages{{
        {.auid = "xcap-caps",
         .content_type = "application/xcap-caps+xml",
         .default_namespace = "urn:ietf:params:xml:ns:xcap-caps",
         .schema = "xcap-caps.xsd",
         .namespaces = "urn:ietf:params:xml:ns:xcap-caps urn:ietf:params:xml:ns:xcap-error",
         .only_name = "index",
         .computed = true,
         .in_users_tree = false},
        {.auid = "resource-lists",
         .content_type = "application/resource-lists+xml",
         .default_namespace = "urn:ietf:params:xml:ns:resource-lists",
         .schema = "resource-lists.xsd",
         .namespaces = "urn:ietf:params:xml:ns:resource-lists",
         .only_name = {},
         .constraint = resource_list_conflict},
        {.auid = "rls-services",
         .content_type = "application/rls-services+xml",
         .default_namespace = "urn:ietf:params:xml:ns:rls-services",
         .schema = "rls-services.xsd",
         .namespaces = "urn:ietf:params:xml:ns:rls-services",
         .only_name = {},
         .constraint = rls_service_conflict,
         .unique_in_server = true},
        {.auid = "pres-rules",
         .content_type = "application/auth-policy+xml",
         .default_namespace = "urn:ietf:params:xml:ns:pres-rules",
         .schema = "policy.xsd",
         .namespaces = kPolicyNamespaces,
         .only_name = {}},
        {.auid = "org.openmobilealliance.pres-rules",
         .content_type = "application/auth-policy+xml",
         .default_namespace = "urn:ietf:params:xml:ns:common-policy",
         .schema = "policy.xsd",
         .namespaces = kPolicyNamespaces,
         .only_name = {}},
        {.auid = "org.openmobilealliance.groups",
         .content_type = "application/vnd.oma.poc.groups+xml",
         .default_namespace = "urn:oma:xml:poc:list-service",
         .schema = "groups.xsd",
         .namespaces = "urn:oma:xml:poc:list-service",
         .only_name = {},
         .constraint = group_conflict,
         .unique_in_server = true},
        {.auid = "org.openmobilealliance.user-profile",
         .content_type = "application/vnd.oma.user-profile+xml",
         .default_namespace = "urn:oma:xml:xdm:user-profile",
         .schema = "user-profile.xsd",
         .namespaces = "urn:oma:xml:xdm:user-profile",
         .only_name = "user-profile",
         .constraint = user_profile_conflict,
         .all_may_read = true},
        {.auid = "org.openmobilealliance.xcap-directory",
         .content_type = "application/vnd.oma.xcap-directory+xml",
         .default_namespace = "urn:oma:xml:xdm:xcap-directory",
         .schema = "xcap-directory.xsd",
         .namespaces = "urn:oma:xml:xdm:xcap-directory",
         .only_name = "directory.xml",
         .computed = true},
        {.auid = "org.openmobilealliance.conv-history",
         .content_type = "application/vnd.oma.im.history-list+xml",
         .default_namespace = "urn:oma:xml:im:history-list",
         .schema = "history-list.xsd",
         .namespaces = "urn:oma:xml:im:history-list",
         .only_name = "conv-history",
         .constraint = history_conflict},
        {.auid = "pidf-manipulation",
         .content_type = "application/pidf+xml",
         .default_namespace = "urn:ietf:params:xml:ns:pidf",
         .schema = "pidf.xsd",
         .namespaces = "urn:ietf:params:xml:ns:pidf",
         .only_name = "index",
         .constraint = presence_conflict},
        {.auid = "simservs.ngn.etsi.org",
         .content_type = "application/vnd.etsi.simservs+xml",
         .default_namespace = "http://uri.etsi.org/ngn/params/xml/simservs/xcap",
         .schema = "simservs.xsd",
         .namespaces = "http://uri.etsi.org/ngn/params/xml/simservs/xcap",
         .only_name = "simservs.xml"},
    }};
    return usages;
}

}  // namespace

std::span<const ApplicationUsage> application_usages() { return all(); }

const ApplicationUsage* find_usage(std::string_view auid) {
    for (const auto& usage : all()) {
        if (usage.auid == auid) return &usage;
    }
    return nullptr;
}

std::optional<Conflict> conflict_of(const ApplicationUsage& usage, const Proposed& proposed) {
    if (auto fault = schema_fault(proposed.tree.text(), usage.schema))
        return Conflict{Conflict::Kind::schema_validation_error, std::move(*fault), {}, {}};
    return usage.constraint != nullptr ? usage.constraint(proposed) : std::nullopt;
}

}  // namespace imslab::xdm
