// Configurations for Kamailio's own IMS modules, and the question whether they are ready.
#include "lab/stock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/plain_sip.h"
#include "lab/udp_port.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

// One for a socket: what comes in an order goes out in it. With several a 200 overtakes its 180.
constexpr int kWorkers = 1;
constexpr int kSharedMegabytes = 64;
constexpr std::chrono::milliseconds kAnswerTime{20};

// Where other nodes, or the phones of plain SIP, reach it.
const Address& on_mw(const TopologyNode& node) {
    return node.addresses.at(node.is_plain_sip() ? "SIP" : "Mw");
}

const TopologyNode* hss_of(const Topology& topology, const TopologyNode& node) {
    for (const auto& other : topology.nodes) {
        if (other.kind == "hss" && other.home == node.home) return &other;
    }
    return nullptr;
}

// The words in capitals that a template is written with; longer ones first, so that none is
// replaced inside another.
std::string words(const TopologyNode& node,
                  const std::string& folder,
                  const std::string& log_level) {
    const auto gm = node.addresses.find("Gm");
    const std::string port = std::to_string(on_mw(node).port);
    std::string lines;
    const auto word = [&](std::string_view name, std::string_view value) {
        lines += fmt::format("#!substdef \"!{}!{}!g\"\n", name, value);
    };
    word("WORKERS", std::to_string(node.settings.value("workers", kWorkers)));
    word("LOG_LEVEL", log_level == "warning" || log_level == "error" ? "0" : "2");
    if (gm != node.addresses.end()) {
        word("GM_ADDRESS", gm->second.to_string());
        word("GM_IP", gm->second.ip.to_string());
    }
    word(node.is_plain_sip() ? "SIP_ADDRESS" : "MW_ADDRESS", on_mw(node).to_string());
    word("MW_PORT", port);
    word("HOME_DOMAIN", node.home);
    word("NODE_HOST", node.host);
    word("NODE_URI", "sip:" + node.host + ":" + port);
    word("NODE_FOLDER", folder);
    return lines;
}

// Names are found in its own DNS cache, filled when it starts: the lab's names are in no DNS.
std::string names_and_readiness(const Topology& topology, const TopologyNode& node) {
    constexpr int kPermanent = 2, kDay = 86'400;
    std::string lines = "\nevent_route[core:worker-one-init] {\n";
    const auto call = [&](std::string_view method, const std::string& parameters) {
        lines += fmt::format(
            "    "
            "jsonrpc_exec('{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\",\"params\":[{}]}}');\n",
            method,
            parameters);
    };
    for (const auto& [host, addresses] : topology.hosts()) {
        const auto& address = addresses.first();
        call("dns.add_a",
             fmt::format("\"{}\",{},\"{}\",{}", host, kDay, address.ip.to_string(), kPermanent));
        for (const auto* transport : {"udp", "tcp"}) {
            call("dns.add_srv",
                 fmt::format("\"_sip._{}.{}\",{},0,0,{},\"{}\",{}",
                             transport,
                             host,
                             kDay,
                             address.port,
                             host,
                             kPermanent));
        }
    }
    lines += "    $shv(named) = 1;\n}\n\n";
    lines += "route[READY] {\n    if ($shv(named) != 1";
    const auto* hss = has_diameter(node) ? hss_of(topology, node) : nullptr;
    if (hss) lines += " || !cdp_check_peer(\"" + hss->addresses.at("Cx").ip.to_string() + "\")";
    lines +=
        ") {\n        sl_send_reply(\"503\", \"Not ready\");\n    } else {\n"
        "        sl_send_reply(\"200\", \"OK\");\n    }\n    exit;\n}\n";
    return lines;
}

// Cx (TS 29.228). It looks for its peer by name in the machine's DNS, so the peer is called by its
// address.
std::string diameter(const Topology& topology, const TopologyNode& node) {
    constexpr int kCx = 16'777'216, k3gpp = 10'415;
    const auto& own = node.addresses.at("Cx");
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<DiameterPeer FQDN=\"{}\" Realm=\"{}\" Vendor_Id=\"{}\" Product_Name=\"Kamailio\"\n"
        "    AcceptUnknownPeers=\"0\" DropUnknownOnDisconnect=\"1\" Tc=\"1\" Workers=\"{}\"\n"
        "    QueueLength=\"64\" TransactionTimeout=\"5\" SessionsHashSize=\"128\"\n"
        "    DefaultAuthSessionTimeout=\"3600\" MaxAuthSessionTimeout=\"3600\">\n",
        node.host,
        node.home,
        k3gpp,
        node.settings.value("workers", kWorkers));
    if (const auto* hss = hss_of(topology, node)) {
        const auto& address = hss->addresses.at("Cx");
        xml += fmt::format(
            "  <Peer FQDN=\"{}\" Realm=\"{}\" port=\"{}\" src_addr=\"{}\"/>\n"
            "  <DefaultRoute FQDN=\"{}\" metric=\"10\"/>\n",
            address.ip.to_string(),
            hss->home,
            address.port,
            own.ip.to_string(),
            address.ip.to_string());
    }
    xml += fmt::format(
        "  <Acceptor port=\"{}\" bind=\"{}\"/>\n"
        "  <SupportedVendor vendor=\"{}\"/>\n"
        "  <Auth id=\"{}\" vendor=\"{}\"/>\n"
        "</DiameterPeer>\n",
        own.port,
        own.ip.to_string(),
        k3gpp,
        kCx,
        k3gpp);
    return xml;
}

// db_text: a file for each table, the columns in its first line.
std::string write_serving(const Topology& topology,
                          const TopologyNode& icscf,
                          const std::string& folder) {
    std::string serving = "id(int) name(string) s_cscf_uri(string)\n";
    std::string capable = "id(int) id_s_cscf(int) capability(int)\n";
    int id = 0, row = 0;
    for (const auto& node : topology.nodes) {
        if (node.kind != "scscf" || node.home != icscf.home) continue;
        serving +=
            fmt::format("{}:{}:sip\\:{}\\:{}\n", ++id, node.name, node.host, on_mw(node).port);
        for (const auto& capability : node.settings.value("capabilities", nlohmann::json::array()))
            capable += fmt::format("{}:{}:{}\n", ++row, id, capability.get<int>());
    }
    const std::vector<std::pair<std::string, std::string>> tables{
        {"s_cscf", serving},
        {"s_cscf_capabilities", capable},
        {"nds_trusted_domains", "id(int) trusted_domain(string)\n"},
        {"version", "table_name(string) table_version(int)\n"}};
    for (const auto& [table, content] : tables) {
        if (auto problem = write_file(folder + "/" + table, content); !problem.empty())
            return problem;
    }
    return {};
}

}  // namespace

std::string play_by_stock(Topology& topology, const std::string& nodes) {
    std::istringstream list(nodes);
    for (std::string name; std::getline(list, name, ',');) {
        bool found = false;
        for (auto& node : topology.nodes) {
            if (node.external || !node.is_cscf()) continue;
            if (name != "all" && name != node.name && name != node.kind) continue;
            node.runs_on = TopologyNode::kStock;
            found = true;
        }
        if (!found)
            return "no CSCF '" + name + "' in the topology " + topology.name +
                   "; give names or kinds (pcscf, icscf, scscf), or all";
    }
    return {};
}

Result<Process::Start, std::string> start_stock(const Topology& topology,
                                                const TopologyNode& node,
                                                const NodeOptions& options) {
    const auto program = kamailio_program();
    if (program.empty())
        return failure(std::string("kamailio is not installed; `make kamailio` installs it"));
    std::error_code ignored;
    const auto folder = fs::absolute(options.folder, ignored).string() + "/" + node.name;
    const auto path = root_folder() + "/hosts/kamailio/stock/" + node.kind + ".cfg";
    bool ok = false;
    const auto written = read_file(path, ok);
    if (!ok) return failure("cannot read " + path);
    auto config = "#!KAMAILIO\n" + words(node, folder, options.log_level) + written +
                  names_and_readiness(topology, node);
    if (node.is_plain_sip()) config += service_routes(node);
    auto problem = write_file(folder + ".cfg", config);
    fs::create_directories(folder, ignored);
    if (problem.empty() && node.is_plain_sip()) problem = write_registrar_tables(topology, folder);
    if (problem.empty() && has_diameter(node))
        problem = write_file(folder + "/diameter.xml", diameter(topology, node));
    if (problem.empty() && node.kind == "icscf") problem = write_serving(topology, node, folder);
    if (!problem.empty()) return failure(problem);
    const auto shared = std::to_string(node.settings.value("shared_megabytes", kSharedMegabytes));
    Process::Start start;
    start.arguments = {program,
                       "-f",
                       folder + ".cfg",
                       "-DD",
                       "-E",
                       "-m",
                       shared,
                       "-M",
                       "8",
                       "-x",
                       std::string(kAllocator),
                       "-Y",
                       folder};
    return start;
}

bool StockProbe::ready(const TopologyNode& node) {
    const auto own = Address::parse("127.1.255.254:5060", 5060);
    if (!own) return false;
    auto port = UdpPort::open(*own);
    if (!port) return false;
    const auto& to = on_mw(node);
    const auto id = std::to_string(++asked_);
    port->send(to,
               "OPTIONS sip:" + to.to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
                   own->to_string() + ";branch=z9hG4bK-ready-" + id +
                   "\r\nMax-Forwards: 1\r\nFrom: <sip:lab@" + node.home + ">;tag=" + id +
                   "\r\nTo: <sip:" + to.to_string() + ">\r\nCall-ID: ready-" + id +
                   "@lab\r\nCSeq: " + id + " OPTIONS\r\nContent-Length: 0\r\n\r\n");
    const auto answer = port->receive(in(kAnswerTime));
    return answer && answer->starts_with("SIP/2.0 200");
}

}  // namespace imslab::lab
