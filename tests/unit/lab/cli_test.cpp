// The command line: what a mistake is answered, with which exit status, and that nothing is
// started.
#include <nlohmann/json.hpp>

#include "tests/unit/lab/lab_process.h"

namespace fs = std::filesystem;
namespace test = imslab::lab::test;
using test::Said;

namespace {

// The tests are built beside the command.
Said command(const std::string& arguments) {
    if (!fs::exists(test::program())) SKIP("the command is not built");
    return test::run_imslab(arguments);
}

struct File {
    File(const std::string& name, const std::string& content)
        : path((fs::temp_directory_path() / (std::to_string(getpid()) + name)).string()) {
        std::ofstream(path) << content;
    }
    ~File() { fs::remove(path); }
    std::string path;
};

bool has(const Said& said, const std::string& text) {
    return said.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("without a verb or with an unknown one: usage, exit status 2") {
    CHECK(command("").status == 2);
    const auto fly = command("fly");
    CHECK(fly.status == 2);
    CHECK(has(fly, "found no verb 'fly', expected one of up, run, list"));
    CHECK(has(command("state"), "imslab state: node is required"));
    CHECK(command("run --no-such-option").status == 2);
    CHECK(command("--version").status == 0);
}

TEST_CASE("every verb has help with examples") {
    for (const auto* verb : {"up",
                             "run",
                             "list",
                             "check",
                             "ladder",
                             "state",
                             "subscriber",
                             "sh",
                             "doctor",
                             "completion"}) {
        const auto said = command(std::string(verb) + " --help");
        INFO(verb);
        CHECK(said.status == 0);
        CHECK(has(said, "Examples:"));
    }
}

TEST_CASE(
    "a topology with a mistake is told by place, found and expected, and nothing is started") {
    const File file("bad.yaml", "nodes:\n  p: {kind: pcsf, address: 127.0.0.1}\n");
    for (const auto* verb : {"up", "check"}) {
        const auto said = command(std::string(verb) + " " + file.path);
        CHECK(said.status == 2);
        CHECK(has(said,
                  file.path + ":2:13: found 'pcsf', expected one of pcscf, icscf, scscf, hss, "
                              "plain-sip, as, sh_client"));
    }
    CHECK(has(command("up no-such-topology"),
              "no-such-topology.yaml: found no file that can be read"));
}

TEST_CASE("a subscriber file with a mistake is told by place") {
    const File file("bad.xml",
                    "<subscribers>\n  <subscriber imsi=\"00101x\" k=\"12\"/>\n</subscribers>\n");
    const auto said = command("check " + file.path);
    CHECK(said.status == 2);
    CHECK(has(said, file.path + ":2:"));
}

TEST_CASE("a file of no kind we know, and one that is not there") {
    const File file("notes.txt", "hello\n");
    CHECK(command("check " + file.path).status == 2);
    CHECK(has(command("check /no/such/file.md"), "cannot read /no/such/file.md"));
}

TEST_CASE("a capture without messages, or cut off, does not pass") {
    const std::string kept = IMSLAB_SOURCE_DIR "/tests/vectors/captures/little-endian.pcap";
    const File cut("cut.pcap", test::content_of(kept).substr(0, 200));
    const auto said = command("check " + cut.path);
    INFO(said.text);
    CHECK(said.status == 2);
    CHECK(has(said, "the file is cut off"));
    CHECK(has(said, "cannot be judged as a whole"));
    const File empty("empty.pcapng", "");
    CHECK(command("check " + empty.path).status == 2);
    CHECK(has(command("check " + empty.path), "the file is empty"));
    const File head("head.pcap", test::content_of(kept).substr(0, 24));
    CHECK(command("check " + head.path).status == 2);
    CHECK(has(command("check " + head.path), "no SIP, Diameter or HTTP message"));
}

TEST_CASE("mistakes are told as JSON too") {
    const File file("bad.yaml", "nodes:\n  p: {kind: pcsf, address: 127.0.0.1}\n");
    const auto said = command("check --json " + file.path);
    INFO(said.text);
    CHECK(said.status == 2);
    const auto json = nlohmann::json::parse(said.text, nullptr, false);
    REQUIRE(json.is_object());
    CHECK(json["mistakes"][0]["line"] == 2);
    CHECK(json["mistakes"][0]["found"] == "'pcsf'");
    const auto right =
        command("check --json scenarios/registration/REG-001-initial-registration-with-ims-aka.md");
    CHECK(right.status == 0);
    CHECK(nlohmann::json::parse(right.text, nullptr, false)["mistakes"].empty());
}

TEST_CASE("a departure on purpose is named for a capture; there is none of another name") {
    const auto said = command("check --departure aka tests/vectors/captures/vlan.pcap");
    CHECK(said.status == 2);
    CHECK(has(said, "no departure is called 'aka'; there are aka-unprotected"));
}

TEST_CASE("a selector that fits nothing: exit status 2") {
    const auto said = command("run NO-999");
    CHECK(said.status == 2);
    CHECK(has(said, "NO-999"));
}

TEST_CASE("no lab is up: state and subscriber say how to start one") {
    const auto out =
        (fs::temp_directory_path() / ("imslab-none-" + std::to_string(getpid()))).string();
    const auto said = command("state scscf --out " + out);
    CHECK(said.status == 2);
    CHECK(has(said, "imslab up"));
    CHECK(command("subscriber list --out " + out).status == 2);
}

TEST_CASE("subscribers are imported, listed, shown and removed; a wrong file changes nothing") {
    const auto database =
        (fs::temp_directory_path() / ("imslab-" + std::to_string(getpid()) + ".sqlite")).string();
    const auto with = " --database " + database;
    CHECK(command("subscriber import scenarios/topologies/core.subscribers.xml" + with).status ==
          0);
    CHECK(has(command("subscriber list" + with), "001010000000001"));
    CHECK(command("subscriber add 001010000000099 --k 465b5ce8b199b49faa5f0a2ee238a6bc --op "
                  "cdc202d5123e20f62b6d676ac72cb318 "
                  "--public sip:zoe@ims.mnc001.mcc001.3gppnetwork.org" +
                  with)
              .status == 0);
    CHECK(has(command("subscriber show 001010000000099" + with), "sip:zoe@"));
    const File wrong(
        "wrong.xml",
        "<subscribers><subscriber imsi=\"001010000000098\" k=\"zz\" opc=\"zz\"/></subscribers>");
    CHECK(command("subscriber import " + wrong.path + with).status == 2);
    CHECK_FALSE(has(command("subscriber list" + with), "001010000000098"));
    CHECK(command("subscriber remove 001010000000099" + with).status == 0);
    CHECK_FALSE(has(command("subscriber list" + with), "001010000000099"));
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(database + suffix);
}

TEST_CASE("completion names the verbs; a shell can read it") {
    for (const auto* shell : {"bash", "zsh", "fish"}) {
        const auto said = command(std::string("completion ") + shell);
        INFO(shell);
        CHECK(said.status == 0);
        CHECK(has(said, "subscriber"));
    }
    CHECK(command("completion tcsh").status == 2);
    CHECK(has(command("completion fish"), "'A running node\\'s bindings"));
    CHECK(has(command("completion zsh"), "'state:A running node'\\''s bindings"));
}

TEST_CASE("bash completes verbs, a verb's options, and those of its parts") {
    if (!fs::exists(test::program())) SKIP("the command is not built");
    const auto completes = [](const std::string& words, int at) {
        const File script("completion.sh",
                          "source <(" + test::program() + " completion bash)\nCOMP_WORDS=(" +
                              words + ")\nCOMP_CWORD=" + std::to_string(at) +
                              "\n_imslab\necho ${COMPREPLY[@]}\n");
        FILE* shell = popen(("bash " + script.path).c_str(), "r");
        REQUIRE(shell);
        std::array<char, 256> said{};
        const auto size = fread(said.data(), 1, said.size(), shell);
        CHECK(pclose(shell) == 0);
        return std::string(said.data(), size);
    };
    CHECK(completes("imslab do", 1) == "doctor\n");
    CHECK(completes("imslab subscriber im", 2) == "import\n");
    CHECK(completes("imslab subscriber add --op", 3) == "--opc --op\n");
    CHECK(completes("imslab state --j", 2) == "--json\n");
    // by the command as typed, which need not be on PATH
    CHECK(completes(test::program() + " run REG-00", 2).starts_with("REG-001 REG-002"));
}

TEST_CASE("output into a file has no colours") { CHECK_FALSE(has(command("doctor"), "\033[")); }
