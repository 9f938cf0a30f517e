// imslab sh: what an application server asks the HSS on Sh, by hand, in the lab that runs
// (TS 29.328 §6.1).
#include <fmt/format.h>

#include <chrono>

#include "diameter/sh_text.h"
#include "hss/subscriber_file.h"
#include "lab/commands.h"
#include "lab/control.h"
#include "lab/places.h"
#include "lab/procedure.h"
#include "lab/running.h"
#include "lab/ue.h"

namespace imslab::lab {

namespace {

struct Options {
    std::string verb, out = "out", as;
    std::vector<std::string> words;
};

constexpr const char* kNoServer =
    "the lab that runs has no application server of kind sh_client; `imslab up sh` has two";

// A UE of the topology is named by its first public identity.
std::string with_public_identity(const std::string& line,
                                 const std::string& user,
                                 const Topology& topology) {
    const auto* ue = topology.ue(user);
    bool ok = false;
    const auto xml = read_file(topology.subscribers_file, ok);
    if (ue == nullptr || !ok) return line;
    const auto subscriptions = hss::read_subscribers(xml, topology.subscribers_file);
    if (!subscriptions) return line;
    const auto identity = identity_of(*subscriptions, ue->subscriber, topology.home);
    return identity ? with_identity(line, user, identity->public_identities.front()) : line;
}

int ask_hss(const Options& options) {
    const auto lab = Running::find(options.out);
    if (!lab) return report(std::string("no lab is up; `imslab up sh` starts one"));
    const auto topology = Topology::parse(lab->topology_content, lab->topology_file);
    if (!topology) return report(topology.error());
    const TopologyNode* server = nullptr;
    for (const auto& node : topology->nodes) {
        const bool wanted = options.as.empty() ? server == nullptr : node.name == options.as;
        if (node.kind == "sh_client" && wanted) server = &node;
    }
    if (server == nullptr)
        return report(options.as.empty() ? std::string(kNoServer)
                                         : "no application server '" + options.as + "' is up");
    std::string line = options.verb;
    for (const auto& word : options.words) line += " " + word;
    if (!options.words.empty()) line = with_public_identity(line, options.words.front(), *topology);
    if (const auto request = sh::request_from_text(line); !request)
        return report("sh " + options.verb + ": " + request.error().to_string());
    const auto socket = lab->control_sockets.find(server->name);
    if (socket == lab->control_sockets.end()) return report(server->name + " is not ours to ask");
    const auto answer = ask_node(socket->second, line, in(std::chrono::seconds(10)));
    if (!answer) return report(answer.error()), kFailed;
    fmt::print("{}\n", *answer);
    return answer->find("SUCCESS") != std::string::npos ? kPassed : kFailed;
}

}  // namespace

void add_sh(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("sh", "Ask the HSS of the lab that runs, as an AS does on Sh");
    verb->require_subcommand(1);
    verb->footer(
        "USER is a UE's name, a sip: or tel: URI, or the digits of an MSISDN. Options of a "
        "request:\n"
        "service=, set=, server=, tag=, domain=, expires=, once, with-data, sequence=, active=, "
        "data=\n"
        "Examples:\n"
        "  imslab up sh &\n"
        "  imslab sh pull alice IMSUserState\n"
        "  imslab sh update alice RepositoryData service=notes sequence=0 'data=<note>hi</note>'\n"
        "  imslab sh subscribe alice RepositoryData service=notes expires=3600 --as as2\n"
        "  imslab state as2      # what it has been notified of");
    auto options = std::make_shared<Options>();
    const auto part = [&](const char* name, const char* says) {
        auto* subverb = verb->add_subcommand(name, says);
        subverb->add_option("request", options->words, "USER REFERENCE[,REFERENCE…] [OPTION …]")
            ->required();
        subverb->add_option("--as", options->as, "which application server asks; else the first");
        subverb->add_option("--out", options->out, "where `imslab up` was told to write")
            ->capture_default_str();
        subverb->callback([options, &context, name = std::string(name)] {
            options->verb = name;
            context.exit = ask_hss(*options);
        });
    };
    part("pull", "UDR: read data");
    part("update", "PUR: write repository data, switch a DSAI or a PSI");
    part("subscribe", "SNR: be told when data changes");
    part("unsubscribe", "SNR: be told no more");
}

}  // namespace imslab::lab
