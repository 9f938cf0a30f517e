// Message history: what a user keeps of what he wrote and got (OMA IM XDM).
#include "as/messaging/history_list.h"
#include "tests/unit/as/messaging/messaging_fixture.h"

using namespace imslab;
using namespace imslab::messaging;
using std::chrono::seconds;

namespace {

const std::string kAlice = "sip:alice@home.example", kBob = "sip:bob@home.example";
const std::string kAliceSends = "alice@home.example>;sescase=orig;regstate=reg";
const std::string kBobIsHere = "bob@home.example>;sescase=term;regstate=reg";
const std::string kBobIsAway = "bob@home.example>;sescase=term;regstate=unreg";
const std::string kEmpty = "<h:history-list xmlns:h=\"urn:oma:xml:im:history-list\"/>";

xdm::DocumentPath path_of(const std::string& user, const std::string& name) {
    return {"org.openmobilealliance.conv-history", user, name};
}

struct HistoryLab : MessagingLab {
    using MessagingLab::MessagingLab;
    void begins(const std::string& user) {
        lists->store(path_of(user, "conv-history"), xdm::Document{"1", kEmpty, ""}, {});
    }
    // It passes, and its recipient takes it.
    void passes_by(const std::string& served,
                   const std::string& body,
                   const std::string& type = "text/plain") {
        message("bob", served, body, type);
        answer(sent(), 200);
        CHECK(sent().message.status() == 200);
    }
    std::vector<HistoryEntry> listed(const std::string& user) {
        const auto* list = lists->find(path_of(user, "conv-history"));
        return list == nullptr ? std::vector<HistoryEntry>() : read_history(list->body);
    }
    std::string kept(const std::string& user, const std::string& name) {
        const auto* document = lists->find(path_of(user, name));
        return document == nullptr ? "" : document->body;
    }
};

}  // namespace

TEST_CASE("who has a list finds in it what he wrote and what he got") {
    HistoryLab lab;
    lab.passes_by(kAliceSends, "before there is a list");
    lab.begins(kAlice);
    lab.begins(kBob);
    lab.passes_by(kAliceSends, "hi <Bob>");
    lab.passes_by(kBobIsHere, "hi <Bob>");
    for (const auto& user : {kAlice, kBob}) {
        const auto listed = lab.listed(user);
        REQUIRE(listed.size() == 1);
        CHECK(listed.front().from == kAlice);
        CHECK(listed.front().to == kBob);
        CHECK(listed.front().reference ==
              "org.openmobilealliance.conv-history/users/" + user + "/1");
        CHECK(listed.front().expires_at == listed.front().written_at + 30 * 24 * 3600);
        const auto cpim = read_cpim(lab.kept(user, "1"));
        REQUIRE(cpim);
        CHECK(cpim->content == "hi <Bob>");
        CHECK(cpim->get("From") == "<" + kAlice + ">");
        CHECK(cpim->content_type() == "text/plain");
        CHECK(listed.front().size == lab.kept(user, "1").size());
    }
}

TEST_CASE("a message that was refused, a notification and somebody who writes are no history") {
    HistoryLab lab;
    lab.begins(kAlice);
    lab.message("bob", kAliceSends, "hi");
    lab.answer(lab.sent(), 603);
    CHECK(lab.sent().message.status() == 603);
    lab.passes_by(
        kAliceSends,
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
        "</isComposing>",
        "application/im-iscomposing+xml");
    DispositionNotification notification;
    notification.status = "delivered";
    lab.passes_by(kAliceSends,
                  notification_body({"m1", kAlice, kBob, "", ""}, notification, "x"),
                  "message/cpim");
    CHECK(lab.listed(kAlice).empty());
}

TEST_CASE("a deferred message is in its recipient's history once he has it") {
    HistoryLab lab;
    lab.begins(kBob);
    lab.message("bob", kBobIsAway, "later");
    CHECK(lab.sent().message.status() == 202);
    CHECK(lab.listed(kBob).empty());
    lab.registers("bob");
    CHECK(lab.sent().message.status() == 200);
    const auto delivery = lab.sent();
    lab.message("bob",
                kBobIsHere,
                "later",
                "text/plain",
                "",
                kScscf,
                "alice",
                std::string(sip::call_id(delivery.message)));
    lab.answer(lab.sent(), 200);
    REQUIRE(lab.listed(kBob).size() == 1);
    CHECK(lab.listed(kBob).front().from == kAlice);
}

TEST_CASE("octets that are no text are kept as base64, CPIM as it is") {
    HistoryLab lab;
    lab.begins(kAlice);
    lab.passes_by(kAliceSends, std::string("\0\xff", 2), "image/png");
    CHECK(lab.kept(kAlice, "1").find("Content-Transfer-Encoding: base64\r\n\r\nAP8=") !=
          std::string::npos);
    const std::string cpim = "From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\n\r\ncaf\xc3\xa9";
    lab.passes_by(kAliceSends, cpim, "message/cpim");
    CHECK(lab.kept(kAlice, "2") == cpim);
    // No UTF-8: a form that is longer than needed, half of a pair, behind the last.
    unsigned number = 2;
    for (const auto* octets : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        lab.passes_by(kAliceSends, octets);
        CHECK(lab.kept(kAlice, std::to_string(++number)).find("base64") != std::string::npos);
    }
}

TEST_CASE("what its owner takes off the list is forgotten, and the other way round") {
    HistoryLab lab;
    lab.begins(kAlice);
    for (const auto* text : {"one", "two", "three"}) lab.passes_by(kAliceSends, text);
    const auto list = path_of(kAlice, "conv-history");
    const auto shorter =
        without_entries(lab.lists->all[list].body, {lab.listed(kAlice).front().reference});
    REQUIRE(shorter);
    lab.lists->store(list, xdm::Document{"2", *shorter, ""}, {});
    CHECK(lab.kept(kAlice, "1").empty());
    lab.lists->store(path_of(kAlice, "3"), std::nullopt, {});
    REQUIRE(lab.listed(kAlice).size() == 1);
    CHECK(lab.listed(kAlice).front().reference.ends_with("/2"));
    lab.passes_by(kAliceSends, "four");
    CHECK(lab.listed(kAlice).back().reference.ends_with("/4"));  // no number twice
    lab.lists->store(list, std::nullopt, {});
    CHECK(lab.lists->all.empty());
    lab.passes_by(kAliceSends, "not kept");
    CHECK(lab.lists->all.empty());
}

TEST_CASE("the oldest makes room; what is too large has none; what is old goes") {
    MessagingSettings settings;
    settings.history = {2, 400, seconds(60)};
    HistoryLab lab(settings);
    lab.begins(kAlice);
    for (const auto* text : {"one", "two", "three"}) lab.passes_by(kAliceSends, text);
    REQUIRE(lab.listed(kAlice).size() == 2);
    CHECK(lab.listed(kAlice).front().reference.ends_with("/2"));
    CHECK(lab.kept(kAlice, "1").empty());
    lab.passes_by(kAliceSends, std::string(401, 'x'));
    CHECK(lab.listed(kAlice).size() == 2);
    lab.passes_by(kAliceSends, std::string(250, 'x'));
    CHECK(lab.listed(kAlice).size() == 1);
    lab.passes(seconds(59));
    CHECK(lab.listed(kAlice).size() == 1);
    lab.passes(seconds(2));
    CHECK(lab.listed(kAlice).empty());
    CHECK(lab.lists->all.size() == 1);
}

TEST_CASE("what a crash left between message and list is put in order at the start") {
    HistoryLab lab;
    const auto entry = [](const std::string& name) {
        return HistoryEntry{"org.openmobilealliance.conv-history/users/" + kAlice + "/" + name,
                            1,
                            4'000'000'000,
                            1,
                            kAlice,
                            kBob};
    };
    const auto list = with_entry(with_entry(kEmpty, entry("1")).value_or(""), entry("2"));
    lab.lists->all[path_of(kAlice, "conv-history")] = {"1", list.value_or(""), ""};
    lab.lists->all[path_of(kAlice, "1")] = {"1", "named", ""};
    lab.lists->all[path_of(kAlice, "3")] = {"1", "named by nobody", ""};
    lab.passes(seconds(1));
    CHECK(lab.kept(kAlice, "1") == "named");
    CHECK(lab.kept(kAlice, "3").empty());
    REQUIRE(lab.listed(kAlice).size() == 1);
    CHECK(lab.listed(kAlice).front().reference.ends_with("/1"));
}

TEST_CASE("a database that does not work: the message passes, its history has a gap") {
    HistoryLab lab;
    lab.begins(kAlice);
    lab.lists->problem = "no room on the disk";
    lab.passes_by(kAliceSends, "hi");
    CHECK(lab.listed(kAlice).empty());
    CHECK(lab.state()["history"]["lost"] == 1);
    lab.lists->problem.clear();
    lab.passes_by(kAliceSends, "again");
    CHECK(lab.listed(kAlice).size() == 1);
}

TEST_CASE("a list that cannot be read has no entries, and gets none") {
    CHECK(read_history("<!DOCTYPE a []><history-list/>").empty());
    CHECK(read_history("nothing").empty());
    CHECK_FALSE(with_entry("<", {}));
    CHECK_FALSE(without_entries("<history-list/>", {"x"}));
    const auto odd = read_history(
        "<history-list><history><size>x</size><expiry>soon</expiry>"
        "</history></history-list>");
    REQUIRE(odd.size() == 1);
    CHECK(odd.front().expires_at == 0);
}
