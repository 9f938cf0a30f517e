// imslab completion: what a shell needs to complete our command line, read from the verbs
// themselves.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "lab/commands.h"

namespace imslab::lab {

namespace {

struct Verb {
    std::string name, says, options;
    std::vector<Verb> parts;  // `subscriber import`
};

// What stands in single quotes in a shell.
std::string quoted(const std::string& text, const char* quote) {
    std::string out = "'";
    for (const char c : text) c == '\'' ? out += quote : out += c;
    return out + "'";
}

std::string options_of(const CLI::App* app) {
    std::string options;
    for (const auto* option : app->get_options()) {
        for (const auto& name : option->get_lnames())
            options += (options.empty() ? "--" : " --") + name;
    }
    for (const auto* part : app->get_subcommands([](const CLI::App*) { return true; }))
        options += " " + part->get_name();
    return options;
}

std::vector<Verb> verbs_of(const CLI::App& app) {
    std::vector<Verb> verbs;
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        verbs.push_back(
            {verb->get_name(), verb->get_description(), options_of(verb), verbs_of(*verb)});
        if (verb->get_name() == "completion") verbs.back().options += " bash zsh fish";
    }
    return verbs;
}

// The scenarios, by the command as it was typed: it need not be on PATH.
std::string ids(const char* command) {
    return fmt::format("{} list 2>/dev/null | cut -d\" \" -f1", command);
}

std::string bash(const std::vector<Verb>& verbs) {
    std::string names, cases;
    for (const auto& verb : verbs) {
        for (const auto& part : verb.parts)
            cases += fmt::format(
                "        {}\\ {}) words=\"{}\" ;;\n", verb.name, part.name, part.options);
    }
    for (const auto& verb : verbs) {
        names += (names.empty() ? "" : " ") + verb.name;
        const bool wants_ids = verb.name == "run" || verb.name == "list";
        cases += fmt::format("        {}\\ *) words=\"{}{}\" ;;\n",
                             verb.name,
                             verb.options,
                             wants_ids ? fmt::format(" $({})", ids("\"${COMP_WORDS[0]}\"")) : "");
    }
    return fmt::format(
        "# source <(imslab completion bash)\n"
        "_imslab() {{\n"
        "    local words=\"{}\"\n"
        "    local second=\n"
        "    [ \"$COMP_CWORD\" -gt 2 ] && second=${{COMP_WORDS[2]}}\n"
        "    case \"${{COMP_WORDS[1]}} $second\" in\n{}"
        "    esac\n"
        "    [ \"$COMP_CWORD\" -eq 1 ] && words=\"{} --help --version\"\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
        "}}\n"
        "complete -o default -F _imslab imslab\n",
        names,
        cases,
        names);
}

std::string zsh(const std::vector<Verb>& verbs) {
    std::string names, cases;
    for (const auto& verb : verbs) {
        names += fmt::format("        {}\n", quoted(verb.name + ":" + verb.says, "'\\''"));
        const bool wants_ids = verb.name == "run" || verb.name == "list";
        for (const auto& part : verb.parts)
            cases += fmt::format(
                "        {}\\ {}) compadd -- {}; _files ;;\n", verb.name, part.name, part.options);
        cases += fmt::format("        {}\\ *) compadd -- {}{}; _files ;;\n",
                             verb.name,
                             verb.options,
                             wants_ids ? fmt::format(" $({})", ids("\"$words[1]\"")) : "");
    }
    return fmt::format(
        "#compdef imslab\n"
        "# source <(imslab completion zsh)\n"
        "_imslab() {{\n"
        "    local -a verbs=(\n{}    )\n"
        "    if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n"
        "    local second=\n"
        "    (( CURRENT > 3 )) && second=$words[3]\n"
        "    case \"$words[2] $second\" in\n{}"
        "    esac\n"
        "}}\n"
        "compdef _imslab imslab\n",
        names,
        cases);
}

std::string fish(const std::vector<Verb>& verbs) {
    std::string text = "# imslab completion fish | source\n";
    for (const auto& verb : verbs) {
        text += fmt::format("complete -c imslab -n __fish_use_subcommand -a {} -d {}\n",
                            verb.name,
                            quoted(verb.says, "\\'"));
        text += fmt::format("complete -c imslab -n '__fish_seen_subcommand_from {}' -a '{}'\n",
                            verb.name,
                            verb.options);
        for (const auto& part : verb.parts)
            text += fmt::format("complete -c imslab -n '__fish_seen_subcommand_from {}' -a '{}'\n",
                                part.name,
                                part.options);
        if (verb.name == "run" || verb.name == "list")
            text +=
                fmt::format("complete -c imslab -n '__fish_seen_subcommand_from {}' -a '({})'\n",
                            verb.name,
                            ids("set -l typed (commandline -opc); $typed[1]"));
    }
    return text;
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("completion", "What a shell needs to complete this command");
    auto shell = std::make_shared<std::string>();
    verb->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    verb->footer(
        "Examples:\n  source <(imslab completion bash)\n  imslab completion fish | source");
    verb->callback([shell, &app, &context] {
        const auto verbs = verbs_of(app);
        fmt::print("{}",
                   *shell == "bash"  ? bash(verbs)
                   : *shell == "zsh" ? zsh(verbs)
                                     : fish(verbs));
        context.exit = kPassed;
    });
}

}  // namespace imslab::lab
