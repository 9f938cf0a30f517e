// The README of an exported folder: what is in it, the commands.
#include "lab/export_readme.h"

#include <fmt/format.h>

namespace imslab::lab {

namespace {

std::string ports_text(const ExportedMachine& machine) {
    std::string text;
    for (const auto& port : machine.ports)
        text += fmt::format("{}{} {} ({})",
                            text.empty() ? "" : ", ",
                            port.name == "gm"   ? "Gm"
                            : port.name == "mw" ? "Mw"
                                                : "Cx",
                            port.number,
                            port.udp ? "UDP, TCP" : "TCP");
    return text;
}

std::string machines_table(const ExportPlan& plan) {
    std::string text = "| machine | what it is | listens on |\n|---|---|---|\n";
    text += "| `postgresql` | the HSS's database | 5432 (TCP) |\n";
    for (const auto& machine : plan.machines)
        text += fmt::format("| `{}` | {}{} | {} |\n",
                            machine.name,
                            machine.label,
                            machine.is_cscf() ? ", in Kamailio" : "",
                            ports_text(machine));
    return text;
}

std::string first_cscf(const ExportPlan& plan, std::string_view kind) {
    for (const auto& machine : plan.machines) {
        if (machine.kind == kind) return machine.name;
    }
    return plan.machines.front().name;
}

constexpr std::string_view kSecrets =
    "The database's password was drawn for this folder and is nowhere else; the subscribers' keys "
    "are those of the\ntopology. Both are readable by the folder's owner alone. Keep them out of "
    "version control.\n";

constexpr std::string_view kNames =
    "Names: SIP URIs and Diameter identities keep the names of the topology; where each leads is "
    "in `node.json`, as the\nname of a machine and a port, and is looked up once when a node "
    "starts. The addresses behind these names stay when\na machine is made anew, so nothing else "
    "has to be restarted.\n";

}  // namespace

std::string compose_readme(const ExportPlan& plan) {
    return fmt::format(
        "# {0}, in containers\n\n"
        "Made by `imslab export compose`. The CSCFs run in Kamailio, the HSS on PostgreSQL, each "
        "in "
        "a container of its own.\n\n{1}\n"
        "```sh\n"
        "podman build -t imslab:latest -f Containerfile SOURCE    # SOURCE: the source tree of "
        "imslab; or docker build\n"
        "podman compose up -d\n"
        "podman compose run --rm -T provision < secrets/subscribers.xml\n"
        "podman compose ps                                        # healthy: it serves\n"
        "podman compose exec {2} /opt/imslab/imslab probe /run/imslab/node.sock\n"
        "podman compose down                                      # with -v: the database too\n"
        "```\n\n"
        "A phone on this machine finds the P-CSCF at 127.0.0.1:5060 (a second one at 5070, and so "
        "on), UDP and TCP.\n\n"
        "- `compose.yaml`: the containers, who waits for whom, their limits\n"
        "- `config/MACHINE/`: `node.json` and `kamailio.cfg`, mounted at /etc/imslab\n"
        "- `secrets/`: what must not be seen\n\n{3}\n{4}",
        plan.topology,
        machines_table(plan),
        first_cscf(plan, "scscf"),
        kSecrets,
        kNames);
}

std::string kubernetes_readme(const ExportPlan& plan) {
    return fmt::format(
        "# {0}, in Kubernetes\n\n"
        "Made by `imslab export kubernetes`. The CSCFs run in Kamailio, the HSS on PostgreSQL, "
        "each "
        "in a pod of its own\nbehind a Service of the same name, in the namespace "
        "`imslab`.\n\n{1}\n"
        "```sh\n"
        "podman build -t imslab:latest -f Containerfile SOURCE    # SOURCE: the source tree of "
        "imslab; push it where\n"
        "                                                         # the cluster finds it, and name "
        "it in 50 and 60\n"
        "kubectl apply -f .\n"
        "kubectl -n imslab wait --for=condition=complete job/provision --timeout=5m\n"
        "kubectl -n imslab get pods                               # ready: it serves\n"
        "kubectl -n imslab exec {2}-0 -- /opt/imslab/imslab probe /run/imslab/node.sock\n"
        "kubectl delete -f .                                      # the database's volume stays\n"
        "```\n\n"
        "- `10-config.yaml`: a ConfigMap for each machine, `node.json` and `kamailio.cfg`, mounted "
        "at /etc/imslab\n"
        "- `20-secrets.yaml`: the database's password, the subscribers' keys\n"
        "- `30-services.yaml`: names that do not move; Gm is reachable inside the cluster, change "
        "the type of the\n  P-CSCF's Service to let phones in\n"
        "- `40-network-policies.yaml`: who may speak to whom\n"
        "- `50-database.yaml`, `60-nodes.yaml`: the pods, with probes, limits, without root\n\n"
        "Started, ready and alive are one question on the node's control socket (`imslab probe`). "
        "A "
        "node that misses its\nHSS or its database is ready all the same: it has the answer that "
        "the specifications name for that.\n\n{3}\n{4}",
        plan.topology,
        machines_table(plan),
        first_cscf(plan, "scscf"),
        kSecrets,
        kNames);
}

}  // namespace imslab::lab
