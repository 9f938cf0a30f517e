// The settings of the small enablers.
#include <nlohmann/json.hpp>

#include "as/enablers.h"
#include "as/settings_reader.h"
#include "sip/params.h"

namespace imslab::as {

Result<EnablerRecipe, std::string> read_enabler(const std::string& name,
                                                const nlohmann::json& settings) {
    if (!settings.is_object())
        return failure("enablers." + name + ": found " + settings.dump() + ", expected a map");
    SettingsReader reader(name, settings);
    EnablerRecipe recipe;
    recipe.name = name;
    recipe.identities = reader.uris("identities");
    const auto kind = reader.text("kind", name);
    if (kind == "answering") {
        recipe.make = [name, status = reader.status("status", 200)](Services& services) {
            return make_answering(services, name, status);
        };
    } else if (kind == "marking") {
        MarkingSettings marking;
        const auto header = reader.text("header");
        const auto colon = header.find(':');
        if (!header.empty() && (colon == std::string::npos || colon == 0))
            reader.wrong("header", "\"Name: value\"");
        marking.header = header.substr(0, colon);
        if (colon != std::string::npos)
            marking.value = sip::trim(std::string_view(header).substr(colon + 1));
        marking.record_route = reader.flag("record_route", true);
        recipe.make = [name, marking](Services& services) {
            return make_marking(services, name, marking);
        };
    } else if (kind == "redirecting") {
        RedirectingSettings redirecting;
        redirecting.to = reader.uri("to");
        redirecting.answer = reader.flag("answer", false);
        recipe.make = [name, redirecting](Services& services) {
            return make_redirecting(services, name, redirecting);
        };
    } else if (kind == "back-to-back") {
        recipe.make = [name](Services& services) { return make_back_to_back(services, name); };
    } else if (kind == "welcoming") {
        WelcomingSettings welcoming;
        welcoming.from = reader.uri("from");
        if (settings.contains("to")) welcoming.to = reader.uri("to");
        welcoming.text = reader.text("text", welcoming.text);
        welcoming.originating = reader.flag("originating", true);
        recipe.make = [name, welcoming](Services& services) {
            return make_welcoming(services, name, welcoming);
        };
    } else if (kind == "callback") {
        CallbackSettings callback;
        callback.service = reader.uri("service");
        if (settings.contains("first")) callback.first = reader.uri("first");
        callback.ring_limit = std::chrono::seconds(reader.seconds("ring_seconds", 120));
        recipe.make = [name, callback](Services& services) {
            return make_callback(services, name, callback);
        };
    } else {
        return failure("enablers." + name + ": found the kind \"" + kind +
                       "\", expected answering, marking, redirecting, back-to-back, welcoming, "
                       "callback, or a larger one: messaging, presence, resource-lists, xdm, "
                       "aggregation-proxy, bsf, interaction");
    }
    if (auto mistake = reader.mistake(); !mistake.empty()) return failure(std::move(mistake));
    return recipe;
}

}  // namespace imslab::as
