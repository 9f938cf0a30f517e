// imslab subscriber: the subscribers of the lab that runs, or of a database of one's own. Changes
// are told to the running HSS, so that it tells the S-CSCFs (TS 29.228 §6.1.3, §6.2); who only
// looks reads the database.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/xml_escape.h"
#include "hosts/store/sql_store.h"
#include "hosts/store/subscriber_schema.h"
#include "hss/subscriber_file.h"
#include "lab/commands.h"
#include "lab/control.h"
#include "lab/places.h"
#include "lab/running.h"

namespace imslab::lab {

namespace {

struct Options {
    std::string database, out = "out", file, name, imsi, k, opc, op, password;
    std::vector<std::string> publics;
    bool json = false;
};

// The database that was named, else that of the lab that runs.
Result<std::unique_ptr<host::SqlStore>, std::string> open_store(const Options& options) {
    auto database = options.database;
    if (database.empty()) {
        const auto lab = Running::find(options.out);
        if (!lab) return failure(std::string("no lab is up and no --database was given"));
        database = lab->database;
    }
    return host::SqlStore::open(database);
}

// What the store answered: its sentence if it refused.
template <class Answer>
Result<Answer, std::string> ask(host::SqlStore& store, hss::StoreRequest request) {
    auto answer = store.perform(request);
    if (auto* refused = std::get_if<hss::StoreError>(&answer)) return failure(refused->reason);
    auto* wanted = std::get_if<Answer>(&answer);
    if (!wanted) return failure(std::string("the database answered something else"));
    return std::move(*wanted);
}

bool has_user(const hss::Subscription& subscription, const std::string& user) {
    for (const auto& set : subscription.sets) {
        for (const auto& profile : set.service_profiles) {
            for (const auto& one : profile.public_identities) {
                if (one.identity.starts_with("sip:" + user + "@")) return true;
            }
        }
    }
    return false;
}

Result<std::vector<hss::Subscription>, std::string> load(const Options& options) {
    auto store = open_store(options);
    if (!store) return failure(store.error());
    auto all = ask<hss::Subscriptions>(**store, hss::LoadSubscriptions{options.name});
    if (!all) return failure(all.error());
    if (!all->subscriptions.empty() || options.name.empty()) return std::move(all->subscriptions);
    // Nobody has that name or identity: "alice" is whoever is sip:alice@ somewhere.
    all = ask<hss::Subscriptions>(**store, hss::LoadSubscriptions{});
    if (!all) return failure(all.error());
    std::erase_if(all->subscriptions, [&](const hss::Subscription& subscription) {
        return !has_user(subscription, options.name);
    });
    return std::move(all->subscriptions);
}

// The HSS that is to be told of a change: none if a database was named.
Result<std::optional<std::string>, std::string> hss_to_tell(const Options& options) {
    if (!options.database.empty()) return std::nullopt;
    const auto lab = Running::find(options.out);
    if (!lab) return failure(std::string("no lab is up and no --database was given"));
    if (lab->hss.empty())
        return failure(std::string("the lab that is up has no HSS of its own; give a --database"));
    return lab->hss;
}

// What the HSS says that it did; its S-CSCFs may need their time to answer it.
int tell_hss(const std::string& control_socket, const std::string& line) {
    const auto answer = ask_node(control_socket, line, in(std::chrono::seconds(20)));
    if (!answer) return report(answer.error()), kFailed;
    auto text = answer->substr(0, answer->find_last_not_of('\n') + 1);
    if (!text.starts_with("done: "))
        return report(text.starts_with("error: ") ? text.substr(7) : text), kFailed;
    fmt::print("{}\n", text.substr(6));
    return kPassed;
}

// `path`: where the HSS finds it too; empty: it gets the XML itself.
int provision_xml(const Options& options,
                  const std::string& xml,
                  const std::string& file,
                  const std::string& path) {
    auto subscriptions = host::read_valid_subscribers(xml, file);
    if (!subscriptions) {
        for (const auto& error : subscriptions.error())
            fmt::print(stderr, "{}\n", error.to_string());
        return kUsage;
    }
    const auto hss = hss_to_tell(options);
    if (!hss) return report(hss.error());
    if (*hss) return tell_hss(**hss, "import " + (path.empty() ? xml : path));
    auto store = open_store(options);
    if (!store) return report(store.error());
    const auto count = subscriptions->size();
    const auto done = ask<hss::Done>(**store, hss::Provision{std::move(*subscriptions)});
    if (!done) return report(done.error()), kFailed;
    fmt::print("{} subscription{} provisioned\n", count, count == 1 ? "" : "s");
    return kPassed;
}

int import(const Options& options) {
    bool ok = false;
    const auto xml = read_file(options.file, ok);
    if (!ok) return report("cannot read " + options.file);
    std::error_code ignored;
    const auto path = std::filesystem::absolute(options.file, ignored).string();
    return provision_xml(options, xml, options.file, path);
}

int write_out(const Options& options) {
    const auto subscriptions = load(options);
    if (!subscriptions) return report(subscriptions.error());
    const auto xml = hss::write_subscribers(*subscriptions);
    if (options.file.empty() || options.file == "-") {
        fmt::print("{}", xml);
        return kPassed;
    }
    const auto problem = write_file(options.file, xml);
    return problem.empty() ? kPassed : report(problem);
}

nlohmann::ordered_json as_json(const hss::Subscription& subscription) {
    nlohmann::ordered_json entry;
    entry["name"] = subscription.name;
    for (const auto& identity : subscription.private_identities) {
        nlohmann::ordered_json one;
        one["identity"] = identity.identity;
        one["scheme"] = identity.scheme == hss::AuthScheme::aka ? "aka" : "digest";
        entry["private"].push_back(std::move(one));
    }
    for (const auto& set : subscription.sets) {
        auto publics = nlohmann::ordered_json::array();
        for (const auto& profile : set.service_profiles) {
            for (const auto& identity : profile.public_identities) {
                nlohmann::ordered_json one;
                one["identity"] = identity.identity;
                one["barred"] = identity.barred;
                publics.push_back(std::move(one));
            }
        }
        entry["implicit_registration_sets"].push_back(std::move(publics));
    }
    return entry;
}

int list(const Options& options) {
    const auto subscriptions = load(options);
    if (!subscriptions) return report(subscriptions.error());
    if (!options.name.empty() && subscriptions->empty())
        return report("no subscriber '" + options.name + "'"), kFailed;
    if (options.json) {
        auto all = nlohmann::ordered_json::array();
        for (const auto& subscription : *subscriptions) all.push_back(as_json(subscription));
        fmt::print("{}\n", all.dump(2));
    } else {
        fmt::print("{}", hss::list_subscribers(*subscriptions));
    }
    return kPassed;
}

int show(const Options& options) {
    const auto subscriptions = load(options);
    if (!subscriptions) return report(subscriptions.error());
    if (subscriptions->empty())
        return report("no subscriber '" + options.name +
                      "'; `imslab subscriber list` shows who there is"),
               kFailed;
    if (options.json) {
        fmt::print("{}\n", as_json(subscriptions->front()).dump(2));
    } else {
        fmt::print("{}", hss::write_subscribers(*subscriptions));
    }
    return kPassed;
}

// The same reader as for a file, so that the same mistakes are found; identities are derived from
// the IMSI.
int add(const Options& options) {
    if (options.k.empty() && options.password.empty())
        return report("found no key, expected --k with --opc or --op, or --password");
    std::string xml = "<subscribers><subscriber imsi=\"" + xml_escaped(options.imsi) + "\"";
    for (const auto& [name, value] : {std::pair("k", options.k),
                                      std::pair("opc", options.opc),
                                      std::pair("op", options.op),
                                      std::pair("password", options.password)}) {
        if (!value.empty()) xml += std::string(" ") + name + "=\"" + xml_escaped(value) + "\"";
    }
    xml += ">";
    for (const auto& identity : options.publics)
        xml += "<public>" + xml_escaped(identity) + "</public>";
    return provision_xml(options, xml + "</subscriber></subscribers>", "command line", {});
}

int remove(const Options& options) {
    const auto hss = hss_to_tell(options);
    if (!hss) return report(hss.error());
    if (*hss) return tell_hss(**hss, "remove " + options.name);
    auto store = open_store(options);
    if (!store) return report(store.error());
    const auto done = ask<hss::Done>(**store, hss::Remove{options.name});
    if (!done) return report(done.error()), kFailed;
    fmt::print("{} removed\n", options.name);
    return kPassed;
}

}  // namespace

void add_subscriber(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("subscriber", "The subscribers the HSS knows");
    verb->require_subcommand(1);
    verb->footer(
        "Examples:\n"
        "  imslab subscriber list\n"
        "  imslab subscriber import more.xml\n"
        "  imslab subscriber add 001010000000099 --k 465b5ce8b199b49faa5f0a2ee238a6bc \\\n"
        "      --op cdc202d5123e20f62b6d676ac72cb318 --public "
        "sip:zoe@ims.mnc001.mcc001.3gppnetwork.org\n"
        "  imslab subscriber export subscribers.xml --database out/up-core/subscribers.sqlite\n"
        "  imslab subscriber list --database postgresql://imslab@db.example/imslab");
    auto options = std::make_shared<Options>();
    const auto part = [&](const char* name, const char* says, int (*perform)(const Options&)) {
        auto* subverb = verb->add_subcommand(name, says);
        subverb->add_option(
            "--database",
            options->database,
            "a file or postgresql://USER@HOST/NAME (its password: PGPASSWORD or PGPASSFILE); else "
            "that of the lab that is up");
        subverb->add_option("--out", options->out, "where `imslab up` was told to write")
            ->capture_default_str();
        subverb->callback([options, &context, perform] { context.exit = perform(*options); });
        return subverb;
    };
    part("import", "Add or replace those of an XML file; a wrong file changes nothing", import)
        ->add_option("file", options->file, "XML, see hss/subscribers.xsd")
        ->required();
    part("export", "All as XML, keys included", write_out)
        ->add_option("file", options->file, "where to; none: standard output");
    auto* listed = part("list", "One line each, no secrets", list);
    listed->add_flag("--json", options->json, "as JSON");
    auto* shown = part("show", "One of them, with all that was derived", show);
    shown->add_option("name", options->name, "its name or one of its identities")->required();
    shown->add_flag("--json", options->json, "as JSON, without keys");
    auto* added = part("add", "One more, with identities derived from its IMSI", add);
    added->add_option("imsi", options->imsi, "6 to 15 digits")->required();
    added->add_option("--k", options->k, "the USIM's key, 32 hexadecimal digits");
    added->add_option("--opc", options->opc, "OPc, or");
    added->add_option("--op", options->op, "OP");
    added->add_option("--password", options->password, "SIP Digest instead of AKA");
    added->add_option(
        "--public", options->publics, "public identities; the first is the default one");
    part("remove", "One less", remove)
        ->add_option("name", options->name, "its name or one of its identities")
        ->required();
}

}  // namespace imslab::lab
