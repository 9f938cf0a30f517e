// The database a lab starts with: a file is made once per subscriber file and program, and copied
// afterwards; in a database server they are added to what is there, or replace it.
#include <unistd.h>

#include <filesystem>

#include "hosts/store/sql_store.h"
#include "hosts/store/subscriber_schema.h"
#include "lab/places.h"
#include "lab/supervisor.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

std::string fill(const std::string& xml, const std::string& file, const std::string& database) {
    auto subscriptions = host::read_valid_subscribers(xml, file);
    if (!subscriptions) return subscriptions.error().front().to_string();
    auto store = host::SqlStore::open(database);
    if (!store) return store.error();
    const hss::StoreRequest request = hss::Provision{std::move(*subscriptions)};
    const auto answer = (*store)->perform(request);
    if (const auto* refused = std::get_if<hss::StoreError>(&answer)) return refused->reason;
    return {};
}

}  // namespace

std::string provision(const std::string& subscribers_file,
                      const std::string& database,
                      const std::string& cache) {
    bool ok = false;
    const auto xml = read_file(subscribers_file, ok);
    if (!ok) return "cannot read " + subscribers_file;
    if (database.find("://") != std::string::npos) return fill(xml, subscribers_file, database);
    std::error_code error;
    // the command holds the schema: another build makes another cache
    const auto built = fs::last_write_time(executable_path(), error).time_since_epoch().count();
    const auto key = std::hash<std::string>{}(xml + "\n" + std::to_string(built));
    const fs::path folder = cache;
    const auto cached = folder / (std::to_string(key) + ".sqlite");
    fs::create_directories(folder, error);
    if (!fs::exists(cached, error)) {
        const auto fresh = cached.string() + "." + std::to_string(getpid());
        for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(fresh + suffix, error);
        if (auto problem = fill(xml, subscribers_file, fresh); !problem.empty()) return problem;
        fs::rename(fresh, cached, error);
        if (error) return "cannot keep " + cached.string() + ": " + error.message();
    }
    fs::create_directories(fs::path(database).parent_path(), error);
    for (const auto* suffix : {"-wal", "-shm"}) fs::remove(database + suffix, error);
    fs::copy_file(cached, database, fs::copy_options::overwrite_existing, error);
    if (error) return "cannot write " + database + ": " + error.message();
    return {};
}

}  // namespace imslab::lab
