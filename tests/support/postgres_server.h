// A PostgreSQL of a test program's own: initdb in a temporary folder, reached over a Unix socket in
// it alone, gone with the program. Where PostgreSQL is not installed there is none.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace imslab::test {

class PostgresServer {
public:
    // Where Debian keeps initdb and postgres; empty: not installed.
    static std::string programs();
    // One for all tests of a program, started when it is first asked for.
    static PostgresServer& shared();

    // `listen`: an address for TCP beside the socket, in the network namespace of that file; empty:
    // the socket alone.
    explicit PostgresServer(const std::string& listen = {}, const std::string& network = {});
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer();

    // A place for tables that nobody has used yet, as a database's line.
    std::string fresh();
    std::string url() const;  // without a place of its own

    bool says(const std::string& statement) const;  // false: it failed

    void start();                    // returns when it takes connections
    void stop(int number);           // SIGINT: at once, in order; SIGQUIT: as a power cut
    void kill_sessions(int number);  // a signal to each process that serves a connection
    pid_t id() const { return id_; }
    const std::filesystem::path& folder() const { return folder_; }

private:
    pid_t run(std::vector<std::string> words) const;  // its program first
    bool succeeds(std::vector<std::string> words) const;
    void await_connections() const;

    std::filesystem::path folder_;
    std::string listen_, network_;
    pid_t id_ = -1;
    int places_ = 0;
};

}  // namespace imslab::test
