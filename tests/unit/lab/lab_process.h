// A lab of the test's own, with real processes: a topology on addresses that nobody else has, the
// command `imslab` run to its end, and `imslab up` in the background.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace imslab::lab::test {

namespace fs = std::filesystem;

struct Said {
    int status = -1;
    std::string text;
    bool has(const std::string& wanted) const { return text.find(wanted) != std::string::npos; }
};

inline std::string program() { return IMSLAB_BINARY_DIR "/imslab"; }
inline bool nodes_are_built() {
    for (const auto* node : {"pcscf", "icscf", "scscf", "hss"}) {
        if (!fs::exists(std::string(IMSLAB_BINARY_DIR "/nodes/") + node)) return false;
    }
    return fs::exists(program());
}

// Both outputs of `imslab <arguments>`, from the source folder.
inline Said run_imslab(const std::string& arguments) {
    const auto line =
        "cd " IMSLAB_SOURCE_DIR " && " + program() + " " + arguments + " 2>&1 </dev/null";
    FILE* output = popen(line.c_str(), "r");
    REQUIRE(output);
    Said said;
    std::array<char, 4096> chunk;
    while (const auto size = fread(chunk.data(), 1, chunk.size(), output))
        said.text.append(chunk.data(), size);
    said.status = WEXITSTATUS(pclose(output));
    return said;
}

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

// A folder that goes when the test ends, with the core topology moved to addresses of this process.
class OwnPlace {
public:
    OwnPlace() {
        std::string name = (fs::temp_directory_path() / "imslab-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        folder = name;
        auto yaml = content_of(IMSLAB_SOURCE_DIR "/scenarios/topologies/core.yaml");
        network = "127." + std::to_string(20 + getpid() % 200) + ".";
        replace(yaml, "127.1.", network);
        replace(yaml, "name: core", "name: elsewhere");
        replace(yaml,
                "core.subscribers.xml",
                IMSLAB_SOURCE_DIR "/scenarios/topologies/core.subscribers.xml");
        topology = write("elsewhere.yaml", yaml);
        out = folder + "/out";
    }
    ~OwnPlace() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    OwnPlace(const OwnPlace&) = delete;
    OwnPlace& operator=(const OwnPlace&) = delete;

    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(folder + "/" + name, std::ios::binary) << content;
        return folder + "/" + name;
    }
    // `imslab run <what>` on this topology.
    Said run(const std::string& what) const {
        return run_imslab("run " + what + " --topology " + topology + " --out " + out);
    }
    static void replace(std::string& text, const std::string& old, const std::string& by) {
        for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + by.size()))
            text.replace(at, old.size(), by);
    }

    std::string folder, topology, out, network;
};

// `imslab run <what>` that gets a Ctrl-C when the first scenario has its verdict, to its end.
class Interrupted {
public:
    Interrupted(const OwnPlace& place, const std::vector<std::string>& what) {
        std::vector<std::string> words{"imslab", "run"};
        words.insert(words.end(), what.begin(), what.end());
        for (const auto& word :
             {std::string("--topology"), place.topology, std::string("--out"), place.out})
            words.push_back(word);
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const auto child = fork();
        if (child == 0) {
            dup2(ends[1], STDOUT_FILENO);
            dup2(ends[1], STDERR_FILENO);
            close(ends[0]);
            close(ends[1]);
            if (chdir(IMSLAB_SOURCE_DIR) != 0) _exit(126);
            execv(program().c_str(), arguments.data());
            _exit(127);
        }
        close(ends[1]);
        FILE* said = fdopen(ends[0], "r");
        std::array<char, 8192> line;
        for (bool told = false; fgets(line.data(), line.size(), said) != nullptr;) {
            text += line.data();
            if (!told && text.find("passed") != std::string::npos) {
                told = true;
                kill(child, SIGINT);
            }
        }
        fclose(said);
        int ended = 0;
        waitpid(child, &ended, 0);
        status = WEXITSTATUS(ended);
    }
    std::string text;
    int status = -1;
};

// `imslab up` until the end of this object; ready when constructed.
class Up {
public:
    explicit Up(const OwnPlace& place, const std::string& topology = {}) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const auto file = topology.empty() ? place.topology : topology;
        child_ = fork();
        if (child_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            close(ends[0]);
            close(ends[1]);
            if (chdir(IMSLAB_SOURCE_DIR) != 0) _exit(126);
            execl(program().c_str(),
                  "imslab",
                  "up",
                  file.c_str(),
                  "--json",
                  "--out",
                  place.out.c_str(),
                  nullptr);
            _exit(127);
        }
        close(ends[1]);
        said_ = fdopen(ends[0], "r");
        char line[8192];
        REQUIRE(fgets(line, sizeof line, said_) != nullptr);
        state = line;
    }
    ~Up() {
        kill(child_, SIGINT);
        waitpid(child_, nullptr, 0);
        fclose(said_);
    }
    Up(const Up&) = delete;
    Up& operator=(const Up&) = delete;

    std::string state;  // the line of JSON that says what runs

private:
    pid_t child_ = -1;
    FILE* said_ = nullptr;
};

}  // namespace imslab::lab::test
