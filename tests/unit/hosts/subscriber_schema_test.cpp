// Do hss/subscribers.xsd and our reader say the same of every subscriber file there is? Vectors:
// wrong-* is refused by both; beyond-* by the reader alone, because XSD 1.0 cannot say it; schema-*
// by the schema alone.
#include "hosts/store/subscriber_schema.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace imslab;
using namespace imslab::host;
namespace fs = std::filesystem;

namespace {

const std::string kTree = IMSLAB_SOURCE_DIR;

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::vector<std::string> vectors(const std::string& beginning) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(kTree + "/tests/vectors/subscribers")) {
        if (entry.path().filename().string().starts_with(beginning))
            found.push_back(entry.path().string());
    }
    return found;
}

void check_place(const hss::FileError& error, const std::string& xml) {
    const auto lines = static_cast<std::size_t>(std::count(xml.begin(), xml.end(), '\n')) + 1;
    CHECK(error.line >= 1);
    CHECK(error.line <= lines);
    CHECK(error.column >= 1);
    CHECK_FALSE(error.found.empty());
    CHECK_FALSE(error.expected.empty());
}

}  // namespace

TEST_CASE("every subscriber file of the tree is right by the schema and by the reader") {
    std::vector<std::string> files{kTree + "/scenarios/subscribers.xml",
                                   kTree + "/tests/vectors/hss/home.xml"};
    for (const auto& entry : fs::directory_iterator(kTree + "/scenarios/topologies")) {
        if (entry.path().extension() == ".xml") files.push_back(entry.path().string());
    }
    REQUIRE(files.size() >= 5);
    for (const auto& file : files) {
        INFO(file);
        const auto xml = content_of(file);
        CHECK(schema_errors(xml, file).empty());
        const auto read = read_valid_subscribers(xml, file);
        REQUIRE(read);
        CHECK_FALSE(read->empty());
        // what we write ourselves is right too
        CHECK(schema_errors(hss::write_subscribers(*read), "written").empty());
    }
}

TEST_CASE("what is wrong is refused by the schema and by the reader, each with its place") {
    const auto files = vectors("wrong-");
    REQUIRE(files.size() >= 20);
    for (const auto& file : files) {
        INFO(file);
        const auto xml = content_of(file);
        const auto read = hss::read_subscribers(xml, file);
        const auto errors = schema_errors(xml, file);
        CHECK_FALSE(read);
        CHECK_FALSE(errors.empty());
        for (const auto& error : errors) check_place(error, xml);
        if (read || errors.empty()) continue;
        // of what is well-formed both speak of the same line
        const auto name = fs::path(file).filename().string();
        if (name == "wrong-not-closed.xml" || name == "wrong-empty.xml") continue;
        INFO(read.error().front().to_string());
        INFO(errors.front().to_string());
        const auto first = read.error().front().line, other = errors.front().line;
        CHECK(std::max(first, other) - std::min(first, other) <= 1);
    }
}

TEST_CASE("what no schema can say is found by the reader") {
    const auto files = vectors("beyond-");
    REQUIRE(files.size() >= 10);
    for (const auto& file : files) {
        INFO(file);
        const auto xml = content_of(file);
        CHECK(schema_errors(xml, file).empty());
        CHECK_FALSE(hss::read_subscribers(xml, file));
        CHECK_FALSE(read_valid_subscribers(xml, file));
    }
}

TEST_CASE("what the reader lets pass the schema refuses, with file, line and column") {
    const auto files = vectors("schema-");
    REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
        INFO(file);
        const auto xml = content_of(file);
        CHECK(hss::read_subscribers(xml, file));
        const auto read = read_valid_subscribers(xml, file);
        REQUIRE_FALSE(read);
        CHECK(read.error().front().to_string().starts_with(file + ":2:1: found "));
    }
}

TEST_CASE("no entity and no other file is read for a subscriber file") {
    const std::string xml =
        "<!DOCTYPE subscribers [<!ENTITY who SYSTEM \"file:///etc/passwd\">]>\n"
        "<subscribers><subscriber name=\"a\"><public>&who;</public></subscriber></subscribers>";
    for (const auto& error : schema_errors(xml, "entity.xml"))
        CHECK(error.to_string().find("root:") == std::string::npos);
    CHECK_FALSE(read_valid_subscribers(xml, "entity.xml"));
}
