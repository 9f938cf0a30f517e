// The XML readers: pathological subscriber files and user profiles cost linear time.
#include "diameter/user_profile.h"
#include "hss/subscriber_file.h"
#include "tests/support/cost.h"

using namespace imslab;
using namespace imslab::test;

namespace {

void read_file(const std::string& xml) { (void)hss::read_subscribers(xml, "file.xml"); }
void read_profile(const std::string& xml) { (void)cx::read_user_data(xml); }

// Each unit has its number in place of '#'.
std::string numbered(const std::string& unit, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        for (const char c : unit) {
            if (c == '#')
                all += std::to_string(i);
            else
                all += c;
        }
    }
    return all;
}

auto around(std::string begin, std::string unit, std::string end) {
    return [=](std::size_t n) { return begin + numbered(unit, n) + end; };
}

const std::string kSubscriber =
    "<subscribers><subscriber name=\"a\" private=\"a@h\" password=\"x\">";
const std::string kEnd = "</subscriber></subscribers>";

}  // namespace

TEST_CASE("subscriber files") {
    check_linear("subscribers",
                 around("<subscribers>",
                        "<subscriber name=\"n#\" private=\"a#@h\" "
                        "password=\"x\"><public>sip:a#@h</public></subscriber>",
                        "</subscribers>"),
                 read_file,
                 50);
    check_linear(
        "public identities", around(kSubscriber, "<public>sip:a#@h</public>", kEnd), read_file, 50);
    check_linear("private identities",
                 around(kSubscriber,
                        "<private identity=\"b#@h\" password=\"x\"/>",
                        "<public>sip:a@h</public>" + kEnd),
                 read_file,
                 50);
    check_linear(
        "sets",
        around(kSubscriber, "<set><profile><public>sip:a#@h</public></profile></set>", kEnd),
        read_file,
        50);
    check_linear("mistakes, each on a line of its own",
                 around("<subscribers>", "<phone/>\n", "</subscribers>"),
                 read_file,
                 50);
    check_linear("attributes",
                 around("<subscribers><subscriber", " a#=\"b\"", "/></subscribers>"),
                 read_file,
                 50);
    check_linear("depth", around("<subscribers>", "<subscriber>", ""), read_file, 50);
    check_linear(
        "entities", around(kSubscriber + "<public>", "&amp;", "</public>" + kEnd), read_file);
    check_linear("white space", around(kSubscriber, "\n \t", kEnd), read_file);
    check_linear("comments", around("<subscribers>", "<!-- -->", "</subscribers>"), read_file);
}

TEST_CASE("user profiles") {
    const std::string begin = "<IMSSubscription><PrivateID>a@h</PrivateID>",
                      end = "</IMSSubscription>";
    check_linear("service profiles",
                 around(begin,
                        "<ServiceProfile><PublicIdentity><Identity>sip:a#@h</Identity></"
                        "PublicIdentity></ServiceProfile>",
                        end),
                 read_profile,
                 50);
    check_linear("public identities",
                 around(begin + "<ServiceProfile>",
                        "<PublicIdentity><Identity>sip:a#@h</Identity></PublicIdentity>",
                        "</ServiceProfile>" + end),
                 read_profile,
                 50);
    check_linear("unknown elements", around(begin, "<x/>", end), read_profile, 50);
    check_linear("depth", around("", "<IMSSubscription>", ""), read_profile, 50);
}
