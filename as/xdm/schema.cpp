// XML Schema 1.0 by libxml2; imports are found among what is compiled in, by "imslab:NAME".
#include "as/xdm/schema.h"

#include <libxml/parser.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemas.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "as/xdm/embedded_schemas.h"

namespace imslab::xdm {

namespace {

constexpr std::string_view kScheme = "imslab:";

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Schema = std::unique_ptr<xmlSchema, Freed<xmlSchemaFree>>;
using SchemaParser = std::unique_ptr<xmlSchemaParserCtxt, Freed<xmlSchemaFreeParserCtxt>>;
using Validation = std::unique_ptr<xmlSchemaValidCtxt, Freed<xmlSchemaFreeValidCtxt>>;
using Document = std::unique_ptr<xmlDoc, Freed<xmlFreeDoc>>;

// ---- what libxml2 may read: our schemas

struct Reading {
    std::string_view rest;
};

int is_ours(const char* name) { return std::string_view(name).starts_with(kScheme) ? 1 : 0; }
void* open_ours(const char* name) {
    const auto text = schema_text(std::string_view(name).substr(kScheme.size()));
    return text.empty() ? nullptr : new Reading{text};
}
int read_ours(void* reading, char* into, int size) {
    auto& rest = static_cast<Reading*>(reading)->rest;
    const auto count = std::min(rest.size(), static_cast<std::size_t>(std::max(size, 0)));
    std::copy_n(rest.begin(), count, into);
    rest.remove_prefix(count);
    return static_cast<int>(count);
}
int close_ours(void* reading) {
    delete static_cast<Reading*>(reading);
    return 0;
}

// The callbacks that are asked first are those registered last.
void learn_to_read_ours() {
    static const bool done = [] {
        xmlInitParser();
        return xmlRegisterInputCallbacks(is_ours, open_ours, read_ours, close_ours) >= 0;
    }();
    static_cast<void>(done);
}

void ignore(void*, const char*, ...) {}

const xmlSchema* compiled(std::string_view name) {
    static std::map<std::string, Schema, std::less<>> all;
    const auto known = all.find(name);
    if (known != all.end()) return known->second.get();
    learn_to_read_ours();
    const std::string url = std::string(kScheme) + std::string(name);
    const SchemaParser parser(xmlSchemaNewParserCtxt(url.c_str()));
    Schema schema;
    if (parser) {
        xmlSchemaSetParserErrors(parser.get(), ignore, ignore, nullptr);
        schema.reset(xmlSchemaParse(parser.get()));
    }
    return all.emplace(std::string(name), std::move(schema)).first->second.get();
}

// ---- what it complains of

std::string in_one_line(const char* message) {
    std::string text = message != nullptr ? message : "";
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
    return text;
}

void keep_first(void* first, xmlErrorPtr error) {
    auto& kept = *static_cast<std::optional<std::string>*>(first);
    if (!kept) kept = "line " + std::to_string(error->line) + ": " + in_one_line(error->message);
}

}  // namespace

std::string_view schema_text(std::string_view name) {
    for (const auto& schema : embedded::schemas()) {
        if (schema.name == name) return schema.text;
    }
    return {};
}

std::optional<std::string> schema_fault(std::string_view xml, std::string_view schema) {
    auto* rules = const_cast<xmlSchema*>(compiled(schema));
    if (rules == nullptr) return "the schema " + std::string(schema) + " cannot be read";
    const Document document(
        xmlReadMemory(xml.data(),
                      static_cast<int>(xml.size()),
                      nullptr,
                      "UTF-8",
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
    if (!document) return std::string("no well-formed XML");
    const Validation validation(xmlSchemaNewValidCtxt(rules));
    if (!validation) return std::string("no memory for the schema");
    std::optional<std::string> fault;
    xmlSchemaSetValidStructuredErrors(validation.get(), keep_first, &fault);
    if (xmlSchemaValidateDoc(validation.get(), document.get()) != 0 && !fault)
        fault = "not as " + std::string(schema) + " has it";
    return fault;
}

}  // namespace imslab::xdm
