// The settings of the presence enablers.
#include "as/presence/presence_settings.h"

#include <nlohmann/json.hpp>

#include "as/presence/presence_server.h"
#include "as/presence/resource_list_server.h"
#include "as/settings_reader.h"

namespace imslab::presence {

namespace {

void read_list_server(as::SettingsReader& reader, as::EnablerRecipe& recipe) {
    ResourceListSettings lists;
    lists.plain_sip = reader.flag("plain_sip", false);
    reader.number("min_expires_seconds", lists.min_expires);
    reader.number("max_expires_seconds", lists.max_expires, 1);
    reader.number("max_subscriptions", lists.max_subscriptions);
    reader.number("max_members", lists.max_members, 1);
    reader.milliseconds("min_interval_ms", lists.min_interval);
    recipe.make = [name = recipe.name, lists](as::Services& services) {
        return make_resource_list_server(services, name, lists);
    };
}

void read_presence_server(as::SettingsReader& reader, as::EnablerRecipe& recipe) {
    PresenceSettings presence;
    const auto otherwise = reader.text("unruled", std::string(to_string(presence.otherwise)));
    if (const auto handling = sub_handling_from(otherwise)) {
        presence.otherwise = *handling;
    } else {
        reader.wrong("unruled", "block, confirm, polite-block or allow");
    }
    presence.believes_from = reader.flag("plain_sip", false);
    presence.domains = reader.texts("domains");
    reader.number("min_expires_seconds", presence.min_expires);
    reader.number("max_expires_seconds", presence.max_expires, 1);
    reader.number("min_publish_seconds", presence.min_publish);
    reader.number("max_publish_seconds", presence.max_publish, 1);
    reader.number("max_subscriptions", presence.max_subscriptions);
    reader.number("max_publications", presence.publications.all);
    reader.number("max_publications_of_one_user", presence.publications.of_one_user);
    reader.number("max_document_octets", presence.xml.octets);
    reader.milliseconds("min_interval_ms", presence.min_interval);
    reader.milliseconds("watcher_information_interval_ms", presence.watcher_information_interval);
    recipe.make = [name = recipe.name, presence](as::Services& services) {
        return make_presence_server(services, name, presence);
    };
}

}  // namespace

Result<as::EnablerRecipe, std::string> read_presence_enabler(const std::string& name,
                                                             const nlohmann::json& settings) {
    if (!settings.is_object())
        return failure("enablers." + name + ": found " + settings.dump() + ", expected a map");
    as::SettingsReader reader(name, settings);
    as::EnablerRecipe recipe;
    recipe.name = name;
    recipe.identities = reader.uris("identities");
    if (reader.text("kind", name) == "resource-lists") {
        read_list_server(reader, recipe);
    } else {
        read_presence_server(reader, recipe);
    }
    if (auto mistake = reader.mistake(); !mistake.empty()) return failure(std::move(mistake));
    return recipe;
}

}  // namespace imslab::presence
