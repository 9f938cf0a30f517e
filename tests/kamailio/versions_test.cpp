// What does not belong together: headers of another Kamailio than the installed one, a module
// without its engine.
#include <cstdlib>

#include "kamailio_process.h"

namespace imslab::test {
namespace {

class Folder {
public:
    explicit Folder(const std::string& name)
        : path(fs::temp_directory_path() / ("imslab-" + name + "-" + std::to_string(::getpid()))) {
        fs::create_directories(path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

// Status and both outputs.
std::pair<int, std::string> ran(const std::string& command, const fs::path& folder) {
    const auto file = (folder / "said").string();
    const int status = std::system((command + " >" + file + " 2>&1").c_str());
    return {WEXITSTATUS(status), text_of(file)};
}

}  // namespace

TEST_CASE("headers of another version of Kamailio: the build says which, and what to do") {
    const Folder folder("sdk");
    const fs::path source = IMSLAB_SOURCE_DIR, sdk = source / "build/deps/kamailio";
    const auto other = folder.path / "sdk";
    fs::create_directories(other);
    fs::create_directory_symlink(sdk / "core", other / "core");
    auto definitions = text_of(sdk / "definitions");
    const auto at = definitions.find("-DVERSION='\"");
    REQUIRE(at != std::string::npos);
    definitions.replace(at, definitions.find('\n', at) - at, "-DVERSION='\"5.5.0\"'");
    std::ofstream(other / "definitions") << definitions;

    const auto tree = (folder.path / "tree").string();
    const auto [configured, said] =
        ran("cmake -G Ninja -S " + source.string() + " -B " + tree +
                " -DIMSLAB_TESTS=OFF -DIMSLAB_KAMAILIO_SDK=" + other.string(),
            folder.path);
    INFO(said);
    CHECK(configured == 0);  // who does not build the module is not troubled
    const auto [built, why] = ran("cmake --build " + tree + " --target ims_node", folder.path);
    INFO(why);
    CHECK(built != 0);
    CHECK(why.find("version and flags differ. Installed: ") != std::string::npos);
    CHECK(why.find("Headers: ") != std::string::npos);
    CHECK(why.find("kamailio 5.5.0") != std::string::npos);
    CHECK(why.find("then: make kamailio") != std::string::npos);
}

TEST_CASE("a module without its engine beside it: Kamailio says so and does not start") {
    const Folder folder("module");
    const auto module = folder.path / "ims_node.so";
    fs::copy_file(IMSLAB_BINARY_DIR "/kamailio/ims_node.so", module);
    KamailioProcess kamailio("pcscf", {}, {}, module.string());
    CHECK(kamailio.await_end() != 0);
    INFO(kamailio.printed());
    CHECK(kamailio.printed().find("cannot load the engine: ") != std::string::npos);
    CHECK(kamailio.printed().find("ims_engine.so") != std::string::npos);
}

}  // namespace imslab::test
