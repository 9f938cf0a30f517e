// XML with its places: what is read, what is refused, what names mean.
#include "as/xdm/document_tree.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::xdm;

namespace {

std::string fault(const std::string& xml, const XmlLimits& limits = {}) {
    const auto tree = DocumentTree::parse(xml, limits);
    return tree ? std::string() : tree.error().what;
}

}  // namespace

TEST_CASE("XML: elements, attributes and their places") {
    const std::string xml =
        "\xEF\xBB\xBF<?xml version='1.0' encoding=\"UTF-8\"?>\n<!-- a --><a x='1' y = \"2\">"
        "<b/>text<![CDATA[<c>]]><!-- d --><c>&lt;&#x41;&#66;</c></a>\n<!-- e -->";
    const auto tree = DocumentTree::parse(xml);
    REQUIRE(tree);
    REQUIRE(tree->size() == 3);
    CHECK(tree->source(1) == "<b/>");
    CHECK(tree->source(2) == "<c>&lt;&#x41;&#66;</c>");
    CHECK(tree->character_data(2) == "<AB");
    CHECK(tree->character_data(0) == "text<c>");
    CHECK(tree->value(0, "y") == "2");
    CHECK_FALSE(tree->value(0, "z"));
    CHECK(tree->at(1).empty_tag);
    CHECK(tree->at(1).next_sibling == 2);
}

TEST_CASE("XML: namespaces of elements and attributes, and what is bound where") {
    const std::string xml =
        "<a xmlns='urn:1' xmlns:p='urn:2'><p:b p:x='1' x='2' xmlns='urn:3'><c/></p:b>"
        "<d xmlns=''/></a>";
    const auto tree = DocumentTree::parse(xml);
    REQUIRE(tree);
    CHECK(tree->name(0) == ExpandedName{"urn:1", "a"});
    CHECK(tree->name(1) == ExpandedName{"urn:2", "b"});
    CHECK(tree->name(2) == ExpandedName{"urn:3", "c"});
    CHECK(tree->name(3) == ExpandedName{"", "d"});
    const auto with_prefix = tree->find_attribute(1, {"urn:2", "x"});
    REQUIRE(with_prefix != DocumentTree::kNone);
    CHECK(tree->value(with_prefix) == "1");
    CHECK(tree->value(1, "x") == "2");
    CHECK(tree->bindings(2) == DocumentTree::Bindings{{"", "urn:3"}, {"p", "urn:2"}});
    CHECK(tree->attributes(1).size() == 2);
}

TEST_CASE("XML: what is not well-formed is refused with a sentence") {
    CHECK(fault("") == "no element");
    CHECK(fault("text") == "no element");
    CHECK(fault("<a>") == "an element without an end");
    CHECK(fault("<a></b>") == "an end tag that is not </a>");
    CHECK(fault("<a/><b/>") == "something behind the root element");
    CHECK(fault("<a x=1/>") == "an attribute's value without quotes");
    CHECK(fault("<a x='1' x='2'/>") == "an attribute that stands twice");
    CHECK(fault("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>") ==
          "an attribute that stands twice");
    CHECK(fault("<a x='1'y='2'/>") == "a tag without an end");
    CHECK(fault("<a x/>") == "an attribute without a value");
    CHECK(fault("<a x='<'/>") == "an attribute's value with < or an unknown entity");
    CHECK(fault("<a>&nbsp;</a>") == "a reference to an entity that is not one of XML's five");
    CHECK(fault("<a>&#0;</a>") == "a reference to an entity that is not one of XML's five");
    CHECK(fault("<a>]]></a>") == "]]> in character data");
    CHECK(fault("<p:a/>") == "the prefix p, which is not declared");
    CHECK(fault("<a p:x='1'/>") == "the prefix p, which is not declared");
    CHECK(fault("<a xmlns:p=''/>") == "a namespace declaration that is not allowed");
    CHECK(fault("<a><!-- -- --></a>") == "a comment without an end, or with -- in it");
    CHECK(fault("<a><?xml version='1.0'?></a>") == "an XML declaration that does not stand first");
    CHECK(fault("<1a/>") == "no element's name");
    CHECK(fault("<a:b:c xmlns:a='u'/>") == "a tag without an end");
}

TEST_CASE("XML: entities cannot be declared, neither inside nor outside") {
    CHECK(fault("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>") ==
          "a document type: entities are not read");
    CHECK(fault("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>") ==
          "a document type: entities are not read");
    CHECK_FALSE(fault("<a><!ENTITY b 'c'></a>").empty());
}

TEST_CASE("XML: only UTF-8 is taken") {
    const auto tree = DocumentTree::parse("<a>\xC3\x28</a>");
    REQUIRE_FALSE(tree);
    CHECK(tree.error().not_utf8);
    CHECK(tree.error().offset == 3);
    CHECK(DocumentTree::parse("<a>\xED\xA0\x80</a>").error().not_utf8);  // a surrogate
    CHECK(DocumentTree::parse("<a>\xC0\x80</a>").error().not_utf8);      // overlong
    CHECK(DocumentTree::parse("<?xml version='1.0' encoding='iso-8859-1'?><a/>").error().not_utf8);
    CHECK(fault("<a>\x01</a>") == "a character that XML does not allow");
    CHECK(fault("<a>\xE3\x82\xA2</a>").empty());
}

TEST_CASE("XML: what is too deep, too large or has too much of something is refused as such") {
    std::string deep;
    for (int i = 0; i < 101; ++i) deep += "<a>";
    const auto found = DocumentTree::parse(deep);
    REQUIRE_FALSE(found);
    CHECK(found.error().beyond_limit);
    XmlLimits small;
    small.elements = 3;
    small.attributes = 1;
    small.octets = 40;
    CHECK(fault("<a><b/><b/><b/></a>", small) == "more than 3 elements");
    CHECK(fault("<a x='1' y='1'/>", small) == "more than 1 attributes");
    CHECK(fault("<a>" + std::string(40, ' ') + "</a>", small) == "more than 40 octets");
}

TEST_CASE("XML: an element alone may use what is declared around its place") {
    CHECK(DocumentTree::parse_element("<p:a/>", {{"p", "urn:1"}}));
    CHECK_FALSE(DocumentTree::parse_element("<p:a/>", {}));
    CHECK_FALSE(DocumentTree::parse_element("<a/><b/>", {}));
    CHECK_FALSE(DocumentTree::parse_element("<?xml version='1.0'?><a/>", {}));
}
