// RFC 3863 §4.1, RFC 3023: what is XML enough, and how namespaces are told apart.
#include "as/presence/strict_xml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "as/xdm/xml_text.h"

namespace imslab::presence {

namespace {

struct KnownNamespace {
    const char* prefix;  // with its colon
    std::string_view uri;
};
constexpr std::array kKnown{
    KnownNamespace{"", "urn:ietf:params:xml:ns:pidf"},
    KnownNamespace{"dm:", "urn:ietf:params:xml:ns:pidf:data-model"},
    KnownNamespace{"rpid:", "urn:ietf:params:xml:ns:pidf:rpid"},
    KnownNamespace{"c:", "urn:ietf:params:xml:ns:pidf:cipid"},
    KnownNamespace{"caps:", "urn:ietf:params:xml:ns:pidf:caps"},
    KnownNamespace{"ts:", "urn:ietf:params:xml:ns:pidf:timed-status"},
    KnownNamespace{"gp:", "urn:ietf:params:xml:ns:pidf:geopriv10"},
    KnownNamespace{"op:", "urn:oma:xml:prs:pidf:oma-pres"},
    KnownNamespace{"pdiff:", "urn:ietf:params:xml:ns:pidf-diff"},
    KnownNamespace{"cp:", "urn:ietf:params:xml:ns:common-policy"},
    KnownNamespace{"pr:", "urn:ietf:params:xml:ns:pres-rules"},
    KnownNamespace{"ocp:", "urn:oma:xml:xdm:common-policy"},
    KnownNamespace{"opr:", "urn:oma:xml:prs:pres-rules"},
    KnownNamespace{"rl:", "urn:ietf:params:xml:ns:resource-lists"},
    KnownNamespace{"rls:", "urn:ietf:params:xml:ns:rls-services"},
    KnownNamespace{"wi:", "urn:ietf:params:xml:ns:watcherinfo"},
    KnownNamespace{"sf:", "urn:ietf:params:xml:ns:simple-filter"},
    KnownNamespace{"xml:", "http://www.w3.org/XML/1998/namespace"},
};

constexpr std::size_t kLongestNamespace = 255;

constexpr unsigned kParse = pugi::parse_default | pugi::parse_doctype | pugi::parse_declaration;

// Without a document type only XML's own five names stand behind an ampersand, or the number of a
// character.
bool has_unknown_entity(std::string_view text) {
    const auto skip = [&](std::size_t& at, std::string_view open, std::string_view close) {
        if (!text.substr(at).starts_with(open)) return false;
        const auto end = text.find(close, at + open.size());
        at = end == text.npos ? text.size() : end + close.size() - 1;
        return true;
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (skip(at, "<!--", "-->") || skip(at, "<![CDATA[", "]]>") || text[at] != '&') continue;
        const auto end = text.find(';', at);
        if (end == text.npos || end - at > 10) return true;
        if (!xdm::referenced_character(text.substr(at + 1, end - at - 1))) return true;
    }
    return false;
}

// Walks the tree once, renaming as it goes.
class Canonical {
public:
    explicit Canonical(const XmlLimits& limits) : limits_(limits) {}

    bool element(pugi::xml_node node, std::size_t depth) {
        if (++nodes_ > limits_.nodes) return refuse("too many XML elements");
        if (depth > limits_.depth) return refuse("XML elements are nested too deeply");
        const auto declared = scope_.size();
        if (!declare(node) || !rename(node)) return false;
        for (auto child = node.first_child(); child; child = child.next_sibling()) {
            const auto type = child.type();
            if (type == pugi::node_element && !element(child, depth + 1)) return false;
        }
        scope_.resize(declared);
        return true;
    }
    const std::string& reason() const { return reason_; }

private:
    bool refuse(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
        return false;
    }
    bool declare(pugi::xml_node node) {
        std::set<std::string> names;
        for (auto attribute = node.first_attribute(); attribute;) {
            const auto next = attribute.next_attribute();
            const std::string name = attribute.name();
            if (!names.insert(name).second)
                return refuse("the attribute " + name + " stands twice");
            if (xdm::declares_namespace(name)) {
                // it is written beside each name of it
                if (std::string_view(attribute.value()).size() > kLongestNamespace)
                    return refuse("the name of a namespace is too long");
                scope_.emplace_back(name == "xmlns" ? "" : name.substr(6), attribute.value());
                node.remove_attribute(attribute);
            }
            attribute = next;
        }
        return true;
    }
    const std::string* uri_of(std::string_view prefix) const {
        static const std::string kXml(xdm::kXmlNamespace);
        if (prefix == "xml") return &kXml;
        for (auto it = scope_.rbegin(); it != scope_.rend(); ++it) {
            if (it->first == prefix) return &it->second;
        }
        return nullptr;
    }
    // "x:tuple" -> "tuple" where x stands for PIDF. A name of a namespace that we do not know gets
    // `stranger` as its prefix, and a declaration.
    using Declarations = std::vector<std::pair<std::string, std::string>>;
    bool canonical(std::string& name,
                   bool is_attribute,
                   const std::string& stranger,
                   Declarations& own) {
        const std::string prefix(xdm::prefix_of(name)), local(xdm::local_of(name));
        if (local.empty() || local.find(':') != std::string::npos)
            return refuse(name + " is no XML name");
        if (is_attribute && prefix.empty()) return true;
        const auto* uri = uri_of(prefix);
        if (uri == nullptr || uri->empty()) {
            if (prefix.empty()) return refuse("the element " + name + " is in no namespace");
            return refuse("the prefix " + prefix + " is not declared");
        }
        if (const auto* known = prefix_of_namespace(*uri)) {
            name = known + local;
            return true;
        }
        own.emplace_back("xmlns:" + stranger, *uri);
        name = stranger + ":" + local;
        return true;
    }
    bool rename(pugi::xml_node node) {
        Declarations own;
        std::string name = node.name();
        if (!canonical(name, false, "x", own)) return false;
        node.set_name(name.c_str());
        for (auto attribute : node.attributes()) {
            std::string spelt = attribute.name();
            const auto stranger = "y" + std::to_string(own.size());
            if (!canonical(spelt, true, stranger, own)) return false;
            attribute.set_name(spelt.c_str());
        }
        for (const auto& [declaration, uri] : own)
            node.append_attribute(declaration.c_str()).set_value(uri.c_str());
        return name.starts_with("pdiff:") ? rename_path(node.attribute("sel")) : true;
    }
    // RFC 5261 §4.2.1, §4.2.2: the names in a selector are of the patch's namespaces, the default
    // one included.
    bool rename_path(pugi::xml_attribute selector) {
        const std::string text = selector.value();
        std::string path;
        for (std::size_t at = 0; at < text.size();) {
            const char c = text[at];
            if (c == '"' || c == '\'') {
                const auto end = std::min(text.find(c, at + 1), text.size() - 1);
                path.append(text, at, end + 1 - at);
                at = end + 1;
                continue;
            }
            const auto end = std::min(text.find_first_of("/[]@=*\"'() ", at), text.size());
            auto name = text.substr(at, end - at);
            const bool is_name = !name.empty() && name[0] != '.' &&
                                 (name[0] < '0' || name[0] > '9') &&
                                 (end == text.size() || text[end] != '(');
            Declarations unused;
            if (is_name && !canonical(name, at > 0 && text[at - 1] == '@', "x", unused))
                return false;
            path += name;
            if (end < text.size() && text[end] != '"' && text[end] != '\'') path += text[end];
            at = end < text.size() && (text[end] == '"' || text[end] == '\'') ? end : end + 1;
        }
        selector.set_value(path.c_str());
        return true;
    }

    const XmlLimits& limits_;
    std::vector<std::pair<std::string, std::string>> scope_;
    std::size_t nodes_ = 0;
    std::string reason_;
};

}  // namespace

const char* prefix_of_namespace(std::string_view uri) {
    for (const auto& known : kKnown) {
        if (known.uri == uri) return known.prefix;
    }
    return nullptr;
}

std::string_view namespace_of_prefix(std::string_view prefix) {
    for (const auto& known : kKnown) {
        const std::string_view own = known.prefix;
        if (own.substr(0, own.size() - (own.empty() ? 0 : 1)) == prefix) return known.uri;
    }
    return {};
}

Result<void, std::string> read_strictly(std::string_view text,
                                        pugi::xml_document& into,
                                        const XmlLimits& limits) {
    if (text.size() > limits.octets) return failure(std::string("the document is too large"));
    bool is_utf8 = true;
    if (xdm::not_utf8_at(text, is_utf8) != text.npos)
        return failure(std::string("the document is not UTF-8"));
    const auto parsed = into.load_buffer(text.data(), text.size(), kParse, pugi::encoding_utf8);
    if (!parsed) {
        return failure("not well-formed XML at octet " + std::to_string(parsed.offset) + ": " +
                       parsed.description());
    }
    std::size_t elements = 0;
    for (const auto& node : into.children()) {
        if (node.type() == pugi::node_doctype)
            return failure(std::string("a document type declaration is not accepted"));
        if (node.type() == pugi::node_element) ++elements;
    }
    if (elements != 1) return failure(std::string("the document has not one root element"));
    if (has_unknown_entity(text))
        return failure(std::string("an entity that XML does not define is not accepted"));
    Canonical canonical(limits);
    if (!canonical.element(into.document_element(), 1)) return failure(canonical.reason());
    return {};
}

std::string declarations_for(std::string_view text) {
    std::string all;
    for (const auto& known : kKnown) {
        const std::string_view prefix = known.prefix;
        if (prefix == "xml:") continue;
        if (prefix.empty()) {
            all.append(" xmlns=\"").append(known.uri).append("\"");
            continue;
        }
        bool used = false;
        for (auto at = text.find(prefix); at != std::string_view::npos && !used;
             at = text.find(prefix, at + 1)) {
            const char before = at == 0 ? ' ' : text[at - 1];
            used = before == '<' || before == ' ' || before == '/' || before == '"';
        }
        if (used)
            all.append(" xmlns:")
                .append(prefix.substr(0, prefix.size() - 1))
                .append("=\"")
                .append(known.uri)
                .append("\"");
    }
    return all;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<double> decimal(std::string_view text) {
    double number = 0;
    const auto read =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const bool whole =
        read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(number);
    return whole ? std::optional(number) : std::nullopt;
}

std::string text_of(const pugi::xml_node& node) {
    struct Into final : pugi::xml_writer {
        std::string text;
        void write(const void* data, std::size_t size) override {
            text.append(static_cast<const char*>(data), size);
        }
    } into;
    node.print(into, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
    return std::move(into.text);
}

// RFC 3339 §5.6.
std::optional<std::int64_t> read_date_time(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t size) -> int {
        int value = 0;
        for (std::size_t i = at; i < at + size; ++i) {
            if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
            value = value * 10 + (text[i] - '0');
        }
        return value;
    };
    const auto is = [&](std::size_t at, char c) { return at < text.size() && text[at] == c; };
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 24 ||
        minute < 0 || minute > 59 || second < 0 || second > 60 || !is(4, '-') || !is(7, '-') ||
        !(is(10, 'T') || is(10, 't')) || !is(13, ':') || !is(16, ':'))
        return std::nullopt;
    std::size_t at = 19;
    if (is(at, '.')) {
        ++at;
        if (number(at, 1) < 0) return std::nullopt;
        while (number(at, 1) >= 0) ++at;
    }
    std::int64_t offset_minutes = 0;
    if (is(at, 'Z') || is(at, 'z')) {
        ++at;
    } else if (is(at, '+') || is(at, '-')) {
        const int hours = number(at + 1, 2), minutes = number(at + 4, 2);
        if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || !is(at + 3, ':'))
            return std::nullopt;
        offset_minutes = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
        at += 6;
    } else if (at != text.size()) {
        return std::nullopt;
    }
    if (at != text.size()) return std::nullopt;
    // days from civil date, years that begin in March
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = y / 400, of_era = y - era * 400;
    const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t days =
        era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
}

}  // namespace imslab::presence
