// imslab export compose: a file for podman compose or docker compose. Each machine has an address
// of its own that stays when it is made anew, and finds the others in its /etc/hosts.
#include <fmt/format.h>

#include "lab/export_plan.h"
#include "lab/export_readme.h"

namespace imslab::lab {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFirstMachine = 20;

std::string address_of(int number) { return fmt::format("10.77.0.{}", number); }

Json hosts_of(const ExportPlan& plan, const std::string& except) {
    auto hosts = Json::array({"postgresql:" + address_of(10)});
    int number = kFirstMachine;
    for (const auto& machine : plan.machines) {
        const auto address = address_of(number++);
        if (machine.name != except) hosts.push_back(machine.name + ":" + address);
    }
    return hosts;
}

Json network(const std::string& address) {
    Json at;
    at["core"]["ipv4_address"] = address;
    return at;
}

// Nobody is root, nothing but /run is written.
void confine(Json& service) {
    service["user"] = fmt::format("{0}:{0}", container::kUser);
    service["read_only"] = true;
    service["cap_drop"] = {"ALL"};
    service["security_opt"] = {"no-new-privileges:true"};
    service["tmpfs"] = {std::string(container::kRuntime) + ":mode=1777", "/tmp"};
}

Json limits(const char* cpus, const char* memory) {
    Json deploy;
    deploy["resources"]["limits"] = {{"cpus", cpus}, {"memory", memory}};
    return deploy;
}

Json healthcheck(Json test) {
    Json check;
    check["test"] = std::move(test);
    check["interval"] = "5s";
    check["timeout"] = "4s";
    check["retries"] = 6;
    check["start_period"] = "30s";
    return check;
}

Json postgresql() {
    Json service;
    service["image"] = "docker.io/library/postgres:15";
    service["environment"] = {{"POSTGRES_USER", "imslab"}, {"POSTGRES_DB", "imslab"}};
    service["env_file"] = {"secrets/postgresql.env"};
    service["volumes"] = {"postgresql:/var/lib/postgresql/data"};
    service["networks"] = network(address_of(10));
    service["healthcheck"] = healthcheck({"CMD", "pg_isready", "-U", "imslab"});
    service["security_opt"] = {"no-new-privileges:true"};
    service["deploy"] = limits("1.0", "512M");
    service["restart"] = "unless-stopped";
    return service;
}

Json service_of(const ExportPlan& plan,
                const ExportedMachine& machine,
                int number,
                int& published) {
    Json service;
    service["image"] = "imslab:latest";
    service["hostname"] = machine.name;
    service["command"] = command_of(machine);
    if (machine.kind == "hss") {
        service["env_file"] = {"secrets/hss.env"};
        service["depends_on"]["postgresql"]["condition"] = "service_healthy";
    } else if (machine.kind != "pcscf") {
        service["depends_on"][plan.machines.front().name]["condition"] = "service_healthy";
    }
    service["volumes"] = {fmt::format("./config/{}:{}:ro", machine.name, container::kConfig)};
    for (const auto& port : machine.ports) {
        if (port.name != "gm") continue;
        for (const auto* transport : {"udp", "tcp"})
            service["ports"].push_back(
                fmt::format("127.0.0.1:{}:{}/{}", published, port.number, transport));
        published += 10;
    }
    service["networks"] = network(address_of(number));
    service["extra_hosts"] = hosts_of(plan, machine.name);
    service["healthcheck"] =
        healthcheck({"CMD", container::kProgram, "probe", container::kSocket, "--within", "3"});
    confine(service);
    service["deploy"] = limits("1.0", "512M");
    service["restart"] = "unless-stopped";
    return service;
}

// The subscribers' keys come on its standard input and lie in no container.
Json provision(const ExportPlan& plan) {
    Json service;
    service["image"] = "imslab:latest";
    service["profiles"] = {"provision"};
    service["command"] = {container::kProgram,
                          "subscriber",
                          "import",
                          "/dev/stdin",
                          "--database",
                          container::kDatabase};
    service["env_file"] = {"secrets/hss.env"};
    service["depends_on"]["postgresql"]["condition"] = "service_healthy";
    service["networks"] = {"core"};
    service["extra_hosts"] = hosts_of(plan, "");
    confine(service);
    return service;
}

}  // namespace

std::vector<ExportedFile> export_compose(const ExportPlan& plan, const std::string& password) {
    Json compose;
    compose["name"] = "imslab-" + plan.topology;
    compose["services"]["postgresql"] = postgresql();
    int number = kFirstMachine, published = 5060;
    for (const auto& machine : plan.machines)
        compose["services"][machine.name] = service_of(plan, machine, number++, published);
    compose["services"]["provision"] = provision(plan);
    Json pool;
    pool["subnet"] = "10.77.0.0/24";
    compose["networks"]["core"]["ipam"]["config"].push_back(std::move(pool));
    compose["volumes"]["postgresql"] = Json::object();

    std::vector<ExportedFile> files;
    files.push_back({"compose.yaml",
                     "# " + plan.topology + ", a container for each node. See README.md.\n" +
                         yaml_of(compose)});
    for (const auto& machine : plan.machines) {
        const auto folder = "config/" + machine.name + "/";
        files.push_back({folder + "node.json", machine.config.dump(2) + "\n"});
        if (machine.is_cscf()) files.push_back({folder + "kamailio.cfg", machine.kamailio});
    }
    files.push_back({"secrets/postgresql.env", "POSTGRES_PASSWORD=" + password + "\n", true});
    files.push_back({"secrets/hss.env", "PGPASSWORD=" + password + "\n", true});
    files.push_back({"secrets/subscribers.xml", plan.subscribers, true});
    files.push_back({"README.md", compose_readme(plan)});
    return files;
}

}  // namespace imslab::lab
