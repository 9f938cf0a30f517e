// RFC 3680 §5, with what TS 24.229 §5.4.2.1.2 says of implicitly registered identities: the one
// that was in the REGISTER is registered, the others of the set are created.
#include "scscf/registration_document.h"

#include <pugixml.hpp>
#include <sstream>

#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

// Stable and the same in each document: RFC 3680 §5.1 wants no more.
std::string id_of(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    std::string id = "a";
    for (int i = 0; i < 16; ++i, hash >>= 4) id += "0123456789abcdef"[hash & 15U];
    return id;
}

void add_text(pugi::xml_node parent, const char* name, std::string_view text) {
    parent.append_child(name).append_child(pugi::node_pcdata).set_value(std::string(text).c_str());
}

// RFC 3680 §5.1: what the document has no element for.
void add_parameters(pugi::xml_node node, std::string_view contact) {
    const auto parsed = sip::NameAddr::parse(contact);
    if (!parsed) return;
    parsed->params.for_each([&](const sip::Params::Item& item) {
        if (sip::equals_ignoring_case(item.name, "q") ||
            sip::equals_ignoring_case(item.name, "expires"))
            return true;
        auto parameter = node.append_child("unknown-param");
        parameter.append_attribute("name").set_value(std::string(item.name).c_str());
        if (item.has_value)
            parameter.append_child(pugi::node_pcdata).set_value(sip::unquote(item.value).c_str());
        return true;
    });
}

class Document {
public:
    Document(std::uint32_t version, const char* state, Time now) : now_(now) {
        root_ = document_.append_child("reginfo");
        root_.append_attribute("xmlns").set_value("urn:ietf:params:xml:ns:reginfo");
        root_.append_attribute("version").set_value(version);
        root_.append_attribute("state").set_value(state);
    }

    void begin(const std::string& identity, bool active) {
        identity_ = identity;
        registration_ = root_.append_child("registration");
        registration_.append_attribute("aor").set_value(identity.c_str());
        registration_.append_attribute("id").set_value(id_of(identity).c_str());
        registration_.append_attribute("state").set_value(active ? "active" : "terminated");
    }

    void add(const ContactChange& change, bool explicitly) {
        auto event = change.event;
        if (event == ContactEvent::registered && !explicitly) event = ContactEvent::created;
        auto node = registration_.append_child("contact");
        const std::string uri(change.uri());
        node.append_attribute("id").set_value(id_of(identity_ + ' ' + uri).c_str());
        node.append_attribute("state").set_value(change.is_active() ? "active" : "terminated");
        node.append_attribute("event").set_value(std::string(to_string(event)).c_str());
        if (change.is_active()) {
            const auto left = std::chrono::ceil<std::chrono::seconds>(change.expires - now_);
            node.append_attribute("expires").set_value(static_cast<long long>(left.count()));
        }
        node.append_attribute("callid").set_value(change.call_id.c_str());
        node.append_attribute("cseq").set_value(change.cseq);
        if (const auto contact = sip::NameAddr::parse(change.contact)) {
            if (const auto q = contact->params.get("q"))
                node.append_attribute("q").set_value(std::string(*q).c_str());
        }
        add_text(node, "uri", uri);
        add_parameters(node, change.contact);
    }

    std::string text() const {
        std::ostringstream out;
        document_.save(out, " ", pugi::format_default, pugi::encoding_utf8);
        return out.str();
    }

private:
    Time now_;
    pugi::xml_document document_;
    pugi::xml_node root_, registration_;
    std::string identity_;
};

}  // namespace

std::string full_registration_document(const ImplicitSet& set, std::uint32_t version, Time now) {
    Document document(version, "full", now);
    for (std::size_t i = 0; i < set.identities.size(); ++i) {
        if (set.identities[i].barred) continue;
        document.begin(set.identities[i].uri, !set.bindings.empty());
        for (const auto& binding : set.bindings) {
            ContactChange contact = gone(binding, binding.event);
            contact.expires = binding.expires;
            document.add(contact, binding.identity == i);
        }
    }
    return document.text();
}

std::string partial_registration_document(const ImplicitSet& set,
                                          const RegistrationChange& change,
                                          std::uint32_t version,
                                          Time now) {
    Document document(version, "partial", now);
    for (const auto& identity : set.identities) {
        if (identity.barred) continue;
        document.begin(identity.uri, !change.is_end() && !set.bindings.empty());
        for (const auto& contact : change.contacts)
            document.add(contact, identity.uri == change.identity);
    }
    return document.text();
}

}  // namespace imslab::scscf
