// Validates documents with libxml2 while they are parsed, so that no tree is built.
#include "hosts/store/xml_schema.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace imslab::host {

namespace {

constexpr std::size_t kMostErrors = 100;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Schema = std::unique_ptr<xmlSchema, Freed<xmlSchemaFree>>;
using Validation = std::unique_ptr<xmlSchemaValidCtxt, Freed<xmlSchemaFreeValidCtxt>>;
using Parser = std::unique_ptr<xmlParserCtxt, Freed<xmlFreeParserCtxt>>;

class Check {
public:
    Check(xmlSchema* schema,
          const std::string& allowed,
          std::string_view xml,
          const std::string& file)
        : schema_(schema), allowed_(allowed), xml_(xml), file_(file) {}

    std::vector<hss::FileError> run() {
        // libxml2 cannot validate references to entities while it parses.
        if (const auto type = xml_.find("<!DOCTYPE"); type != std::string_view::npos) {
            add(type, "a document type", "a document without one: entities are not read");
            return std::move(errors_);
        }
        const Validation validation(schema_ != nullptr ? xmlSchemaNewValidCtxt(schema_) : nullptr);
        // What is no XML is found before: libxml2 loses memory if it stops while it validates.
        if (!open_parser() || !validation) {
            add(0, "no memory for the schema", "some");
            return std::move(errors_);
        }
        *parser_->sax = xmlSAXHandler{};
        xmlParseDocument(parser_.get());
        if (parser_->wellFormed == 0) {
            const auto* last = xmlCtxtGetLastError(parser_.get());
            add(offset(), last ? in_one_line(last->message) : "no XML", "well-formed XML");
            return std::move(errors_);
        }
        if (!open_parser()) return std::move(errors_);
        xmlSchemaSetValidStructuredErrors(validation.get(), &Check::on_error, this);
        auto* plug = xmlSchemaSAXPlug(validation.get(), &parser_->sax, &parser_->userData);
        xmlParseDocument(parser_.get());
        if (plug != nullptr) xmlSchemaSAXUnplug(plug);
        if (parser_->myDoc != nullptr) xmlFreeDoc(std::exchange(parser_->myDoc, nullptr));
        return std::move(errors_);
    }

private:
    bool open_parser() {
        parser_.reset(xmlCreateMemoryParserCtxt(xml_.data(), static_cast<int>(xml_.size())));
        if (!parser_) return false;
        xmlCtxtUseOptions(parser_.get(), XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        return true;
    }

    static void on_error(void* self, xmlErrorPtr error) {
        auto& check = *static_cast<Check*>(self);
        auto found = in_one_line(error->message);
        std::string expected = check.allowed_;
        for (const std::string_view word : {" Expected is one of ", " Expected is "}) {
            const auto at = found.find(word);
            if (at == std::string::npos) continue;
            expected = found.substr(at + word.size());
            found.resize(at);
        }
        check.add(check.offset(), std::move(found), std::move(expected));
    }

    static std::string in_one_line(const char* message) {
        std::string text = message != nullptr ? message : "";
        std::replace(text.begin(), text.end(), '\n', ' ');
        while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
        return text;
    }

    // The beginning of the tag that is being read.
    std::size_t offset() const {
        const auto read = xmlByteConsumed(parser_.get());
        const auto at = std::min(static_cast<std::size_t>(std::max(read, 0L)), xml_.size());
        const auto tag = at == 0 ? std::string_view::npos : xml_.rfind('<', at - 1);
        return tag == std::string_view::npos ? at : tag;
    }

    void add(std::size_t offset, std::string found, std::string expected) {
        if (errors_.size() >= kMostErrors) return;
        const auto before = xml_.substr(0, offset);
        const auto line =
            static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
        const auto last = before.rfind('\n');
        const auto column =
            last == std::string_view::npos ? before.size() + 1 : before.size() - last;
        errors_.push_back({file_, line, column, std::move(found), std::move(expected)});
    }

    xmlSchema* schema_;
    const std::string& allowed_;
    std::string_view xml_;
    const std::string& file_;
    Parser parser_;
    std::vector<hss::FileError> errors_;
};

}  // namespace

struct XmlSchema::Compiled {
    Schema schema;
};

XmlSchema::XmlSchema(std::string_view xsd, const std::string& name)
    : compiled_(std::make_unique<Compiled>()), allowed_("what " + name + " allows there") {
    const std::unique_ptr<xmlSchemaParserCtxt, Freed<xmlSchemaFreeParserCtxt>> reader(
        xmlSchemaNewMemParserCtxt(xsd.data(), static_cast<int>(xsd.size())));
    compiled_->schema.reset(reader ? xmlSchemaParse(reader.get()) : nullptr);
}

XmlSchema::~XmlSchema() = default;

std::vector<hss::FileError> XmlSchema::errors(std::string_view xml, const std::string& file) const {
    return Check(compiled_->schema.get(), allowed_, xml, file).run();
}

}  // namespace imslab::host
