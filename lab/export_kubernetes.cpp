// imslab export kubernetes: manifests for `kubectl apply -f`. Each machine is a StatefulSet of one
// pod behind a Service of its own, whose address stays when the pod is made anew.
#include <fmt/format.h>

#include "lab/export_plan.h"
#include "lab/export_readme.h"

namespace imslab::lab {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNamespace = "imslab";
constexpr int kPostgresUser = 999;  // of the image postgres
constexpr int kPostgresPort = 5432;

Json labels_of(const std::string& name, const std::string& component) {
    return {{"app.kubernetes.io/part-of", "imslab"},
            {"app.kubernetes.io/component", component},
            {"app.kubernetes.io/name", name}};
}
Json selector_of(const std::string& name) { return {{"app.kubernetes.io/name", name}}; }

Json object(const char* api, const char* kind, const std::string& name, Json labels) {
    Json one;
    one["apiVersion"] = api;
    one["kind"] = kind;
    one["metadata"] = {{"name", name}, {"namespace", kNamespace}, {"labels", std::move(labels)}};
    return one;
}

Json resources(const char* cpu, const char* memory, const char* most) {
    Json one;
    one["requests"] = {{"cpu", cpu}, {"memory", memory}};
    one["limits"] = {{"memory", most}};
    return one;
}

// Nobody is root, nothing but what is mounted for it is written.
Json pod_security(int user) {
    Json one;
    one["runAsNonRoot"] = true;
    one["runAsUser"] = user;
    one["runAsGroup"] = user;
    one["fsGroup"] = user;
    one["seccompProfile"]["type"] = "RuntimeDefault";
    return one;
}
Json container_security() {
    Json one;
    one["allowPrivilegeEscalation"] = false;
    one["readOnlyRootFilesystem"] = true;
    one["capabilities"]["drop"] = {"ALL"};
    return one;
}

Json probe(Json command, int period_seconds, int timeout_seconds, int failures) {
    Json one;
    one["exec"]["command"] = std::move(command);
    one["periodSeconds"] = period_seconds;
    one["timeoutSeconds"] = timeout_seconds;
    one["failureThreshold"] = failures;
    return one;
}

Json password_variable(const char* name) {
    Json one;
    one["name"] = name;
    one["valueFrom"]["secretKeyRef"] = {{"name", "imslab-database"}, {"key", "password"}};
    return one;
}

Json scratch(const std::string& name) {
    Json one;
    one["name"] = name;
    one["emptyDir"] = {{"medium", "Memory"}, {"sizeLimit", "16Mi"}};
    return one;
}
Json mount(const char* name, std::string_view path, bool read_only = false) {
    Json one{{"name", name}, {"mountPath", path}};
    if (read_only) one["readOnly"] = true;
    return one;
}

Json stateful_set(const std::string& name, const std::string& component, Json pod) {
    auto set = object("apps/v1", "StatefulSet", name, labels_of(name, component));
    set["spec"]["serviceName"] = name;
    set["spec"]["replicas"] = 1;
    set["spec"]["selector"]["matchLabels"] = selector_of(name);
    set["spec"]["template"]["metadata"]["labels"] = labels_of(name, component);
    set["spec"]["template"]["spec"] = std::move(pod);
    return set;
}

Json config_map(const ExportedMachine& machine) {
    auto map =
        object("v1", "ConfigMap", machine.name + "-config", labels_of(machine.name, machine.kind));
    map["data"]["node.json"] = machine.config.dump(2) + "\n";
    if (machine.is_cscf()) map["data"]["kamailio.cfg"] = machine.kamailio;
    return map;
}

// Found by name before it is ready: those who start together wait for nobody's name.
Json service(const ExportedMachine& machine) {
    auto one = object("v1", "Service", machine.name, labels_of(machine.name, machine.kind));
    one["spec"]["type"] = "ClusterIP";
    one["spec"]["selector"] = selector_of(machine.name);
    one["spec"]["publishNotReadyAddresses"] = true;
    for (const auto& port : machine.ports) {
        for (const auto* transport : {"UDP", "TCP"}) {
            if (!port.udp && transport == std::string_view("UDP")) continue;
            const auto name = port.name + (transport == std::string_view("UDP") ? "-udp" : "-tcp");
            one["spec"]["ports"].push_back({{"name", name},
                                            {"port", port.number},
                                            {"targetPort", name},
                                            {"protocol", transport}});
        }
    }
    return one;
}

Json node_container(const ExportedMachine& machine) {
    Json one;
    one["name"] = "node";
    one["image"] = "imslab:latest";
    one["imagePullPolicy"] = "IfNotPresent";
    one["command"] = command_of(machine);
    if (machine.kind == "hss") one["env"].push_back(password_variable("PGPASSWORD"));
    for (const auto& port : machine.ports) {
        if (port.udp)
            one["ports"].push_back({{"name", port.name + "-udp"},
                                    {"containerPort", port.number},
                                    {"protocol", "UDP"}});
        one["ports"].push_back(
            {{"name", port.name + "-tcp"}, {"containerPort", port.number}, {"protocol", "TCP"}});
    }
    const Json asks{container::kProgram, "probe", container::kSocket, "--within", "3"};
    Json lives = asks;
    lives.push_back("--live");
    // Until the HSS is there, which waits for its database.
    one["startupProbe"] = probe(asks, 2, 4, 60);
    one["readinessProbe"] = probe(asks, 5, 4, 2);
    one["livenessProbe"] = probe(lives, 10, 4, 3);
    one["resources"] = resources("100m", "128Mi", "512Mi");
    one["securityContext"] = container_security();
    one["volumeMounts"] = {mount("config", container::kConfig, true),
                           mount("runtime", container::kRuntime),
                           mount("scratch", "/tmp")};
    return one;
}

Json node_set(const ExportedMachine& machine) {
    Json pod;
    pod["automountServiceAccountToken"] = false;
    pod["securityContext"] = pod_security(container::kUser);
    pod["terminationGracePeriodSeconds"] = 10;
    pod["containers"].push_back(node_container(machine));
    Json config;
    config["name"] = "config";
    config["configMap"]["name"] = machine.name + "-config";
    pod["volumes"] = {config, scratch("runtime"), scratch("scratch")};
    return stateful_set(machine.name, machine.kind, std::move(pod));
}

Json postgresql_service() {
    auto one = object("v1", "Service", "postgresql", labels_of("postgresql", "database"));
    one["spec"]["clusterIP"] = "None";
    one["spec"]["selector"] = selector_of("postgresql");
    one["spec"]["ports"].push_back({{"name", "postgresql"},
                                    {"port", kPostgresPort},
                                    {"targetPort", "postgresql"},
                                    {"protocol", "TCP"}});
    return one;
}

Json postgresql_set() {
    Json server;
    server["name"] = "postgresql";
    server["image"] = "docker.io/library/postgres:15";
    server["env"] = {Json{{"name", "POSTGRES_USER"}, {"value", "imslab"}},
                     Json{{"name", "POSTGRES_DB"}, {"value", "imslab"}},
                     Json{{"name", "PGDATA"}, {"value", "/var/lib/postgresql/data/imslab"}},
                     password_variable("POSTGRES_PASSWORD")};
    server["ports"].push_back(
        {{"name", "postgresql"}, {"containerPort", kPostgresPort}, {"protocol", "TCP"}});
    const Json asks{"pg_isready", "-U", "imslab", "-d", "imslab"};
    server["startupProbe"] = probe(asks, 2, 4, 60);
    server["readinessProbe"] = probe(asks, 5, 4, 2);
    server["livenessProbe"] = probe(asks, 10, 4, 6);
    server["resources"] = resources("100m", "256Mi", "512Mi");
    server["securityContext"] = container_security();
    server["volumeMounts"] = {mount("data", "/var/lib/postgresql/data"),
                              mount("sockets", "/var/run/postgresql"),
                              mount("scratch", "/tmp")};
    Json pod;
    pod["automountServiceAccountToken"] = false;
    pod["securityContext"] = pod_security(kPostgresUser);
    pod["containers"].push_back(std::move(server));
    pod["volumes"] = {scratch("sockets"), scratch("scratch")};
    auto set = stateful_set("postgresql", "database", std::move(pod));
    Json claim;
    claim["metadata"]["name"] = "data";
    claim["spec"]["accessModes"] = {"ReadWriteOnce"};
    claim["spec"]["resources"]["requests"]["storage"] = "1Gi";
    set["spec"]["volumeClaimTemplates"].push_back(std::move(claim));
    return set;
}

// Puts the subscribers of the topology into the database; again and again is no harm.
Json provision_job() {
    Json loads;
    loads["name"] = "provision";
    loads["image"] = "imslab:latest";
    loads["imagePullPolicy"] = "IfNotPresent";
    loads["command"] = {container::kProgram,
                        "subscriber",
                        "import",
                        container::kSubscribers,
                        "--database",
                        container::kDatabase};
    loads["env"].push_back(password_variable("PGPASSWORD"));
    loads["resources"] = resources("50m", "64Mi", "256Mi");
    loads["securityContext"] = container_security();
    loads["volumeMounts"].push_back(mount("subscribers", "/run/subscribers", true));
    Json pod;
    pod["automountServiceAccountToken"] = false;
    pod["restartPolicy"] = "OnFailure";
    pod["securityContext"] = pod_security(container::kUser);
    pod["containers"].push_back(std::move(loads));
    Json secret;
    secret["name"] = "subscribers";
    secret["secret"] = {{"secretName", "imslab-subscribers"}, {"defaultMode", 288}};  // 0440
    pod["volumes"].push_back(std::move(secret));
    auto job = object("batch/v1", "Job", "provision", labels_of("provision", "provision"));
    job["spec"]["backoffLimit"] = 20;
    job["spec"]["template"]["metadata"]["labels"] = labels_of("provision", "provision");
    job["spec"]["template"]["spec"] = std::move(pod);
    return job;
}

Json secrets(const ExportPlan& plan, const std::string& password) {
    auto database = object("v1", "Secret", "imslab-database", labels_of("postgresql", "database"));
    database["type"] = "Opaque";
    database["stringData"]["password"] = password;
    auto subscribers =
        object("v1", "Secret", "imslab-subscribers", labels_of("provision", "provision"));
    subscribers["type"] = "Opaque";
    subscribers["stringData"]["subscribers.xml"] = plan.subscribers;
    return Json::array({database, subscribers});
}

Json allowed(const std::string& component, Json from, Json ports) {
    auto policy = object("networking.k8s.io/v1",
                         "NetworkPolicy",
                         "to-" + component,
                         {{"app.kubernetes.io/part-of", "imslab"}});
    policy["spec"]["podSelector"]["matchLabels"] = {{"app.kubernetes.io/component", component}};
    policy["spec"]["policyTypes"] = {"Ingress"};
    Json rule;
    if (!from.empty()) rule["from"] = std::move(from);
    if (!ports.empty()) rule["ports"] = std::move(ports);
    policy["spec"]["ingress"].push_back(std::move(rule));
    return policy;
}

Json pods(std::initializer_list<const char*> components) {
    auto all = Json::array();
    for (const auto* component : components) {
        Json one;
        one["podSelector"]["matchLabels"] = {{"app.kubernetes.io/component", component}};
        all.push_back(std::move(one));
    }
    return all;
}

// Who may speak to whom: the reference points. Gm is for everybody.
Json network_policies(const ExportPlan& plan) {
    auto postgres = Json::array(), cx = Json::array();
    postgres.push_back({{"port", "postgresql"}, {"protocol", "TCP"}});
    cx.push_back({{"port", "cx-tcp"}, {"protocol", "TCP"}});
    auto all = Json::array({allowed("database", pods({"hss", "provision"}), postgres),
                            allowed("hss", pods({"icscf", "scscf"}), cx)});
    for (const auto* component : {"icscf", "scscf"}) {
        for (const auto& machine : plan.machines) {
            if (machine.kind != component) continue;
            all.push_back(allowed(component, pods({"pcscf", "icscf", "scscf"}), {}));
            break;
        }
    }
    return all;
}

std::string documents(const Json& all) {
    std::string text;
    for (const auto& one : all) text += "---\n" + yaml_of(one);
    return text;
}

}  // namespace

std::vector<ExportedFile> export_kubernetes(const ExportPlan& plan, const std::string& password) {
    Json space;
    space["apiVersion"] = "v1";
    space["kind"] = "Namespace";
    space["metadata"] = {{"name", kNamespace},
                         {"labels", {{"pod-security.kubernetes.io/enforce", "restricted"}}}};
    std::vector<ExportedFile> files;
    files.push_back({"00-namespace.yaml", documents(Json::array({space}))});
    auto configs = Json::array(), services = Json::array({postgresql_service()});
    for (const auto& machine : plan.machines) {
        configs.push_back(config_map(machine));
        services.push_back(service(machine));
    }
    files.push_back({"10-config.yaml", documents(configs)});
    files.push_back({"20-secrets.yaml", documents(secrets(plan, password)), true});
    files.push_back({"30-services.yaml", documents(services)});
    files.push_back({"40-network-policies.yaml", documents(network_policies(plan))});
    files.push_back({"50-database.yaml", documents(Json::array({postgresql_set(), provision_job()}))});
    auto nodes = Json::array();
    for (const auto& machine : plan.machines) nodes.push_back(node_set(machine));
    files.push_back({"60-nodes.yaml", documents(nodes)});
    files.push_back({"README.md", kubernetes_readme(plan)});
    return files;
}

}  // namespace imslab::lab
