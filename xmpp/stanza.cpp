// RFC 6120 §8.1, §8.2.3, §8.3.1, §8.3.2.
#include "xmpp/stanza.h"

namespace imslab::xmpp {

bool is_stanza(const Element& element) {
    return element.ns.empty() &&
           (element.name == "message" || element.name == "presence" || element.name == "iq");
}

Element stanza(std::string_view name,
               const Jid& from,
               const Jid& to,
               std::string_view type,
               std::string_view id) {
    Element made{std::string(name)};
    made.set("from", from.to_string());
    made.set("to", to.to_string());
    if (!type.empty()) made.set("type", type);
    if (!id.empty()) made.set("id", id);
    return made;
}

namespace {

Element turned(const Element& stanza, std::string_view type) {
    Element back(stanza.name);
    if (!stanza.get("to").empty()) back.set("from", stanza.get("to"));
    if (!stanza.get("from").empty()) back.set("to", stanza.get("from"));
    back.set("type", type);
    if (!stanza.get("id").empty()) back.set("id", stanza.get("id"));
    return back;
}

}  // namespace

Element result_of(const Element& iq) { return turned(iq, "result"); }

std::optional<Element> error_reply(const Element& stanza, const StanzaError& error) {
    const auto type = stanza.get("type");
    if (type == "error" || type == "result") return std::nullopt;
    auto reply = turned(stanza, "error");
    Element said("error");
    said.set("type", to_string(error.type));
    said.add(Element(
        std::string(to_string(error.condition)), std::string(kStanzaErrors), error.new_address));
    if (!error.text.empty()) said.add(Element("text", std::string(kStanzaErrors), error.text));
    reply.add(std::move(said));
    return reply;
}

std::optional<StanzaError> error_of(const Element& stanza) {
    if (stanza.get("type") != "error") return std::nullopt;
    StanzaError error;
    const auto* said = stanza.child("error");
    if (said == nullptr) return error;
    for (const auto& child : said->children) {
        if (child.ns != kStanzaErrors) continue;
        if (child.name == "text") {
            error.text = child.text;
        } else if (const auto condition = condition_from(child.name)) {
            error.condition = *condition;
            error.new_address = child.text;
        }
    }
    error.type = error_type_from(said->get("type")).value_or(usual_type(error.condition));
    return error;
}

}  // namespace imslab::xmpp
