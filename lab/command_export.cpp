// imslab export: a topology for several machines, into a folder.
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "lab/deployment_commands.h"
#include "lab/export_plan.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct ExportOptions {
    std::string topology, folder;
    bool overwrite = false;
};

std::string drawn_password() {
    std::random_device device;
    std::string text;
    for (int i = 0; i < 8; ++i) text += fmt::format("{:08x}", device());
    return text;
}

// A secret is its owner's alone from its first octet on.
std::string write(const fs::path& folder, const ExportedFile& file) {
    const auto path = folder / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (file.secret) {
        fs::remove(path, error);
        const mode_t before = ::umask(0077);
        auto problem = write_file(path.string(), file.content);
        ::umask(before);
        return problem;
    }
    return write_file(path.string(), file.content);
}

std::string why_not_into(const fs::path& folder, bool overwrite) {
    std::error_code error;
    if (!fs::exists(folder, error)) return {};
    if (!fs::is_directory(folder, error)) return folder.string() + " is no folder";
    if (overwrite || fs::is_empty(folder, error)) return {};
    return folder.string() +
           " is not empty; --overwrite writes over what is there, and draws a new password";
}

using Exporter = std::vector<ExportedFile> (*)(const ExportPlan&, const std::string&);

int export_to(const ExportOptions& options,
              const std::string& platform,
              const std::string& own_suffix,
              Exporter exporter) {
    const auto topology = Topology::load(topology_file(options.topology));
    if (!topology) return report(topology.error());
    const fs::path folder = options.folder.empty()
                                ? fs::path("out") / "export" / (topology->name + "-" + platform)
                                : fs::path(options.folder);
    const auto plan = plan_export(*topology, own_suffix);
    if (!plan) return report(topology->file + ": " + plan.error());
    if (const auto problem = why_not_into(folder, options.overwrite); !problem.empty())
        return report(problem);
    auto files = exporter(*plan, drawn_password());
    bool ok = false;
    files.push_back({"Containerfile", read_file(root_folder() + "/setup/Containerfile", ok)});
    if (!ok) return report("cannot read setup/Containerfile of the source tree");
    for (const auto& file : files) {
        if (const auto problem = write(folder, file); !problem.empty()) return report(problem);
    }
    fmt::print("{} is exported to {}: {} files; README.md there says how it is started\n",
               topology->name,
               folder.string(),
               files.size());
    return kPassed;
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("export", "A topology for several machines");
    verb->require_subcommand(1);
    verb->footer(
        "Examples:\n"
        "  imslab export compose core\n"
        "  imslab export kubernetes two-scscf --folder out/cluster\n"
        "  imslab export kubernetes my.yaml --overwrite\n\n"
        "The CSCFs run in Kamailio, the HSS on PostgreSQL. docs/deployment.md says more.");
    auto options = std::make_shared<ExportOptions>();
    const auto part = [&](const std::string& platform,
                          const char* says,
                          const std::string& own_suffix,
                          Exporter exporter) {
        auto* subverb = verb->add_subcommand(platform, says);
        subverb->add_option("topology", options->topology, "a name or a file")->required();
        subverb->add_option(
            "--folder", options->folder, "where to; else out/export/TOPOLOGY-" + platform);
        subverb->add_flag("--overwrite", options->overwrite, "write over what is there");
        subverb->callback([options, platform, own_suffix, exporter, &context] {
            context.exit = export_to(*options, platform, own_suffix, exporter);
        });
    };
    part("compose", "For podman compose or docker compose", "", export_compose);
    part("kubernetes", "For kubectl apply", "-0", export_kubernetes);
}

}  // namespace imslab::lab
