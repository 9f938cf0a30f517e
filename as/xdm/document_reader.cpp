// Reading: XML 1.0 (fifth edition) without document types, and Namespaces in XML 1.0.
#include <algorithm>

#include "as/xdm/document_tree.h"

namespace imslab::xdm {

class DocumentReader {
public:
    DocumentReader(std::string_view text, const XmlLimits& limits, DocumentTree& tree)
        : text_(text), limits_(limits), tree_(tree) {}

    std::optional<XmlFault> read(bool whole_document) {
        if (text_.size() > limits_.octets) {
            too_much("more than " + std::to_string(limits_.octets) + " octets");
            return fault_;
        }
        bool is_utf8 = true;
        if (const auto wrong = not_utf8_at(text_, is_utf8); wrong != std::string_view::npos) {
            at_ = wrong;
            auto found = *fault(is_utf8 ? "a character that XML does not allow"
                                        : "octets that are no UTF-8");
            found.not_utf8 = !is_utf8;
            return found;
        }
        if (whole_document && !read_prolog()) return *fault_;
        skip_space();
        if (!read_root()) return *fault_;
        while (!fault_ && at_ < text_.size()) {
            if (is_xml_space(text_[at_])) {
                ++at_;
            } else if (!whole_document || !read_aside()) {
                fault("something behind the root element");
            }
        }
        return fault_;
    }

private:
    std::optional<XmlFault> fault(std::string what) {
        if (!fault_) fault_ = XmlFault{at_, std::move(what), false, false};
        return fault_;
    }
    bool too_much(std::string what) {
        fault(std::move(what));
        fault_->beyond_limit = true;
        return false;
    }
    bool looking_at(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    bool skip_space() {
        const auto before = at_;
        while (at_ < text_.size() && is_xml_space(text_[at_])) ++at_;
        return at_ != before;
    }
    // Behind the next `end`; false with a fault if there is none.
    bool skip_to(std::string_view end, const char* what) {
        const auto found = text_.find(end, at_);
        if (found == std::string_view::npos)
            return fault(std::string(what) + " without an end"), false;
        at_ = found + end.size();
        return true;
    }

    // A byte order mark, the declaration, comments and processing instructions.
    bool read_prolog() {
        if (looking_at("\xEF\xBB\xBF")) at_ += 3;
        if (looking_at("<?xml") && at_ + 5 < text_.size() && is_xml_space(text_[at_ + 5])) {
            const auto begin = at_;
            if (!skip_to("?>", "an XML declaration")) return false;
            if (!is_utf8_declared(text_.substr(begin, at_ - begin))) {
                at_ = begin;
                fault("an encoding that is not UTF-8");
                fault_->not_utf8 = true;
                return false;
            }
        }
        while (skip_space() || (!fault_ && read_aside())) {
        }
        return !fault_;
    }
    static bool is_utf8_declared(std::string_view declaration) {
        auto found = declaration.find("encoding");
        if (found == std::string_view::npos) return true;
        declaration.remove_prefix(found);
        const auto quote = declaration.find_first_of("\"'");
        if (quote == std::string_view::npos) return false;
        auto name = declaration.substr(quote + 1);
        std::string lower(name.substr(0, name.find(declaration[quote])));
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return lower == "utf-8" || lower == "us-ascii";
    }

    // A comment or a processing instruction; false: there is none here.
    bool read_aside() {
        if (looking_at("<!--")) {
            at_ += 4;
            const auto end = text_.find("--", at_);
            if (end == std::string_view::npos || text_.substr(end, 3) != "-->")
                return fault("a comment without an end, or with -- in it"), false;
            at_ = end + 3;
            return true;
        }
        if (looking_at("<!DOCTYPE")) return fault("a document type: entities are not read"), false;
        if (looking_at("<?")) {
            at_ += 2;
            const auto begin = at_;
            if (!skip_name(false)) return fault("a processing instruction without a name"), false;
            auto target = std::string(text_.substr(begin, at_ - begin));
            for (char& c : target) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            if (target == "xml")
                return fault("an XML declaration that does not stand first"), false;
            return skip_to("?>", "a processing instruction");
        }
        return false;
    }

    bool skip_name(bool qualified) {
        const auto part = [&] {
            if (at_ >= text_.size() || !is_name_character(text_[at_], true)) return false;
            while (at_ < text_.size() && is_name_character(text_[at_], false)) ++at_;
            return true;
        };
        if (!part()) return false;
        if (qualified && looking_at(":")) return ++at_, part();
        return true;
    }

    bool read_root() {
        if (!looking_at("<") || !read_start()) return fault("no element"), false;
        while (!fault_ && !open_.empty()) {
            const auto next = text_.find('<', at_);
            if (next == std::string_view::npos)
                return at_ = text_.size(), fault("an element without an end"), false;
            if (!check_character_data(next)) return false;
            at_ = next;
            if (looking_at("</")) {
                if (!read_end()) return false;
            } else if (looking_at("<![CDATA[")) {
                if (!skip_to("]]>", "a CDATA section")) return false;
            } else if (looking_at("<!") || looking_at("<?")) {
                if (!read_aside()) return fault("a declaration inside an element"), false;
            } else if (!read_start()) {
                return false;
            }
        }
        return !fault_;
    }

    bool check_character_data(std::size_t end) {
        const auto data = text_.substr(at_, end - at_);
        for (auto found = data.find('&'); found != std::string_view::npos;
             found = data.find('&', found + 1)) {
            const auto semicolon = data.find(';', found);
            if (semicolon != std::string_view::npos &&
                referenced_character(data.substr(found + 1, semicolon - found - 1)))
                continue;
            at_ += found;
            return fault("a reference to an entity that is not one of XML's five"), false;
        }
        if (const auto wrong = data.find("]]>"); wrong != std::string_view::npos)
            return at_ += wrong, fault("]]> in character data"), false;
        return true;
    }

    bool read_start() {
        DocumentTree::Element element;
        element.begin = position();
        ++at_;
        const auto name_at = at_;
        if (!skip_name(true)) return fault("no element's name"), false;
        element.name_size = static_cast<std::uint32_t>(at_ - name_at);
        if (open_.size() >= limits_.depth)
            return too_much("elements more than " + std::to_string(limits_.depth) + " deep");
        if (tree_.elements_.size() >= limits_.elements)
            return too_much("more than " + std::to_string(limits_.elements) + " elements");
        element.attributes_begin = static_cast<std::uint32_t>(tree_.attributes_.size());
        const auto scope = declared_.size();
        if (!read_attributes(element)) return false;
        const auto own = static_cast<std::uint32_t>(tree_.elements_.size());
        element.empty_tag = looking_at("/>");
        at_ += element.empty_tag ? 2 : 1;
        element.content_begin = element.content_end = element.end = position();
        if (!resolve(element, text_.substr(name_at, element.name_size))) return false;
        if (!open_.empty()) {
            element.parent = open_.back().element;
            auto& last = open_.back().last_child;
            if (last == DocumentTree::kNone)
                tree_.elements_[element.parent].first_child = own;
            else
                tree_.elements_[last].next_sibling = own;
            last = own;
        }
        tree_.elements_.push_back(element);
        if (element.empty_tag)
            declared_.resize(scope);
        else
            open_.push_back({own, DocumentTree::kNone, scope});
        return true;
    }

    bool read_end() {
        auto& element = tree_.elements_[open_.back().element];
        const auto content_end = position();
        at_ += 2;
        const auto name = text_.substr(element.begin + 1, element.name_size);
        if (!looking_at(name))
            return fault("an end tag that is not </" + std::string(name) + ">"), false;
        at_ += name.size();
        skip_space();
        if (!looking_at(">"))
            return fault("an end tag that is not </" + std::string(name) + ">"), false;
        ++at_;
        element.content_end = content_end;
        element.end = position();
        declared_.resize(open_.back().scope);
        open_.pop_back();
        return true;
    }

    bool read_attributes(DocumentTree::Element& element) {
        while (true) {
            const bool apart = skip_space();
            if (looking_at(">") || looking_at("/>")) break;
            if (!apart) return fault("a tag without an end"), false;
            if (!read_attribute()) return false;
            if (tree_.attributes_.size() - element.attributes_begin > limits_.attributes)
                return too_much("more than " + std::to_string(limits_.attributes) + " attributes");
        }
        element.attributes_end = static_cast<std::uint32_t>(tree_.attributes_.size());
        return true;
    }

    bool read_attribute() {
        DocumentTree::Attribute attribute;
        attribute.begin = position();
        if (!skip_name(true)) return fault("no attribute's name"), false;
        const auto name = text_.substr(attribute.begin, at_ - attribute.begin);
        attribute.name_size = static_cast<std::uint32_t>(name.size());
        skip_space();
        if (!looking_at("=")) return fault("an attribute without a value"), false;
        ++at_;
        skip_space();
        if (!looking_at("\"") && !looking_at("'"))
            return fault("an attribute's value without quotes"), false;
        const char quote = text_[at_++];
        attribute.value_begin = position();
        const auto end = text_.find(quote, at_);
        if (end == std::string_view::npos)
            return fault("an attribute's value without an end"), false;
        const auto value = text_.substr(at_, end - at_);
        if (value.find('<') != std::string_view::npos || !with_references_replaced(value))
            return fault("an attribute's value with < or an unknown entity"), false;
        at_ = end;
        attribute.value_end = position();
        ++at_;
        attribute.end = position();
        tree_.attributes_.push_back(attribute);
        if (!declares_namespace(name)) return true;
        auto space = *with_references_replaced(value);
        const auto prefix = name == "xmlns" ? std::string_view() : local_of(name);
        if ((space.empty() && !prefix.empty()) || prefix == "xmlns" ||
            (prefix == "xml") != (space == kXmlNamespace))
            return fault("a namespace declaration that is not allowed"), false;
        declared_.push_back({std::string(prefix), index_of(std::move(space))});
        return true;
    }

    std::uint32_t index_of(std::string space) {
        if (space.empty()) return 0;
        const auto [found, fresh] =
            space_index_.try_emplace(space, static_cast<std::uint32_t>(tree_.spaces_.size()));
        if (fresh) tree_.spaces_.push_back(std::move(space));
        return found->second;
    }
    std::optional<std::uint32_t> lookup(std::string_view prefix) {
        for (auto it = declared_.rbegin(); it != declared_.rend(); ++it) {
            if (it->prefix == prefix) return it->space;
        }
        const auto around = tree_.around_.find(prefix);
        if (around != tree_.around_.end()) return index_of(around->second);
        if (prefix == "xml") return index_of(std::string(kXmlNamespace));
        return prefix.empty() ? std::optional<std::uint32_t>(0) : std::nullopt;
    }

    // Prefixes are declared, no attribute stands twice (Namespaces in XML, section 6.3).
    bool resolve(DocumentTree::Element& element, std::string_view name) {
        const auto space = lookup(prefix_of(name));
        if (!space)
            return fault("the prefix " + std::string(prefix_of(name)) + ", which is not declared"),
                   false;
        element.space = *space;
        names_.clear();
        for (auto i = element.attributes_begin; i < element.attributes_end; ++i) {
            const auto& attribute = tree_.attributes_[i];
            const auto own = text_.substr(attribute.begin, attribute.name_size);
            const auto prefix = prefix_of(own);
            std::uint32_t of_attribute = 0;
            if (declares_namespace(own)) {
                of_attribute = DocumentTree::kNone;  // apart from all others
            } else if (!prefix.empty()) {
                const auto known = lookup(prefix);
                if (!known)
                    return fault("the prefix " + std::string(prefix) + ", which is not declared"),
                           false;
                of_attribute = *known;
            }
            names_.emplace_back(of_attribute,
                                of_attribute == DocumentTree::kNone ? own : local_of(own));
        }
        std::sort(names_.begin(), names_.end());
        if (std::adjacent_find(names_.begin(), names_.end()) != names_.end())
            return fault("an attribute that stands twice"), false;
        return true;
    }

    std::uint32_t position() const { return static_cast<std::uint32_t>(at_); }

    struct Open {
        std::uint32_t element, last_child;
        std::size_t scope;
    };
    struct Declared {
        std::string prefix;
        std::uint32_t space;
    };
    std::string_view text_;
    const XmlLimits& limits_;
    DocumentTree& tree_;
    std::size_t at_ = 0;
    std::vector<Open> open_;
    std::vector<Declared> declared_;
    std::map<std::string, std::uint32_t, std::less<>> space_index_;
    std::vector<std::pair<std::uint32_t, std::string_view>> names_;
    std::optional<XmlFault> fault_;
};

Result<DocumentTree, XmlFault> DocumentTree::parse(std::string_view text, const XmlLimits& limits) {
    DocumentTree tree;
    tree.text_ = text;
    tree.spaces_.emplace_back();
    if (auto fault = DocumentReader(text, limits, tree).read(true))
        return failure(std::move(*fault));
    return tree;
}

Result<DocumentTree, XmlFault> DocumentTree::parse_element(std::string_view text,
                                                           const Bindings& around,
                                                           const XmlLimits& limits) {
    DocumentTree tree;
    tree.text_ = text;
    tree.spaces_.emplace_back();
    tree.around_ = around;
    if (auto fault = DocumentReader(text, limits, tree).read(false))
        return failure(std::move(*fault));
    return tree;
}

}  // namespace imslab::xdm
