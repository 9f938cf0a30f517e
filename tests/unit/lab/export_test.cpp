// imslab export: what it writes agrees with itself. Every key that is mounted exists, probes and
// Services name ports that are there, labels match, secrets are apart and their owner's alone.
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <catch2/generators/catch_generators_all.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/export_plan.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

const std::string kPassword = "0123456789abcdef";

Topology topology_called(const std::string& name) {
    auto topology =
        Topology::load(std::string(IMSLAB_SOURCE_DIR "/scenarios/topologies/") + name + ".yaml");
    REQUIRE(topology);
    return std::move(*topology);
}

std::vector<ExportedFile> exported(const std::string& platform, const std::string& name) {
    const auto plan = plan_export(topology_called(name), platform == "compose" ? "" : "-0");
    if (!plan) FAIL(plan.error());
    return platform == "compose" ? export_compose(*plan, kPassword)
                                 : export_kubernetes(*plan, kPassword);
}

struct Manifests {
    explicit Manifests(const std::string& name) {
        for (const auto& file : exported("kubernetes", name)) {
            if (!file.path.ends_with(".yaml")) continue;
            for (const auto& document : YAML::LoadAll(file.content)) {
                all.push_back(document);
                in_file[document["kind"].Scalar()].insert(file.path);
            }
        }
    }
    std::vector<YAML::Node> of(const std::string& kind) const {
        std::vector<YAML::Node> found;
        for (const auto& one : all) {
            if (one["kind"].Scalar() == kind) found.push_back(one);
        }
        return found;
    }
    std::optional<YAML::Node> named(const std::string& kind, const std::string& name) const {
        for (const auto& one : of(kind)) {
            if (one["metadata"]["name"].Scalar() == name) return one;
        }
        return std::nullopt;
    }
    std::vector<YAML::Node> workloads() const {
        auto found = of("StatefulSet");
        for (const auto& job : of("Job")) found.push_back(job);
        return found;
    }

    std::vector<YAML::Node> all;
    std::map<std::string, std::set<std::string>> in_file;
};

std::set<std::string> keys_of(const YAML::Node& map) {
    std::set<std::string> keys;
    for (const auto& entry : map) keys.insert(entry.first.Scalar());
    return keys;
}

bool contains(const YAML::Node& labels, const YAML::Node& selector) {
    for (const auto& wanted : selector) {
        const auto found = labels[wanted.first.Scalar()];
        if (!found || found.Scalar() != wanted.second.Scalar()) return false;
    }
    return selector.size() > 0;
}

}  // namespace

TEST_CASE("Kubernetes: workloads, Services and policies find each other by their labels") {
    const Manifests manifests(GENERATE("core", "two-scscf", "roaming", "shared"));
    for (const auto& one : manifests.all) {
        INFO(one["kind"].Scalar() << " " << one["metadata"]["name"].Scalar());
        if (one["kind"].Scalar() != "Namespace")
            CHECK(one["metadata"]["namespace"].Scalar() == "imslab");
    }
    for (const auto& set : manifests.of("StatefulSet")) {
        INFO(set["metadata"]["name"].Scalar());
        const auto labels = set["spec"]["template"]["metadata"]["labels"];
        CHECK(contains(labels, set["spec"]["selector"]["matchLabels"]));
        CHECK(manifests.named("Service", set["spec"]["serviceName"].Scalar()).has_value());
    }
    for (const auto& service : manifests.of("Service")) {
        INFO(service["metadata"]["name"].Scalar());
        std::size_t found = 0;
        for (const auto& set : manifests.of("StatefulSet")) {
            if (!contains(set["spec"]["template"]["metadata"]["labels"],
                          service["spec"]["selector"]))
                continue;
            ++found;
            std::map<std::string, std::string> ports;
            for (const auto& port : set["spec"]["template"]["spec"]["containers"][0]["ports"])
                ports[port["name"].Scalar()] =
                    port["containerPort"].Scalar() + port["protocol"].Scalar();
            for (const auto& port : service["spec"]["ports"])
                CHECK(ports[port["targetPort"].Scalar()] ==
                      port["port"].Scalar() + port["protocol"].Scalar());
        }
        CHECK(found == 1);
    }
    std::set<std::string> components;
    for (const auto& one : manifests.workloads())
        components.insert(
            one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"].Scalar());
    for (const auto& policy : manifests.of("NetworkPolicy")) {
        const auto about = policy["spec"]["podSelector"]["matchLabels"];
        CHECK(components.contains(about["app.kubernetes.io/component"].Scalar()));
        for (const auto& from : policy["spec"]["ingress"][0]["from"])
            CHECK(keys_of(from["podSelector"]["matchLabels"]).size() == 1);
    }
}

TEST_CASE("Kubernetes: what is mounted or read exists; nobody is root; each node has its probes") {
    const Manifests manifests(GENERATE("core", "two-scscf"));
    for (const auto& one : manifests.workloads()) {
        const auto name = one["metadata"]["name"].Scalar();
        INFO(name);
        const auto pod = one["spec"]["template"]["spec"];
        const auto box = pod["containers"][0];
        CHECK(pod["securityContext"]["runAsNonRoot"].as<bool>());
        CHECK(pod["securityContext"]["runAsUser"].as<int>() > 0);
        CHECK_FALSE(pod["automountServiceAccountToken"].as<bool>());
        CHECK(box["securityContext"]["readOnlyRootFilesystem"].as<bool>());
        CHECK_FALSE(box["securityContext"]["allowPrivilegeEscalation"].as<bool>());
        CHECK(box["securityContext"]["capabilities"]["drop"][0].Scalar() == "ALL");
        CHECK(box["resources"]["limits"]["memory"]);

        std::set<std::string> volumes;
        for (const auto& volume : pod["volumes"]) {
            volumes.insert(volume["name"].Scalar());
            if (const auto map = volume["configMap"]) {
                const auto config = manifests.named("ConfigMap", map["name"].Scalar());
                REQUIRE(config);
                const auto keys = keys_of((*config)["data"]);
                for (const auto& word : box["command"]) {
                    const std::string prefix = "/etc/imslab/";
                    if (word.Scalar().starts_with(prefix))
                        CHECK(keys.contains(word.Scalar().substr(prefix.size())));
                }
            }
            if (const auto secret = volume["secret"])
                CHECK(manifests.named("Secret", secret["secretName"].Scalar()).has_value());
        }
        for (const auto& claim : one["spec"]["volumeClaimTemplates"])
            volumes.insert(claim["metadata"]["name"].Scalar());
        for (const auto& mount : box["volumeMounts"])
            CHECK(volumes.contains(mount["name"].Scalar()));
        for (const auto& variable : box["env"]) {
            if (!variable["valueFrom"]) continue;
            const auto ref = variable["valueFrom"]["secretKeyRef"];
            const auto secret = manifests.named("Secret", ref["name"].Scalar());
            REQUIRE(secret);
            CHECK((*secret)["stringData"][ref["key"].Scalar()]);
        }
        if (one["kind"].Scalar() != "StatefulSet") continue;
        for (const auto* probe : {"startupProbe", "readinessProbe", "livenessProbe"}) {
            REQUIRE(box[probe]["exec"]["command"].size() > 1);
            CHECK(box[probe]["timeoutSeconds"].as<int>() > 3);
        }
    }
}

TEST_CASE("a node's configuration names machines and ports that are there") {
    const std::string platform = GENERATE("compose", "kubernetes");
    const std::string name = GENERATE("core", "two-scscf", "roaming", "shared");
    const auto plan = plan_export(topology_called(name), platform == "compose" ? "" : "-0");
    REQUIRE(plan);
    std::set<std::string> places;
    for (const auto& machine : plan->machines) {
        for (const auto& port : machine.ports)
            places.insert(machine.name + ":" + std::to_string(port.number));
    }
    for (const auto& machine : plan->machines) {
        INFO(platform << " " << machine.name);
        const auto own = machine.name + (platform == "compose" ? "" : "-0");
        for (const auto& [point, address] : machine.config["addresses"].items())
            CHECK(address.get<std::string>().starts_with(own + ":"));
        for (const auto& [host, entry] : machine.config["hosts"].items()) {
            INFO(host);
            if (!entry.is_array()) CHECK(places.contains(entry.get<std::string>()));
            for (const auto& one : entry.is_array() ? entry : nlohmann::ordered_json::array())
                CHECK(places.contains(one["address"].get<std::string>()));
        }
        if (machine.kind == "icscf" || machine.kind == "scscf")
            CHECK(machine.config["diameter"]["peers"][0]["address"] == "hss:3868");
        if (machine.kind == "icscf") CHECK(machine.config["settings"]["trusted"] == "everybody");
        CHECK(machine.config.dump().find("127.1.") == std::string::npos);
        CHECK(machine.kamailio.find("127.1.") == std::string::npos);
        CHECK(machine.is_cscf() == (machine.kind != "hss"));
        for (const auto& port : machine.ports) {
            if (machine.is_cscf())
                CHECK(machine.kamailio.find("listen=udp:" + own + ":" +
                                            std::to_string(port.number)) != std::string::npos);
        }
    }
}

TEST_CASE("secrets are apart: no key and no password in what is not secret") {
    const std::string platform = GENERATE("compose", "kubernetes");
    std::size_t secrets = 0;
    for (const auto& file : exported(platform, "core")) {
        INFO(file.path);
        secrets += file.secret;
        if (file.secret) continue;
        CHECK(file.content.find(kPassword) == std::string::npos);
        CHECK(file.content.find("cee4a5cbed65e26027c4401f47f1e4a0") == std::string::npos);
        CHECK(file.content.find("erin's secret") == std::string::npos);
    }
    CHECK(secrets == (platform == "compose" ? 3U : 1U));
}

TEST_CASE("compose: addresses are distinct, who is waited for is there, files exist") {
    const auto files = exported("compose", GENERATE("core", "two-scscf", "shared"));
    std::set<std::string> paths, addresses;
    for (const auto& file : files) paths.insert(file.path);
    const auto compose = YAML::Load(files.front().content);
    const auto services = compose["services"];
    for (const auto& entry : services) {
        const auto name = entry.first.Scalar();
        const auto service = entry.second;
        INFO(name);
        for (const auto& waited : service["depends_on"])
            CHECK(services[waited.first.Scalar()]["healthcheck"]);
        for (const auto& file : service["env_file"]) CHECK(paths.contains(file.Scalar()));
        if (service["networks"].IsMap())
            CHECK(addresses.insert(service["networks"]["core"]["ipv4_address"].Scalar()).second);
        if (service["hostname"]) CHECK(paths.contains("config/" + name + "/node.json"));
        for (const auto& host : service["extra_hosts"]) {
            const auto at = host.Scalar().find(':');
            const auto other = services[host.Scalar().substr(0, at)];
            CHECK(other["networks"]["core"]["ipv4_address"].Scalar() ==
                  host.Scalar().substr(at + 1));
        }
    }
}

TEST_CASE("what an export of a small topology looks like, to the letter") {
    const std::string platform = GENERATE("compose", "kubernetes");
    const fs::path folder = std::string(IMSLAB_SOURCE_DIR "/tests/vectors/export/core-") + platform;
    const bool renew = std::getenv("IMSLAB_RENEW_GOLDEN") != nullptr;
    for (const auto& file : exported(platform, "core")) {
        // kamailio.cfg is what hosts/kamailio has for the role, filled in.
        if (file.secret || file.path.ends_with("kamailio.cfg") || file.path == "10-config.yaml")
            continue;
        INFO(file.path << "; IMSLAB_RENEW_GOLDEN=1 test_lab renews the files");
        if (renew) {
            fs::create_directories((folder / file.path).parent_path());
            std::ofstream(folder / file.path, std::ios::binary) << file.content;
        }
        CHECK(content_of((folder / file.path).string()) == file.content);
    }
}

TEST_CASE("a topology that cannot leave this machine says why") {
    const auto refusal = [](const std::string& nodes) {
        const auto topology = Topology::parse("nodes:\n" + nodes, "t.yaml");
        REQUIRE(topology);
        auto copy = *topology;
        copy.subscribers_file = IMSLAB_SOURCE_DIR "/scenarios/topologies/core.subscribers.xml";
        const auto plan = plan_export(copy, "");
        return plan ? std::string() : plan.error();
    };
    CHECK(refusal("  p: {kind: pcscf, address: 127.0.0.1}\n").find("0 HSSs") != std::string::npos);
    CHECK(refusal("  Big_Name: {kind: hss, address: 127.0.0.1}\n").find("DNS label") !=
          std::string::npos);
    CHECK(refusal("  postgresql: {kind: hss, address: 127.0.0.1}\n").find("DNS label") !=
          std::string::npos);
    CHECK(refusal("  hss: {kind: hss, address: 127.0.0.1}\n"
                  "  s: {kind: scscf, address: 127.0.0.2, runs_on: stock-kamailio}\n")
              .find("s is stock-kamailio") != std::string::npos);
    CHECK(refusal("  hss: {kind: hss, address: 127.0.0.1}\n"
                  "  s: {kind: scscf, address: 192.0.2.7, external: true}\n")
              .empty());
}

TEST_CASE("imslab export writes a folder once, and its secrets for their owner alone") {
    if (!fs::exists(program())) SKIP("imslab is not built");
    const OwnPlace place;
    const auto folder = place.folder + "/exported";
    const std::string platform = GENERATE("compose", "kubernetes");
    const auto wanted = "export " + platform + " core --folder " + folder;
    CHECK(run_imslab(wanted).status == 0);
    CHECK(fs::exists(folder + "/Containerfile"));
    CHECK(fs::exists(folder + "/README.md"));
    const auto secret = folder + (platform == "compose" ? "/secrets/hss.env" : "/20-secrets.yaml");
    struct stat status {};
    REQUIRE(stat(secret.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const auto first = content_of(secret);

    const auto again = run_imslab(wanted);
    CHECK(again.status == 2);
    CHECK(again.has("--overwrite"));
    CHECK(content_of(secret) == first);
    CHECK(run_imslab(wanted + " --overwrite").status == 0);
    CHECK(content_of(secret) != first);
    REQUIRE(stat(secret.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    CHECK(run_imslab("export " + platform + " nowhere.yaml").status == 2);
    CHECK(run_imslab("export helm core").status == 2);
    CHECK(run_imslab("export " + platform + " --help").has("--overwrite"));
}

TEST_CASE("the image's last stage has the libraries that the programs load, and no compiler") {
    const auto text = content_of(IMSLAB_SOURCE_DIR "/setup/Containerfile");
    const auto last = text.substr(text.rfind("\nFROM "));
    CHECK(last.find("build-essential") == std::string::npos);
    CHECK(last.find("g++") == std::string::npos);
    CHECK(last.find("USER 10001") != std::string::npos);
    // Of each library, the package that has it is named, or it comes with one that is. (A machine
    // that also runs 32-bit programs has some twice.)
    const std::string release = IMSLAB_SOURCE_DIR "/build/release";
    if (!fs::exists(release + "/nodes/hss")) SKIP("the release build is not there");
    const auto needed = [&](const std::string& file) {
        std::string found;
        FILE* output = popen(("objdump -p " + release + "/" + file +
                              " 2>/dev/null | awk '/NEEDED/ {print $2}' | while read n; do dpkg -S "
                              "\"*/$n\" | grep -v ': .*/lib32/' | head -n 1 | cut -d: -f1; done | "
                              "sort -u")
                                 .c_str(),
                             "r");
        std::array<char, 4096> chunk;
        while (const auto size = fread(chunk.data(), 1, chunk.size(), output))
            found.append(chunk.data(), size);
        pclose(output);
        return found;
    };
    for (const auto* file : {"imslab", "nodes/hss", "kamailio/ims_engine.so"}) {
        std::istringstream packages(needed(file));
        for (std::string package; packages >> package;) {
            if (package == "libc6" || package == "libgcc-s1") continue;  // of every Debian
            INFO(file << " needs " << package);
            CHECK(last.find(" " + package + " ") != std::string::npos);
        }
    }
}
