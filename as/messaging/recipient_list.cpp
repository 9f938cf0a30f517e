// RFC 5364 §4, RFC 5365 §4, §7.
#include "as/messaging/recipient_list.h"

#include <set>

#include "as/messaging/xml_body.h"
#include "core/xml_escape.h"
#include "sip/uri.h"

namespace imslab::messaging {

namespace {

constexpr std::string_view kLists = "urn:ietf:params:xml:ns:resource-lists";
constexpr std::string_view kCopyControl = "urn:ietf:params:xml:ns:copycontrol";

struct Reading {
    std::vector<Recipient> recipients;
    std::set<std::string> seen;
    std::size_t most;
    std::string problem;
};

void read_entry(const pugi::xml_node& entry, Reading& reading) {
    Recipient recipient;
    for (const auto& attribute : entry.attributes()) {
        const std::string_view name = attribute.name(), value = attribute.value();
        if (name == "uri") recipient.uri = value;
        if (namespace_of_attribute(entry, attribute) != kCopyControl) continue;
        const auto local = name.substr(name.find(':') + 1);
        if (local == "copyControl") {
            if (value == "to") recipient.copy = Recipient::Copy::to;
            if (value == "cc") recipient.copy = Recipient::Copy::cc;
        } else if (local == "anonymize") {
            recipient.anonymize = value == "true" || value == "1";
        }
    }
    const auto canonical = sip::canonical_identity(recipient.uri);
    if (!canonical) {
        reading.problem = "The recipient list has an entry without a URI";
        return;
    }
    if (!reading.seen.insert(*canonical).second) return;
    if (reading.recipients.size() == reading.most) {
        reading.problem =
            "The recipient list has more than " + std::to_string(reading.most) + " entries";
        return;
    }
    reading.recipients.push_back(std::move(recipient));
}

// Lists in lists are allowed by the format and mean no more here (RFC 5365 §4).
void read_entries(const pugi::xml_node& list, Reading& reading, int depth) {
    for (const auto& child : list.children()) {
        if (!reading.problem.empty() || namespace_of(child) != kLists) continue;
        if (local_name(child) == "entry") read_entry(child, reading);
        if (local_name(child) == "list" && depth < 8) read_entries(child, reading, depth + 1);
    }
}

}  // namespace

Result<std::vector<Recipient>, std::string> read_recipient_list(std::string_view xml,
                                                                std::size_t most) {
    pugi::xml_document document;
    if (auto problem = load_xml(document, xml)) return failure(std::move(*problem));
    const auto root = document.document_element();
    if (local_name(root) != "resource-lists" || namespace_of(root) != kLists)
        return failure(std::string("The recipient list is no resource-lists document"));
    Reading reading;
    reading.most = most;
    read_entries(root, reading, 0);
    if (!reading.problem.empty()) return failure(std::move(reading.problem));
    if (reading.recipients.empty()) return failure(std::string("The recipient list is empty"));
    return std::move(reading.recipients);
}

std::string write_recipient_history(const std::vector<Recipient>& recipients) {
    std::string entries;
    for (const auto copy : {Recipient::Copy::to, Recipient::Copy::cc}) {
        const std::string attribute =
            std::string(" cp:copyControl=\"") + (copy == Recipient::Copy::to ? "to" : "cc") + "\"";
        unsigned anonymous = 0;
        for (const auto& recipient : recipients) {
            if (recipient.copy != copy) continue;
            if (recipient.anonymize) {
                ++anonymous;
                continue;
            }
            entries += "<entry uri=\"" + xml_escaped(recipient.uri) + "\"" + attribute + "/>";
        }
        if (anonymous != 0)
            entries += "<entry uri=\"sip:anonymous@anonymous.invalid\"" + attribute +
                       " cp:count=\"" + std::to_string(anonymous) + "\"/>";
    }
    if (entries.empty()) return {};
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists xmlns=\"" +
           std::string(kLists) + "\" xmlns:cp=\"" + std::string(kCopyControl) + "\"><list>" +
           entries + "</list></resource-lists>";
}

}  // namespace imslab::messaging
