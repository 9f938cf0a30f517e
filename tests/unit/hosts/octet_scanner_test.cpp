// A clamd of the test's own, with a database of one hash; where ClamAV is not installed, only that
// nobody answers.
#include "hosts/asio/octet_scanner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace imslab::host;
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* kClamd = "/usr/sbin/clamd";
// md5sum and size of this text.
const std::string kEvil = "evil content for the filter";
constexpr const char* kSignature = "b4a143e3da104e7876ed2fa1bd242750:27:Imslab.Test\n";

ScanLine scan(const std::string& socket, const std::string& octets, milliseconds patience) {
    boost::asio::io_context io;
    std::optional<ScanLine> said;
    scan_octets(io, socket, octets, patience, [&](ScanLine line) { said = std::move(line); });
    io.run();
    REQUIRE(said);
    return *said;
}

class Clamd {
public:
    Clamd() {
        folder_ = fs::temp_directory_path() / ("imslab-clamd-" + std::to_string(::getpid()));
        fs::create_directories(folder_ / "db");
        std::ofstream(folder_ / "db" / "test.hdb") << kSignature;
        std::ofstream(folder_ / "clamd.conf")
            << "Foreground yes\nLocalSocket " << socket() << "\nDatabaseDirectory "
            << (folder_ / "db").string() << "\nLogFile " << (folder_ / "log").string() << "\n";
        std::string program = kClamd, option = "-c", file = folder_ / "clamd.conf";
        char* arguments[] = {program.data(), option.data(), file.data(), nullptr};
        posix_spawn_file_actions_t quiet;
        posix_spawn_file_actions_init(&quiet);
        posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
        REQUIRE(::posix_spawn(&id_, kClamd, &quiet, nullptr, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&quiet);
        const auto until = std::chrono::steady_clock::now() + seconds(20);
        while (!scan(socket(), "x", seconds(5)).error.empty() &&
               std::chrono::steady_clock::now() < until) {
            boost::asio::io_context io;
            boost::asio::steady_timer moment(io, milliseconds(20));
            moment.wait();
        }
    }
    ~Clamd() {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        fs::remove_all(folder_);
    }
    Clamd(const Clamd&) = delete;
    Clamd& operator=(const Clamd&) = delete;
    std::string socket() const { return (folder_ / "clamd.sock").string(); }

private:
    fs::path folder_;
    pid_t id_ = 0;
};

}  // namespace

TEST_CASE("where nobody scans there is a sentence, not a verdict") {
    const auto said = scan("/nowhere/clamd.sock", "octets", seconds(5));
    CHECK(said.line.empty());
    CHECK(said.error.find("clamd: ") == 0);
}

TEST_CASE("clamd finds what its database knows, and nothing else") {
    if (!fs::exists(kClamd)) SKIP("ClamAV is not installed");
    const Clamd clamd;
    CHECK(scan(clamd.socket(), kEvil, seconds(5)).line == "stream: Imslab.Test.UNOFFICIAL FOUND");
    CHECK(scan(clamd.socket(), "harmless", seconds(5)).line == "stream: OK");
    CHECK(scan(clamd.socket(), std::string(100'000, '\0'), seconds(5)).line == "stream: OK");
}
