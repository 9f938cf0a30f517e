// The commands that read and write documents on Ut, carried out.
#include <filesystem>

#include "http/uri.h"
#include "lab/http_point.h"
#include "lab/node_config.h"
#include "lab/performance.h"
#include "lab/places.h"

namespace imslab::lab {

namespace {

constexpr std::chrono::milliseconds kDocument{10'000};
// What may stand in a path as it is (RFC 3986 §3.3), and what a path consists of.
constexpr std::string_view kInPaths = "/@:=*'!$&()+,;~%";

// Where the node's documents begin.
std::string root_of(const TopologyNode& node) {
    const auto enablers = node.settings.find("enablers");
    if (enablers == node.settings.end() || !enablers->is_object()) return {};
    for (const auto& [name, enabler] : enablers->items()) {
        if (!enabler.is_object() || !enabler.contains("root")) continue;
        auto root = enabler.value("root", "");
        while (root.ends_with('/')) root.pop_back();
        return root;
    }
    return {};
}

// "resource-lists/index" is in the UE's own tree; what begins with a slash is as it is written.
std::string whole_path(const std::string& path, const std::string& identity) {
    const auto query = path.find('?');
    auto head = path.substr(0, query);
    const auto slash = head.find('/');
    if (slash != 0)
        head = "/" + head.substr(0, slash) + "/users/" + identity +
               (slash == std::string::npos ? "" : head.substr(slash));
    head = http::percent_encoded(head, kInPaths);
    return query == std::string::npos
               ? head
               : head + "?" + http::percent_encoded(path.substr(query + 1), kInPaths);
}

}  // namespace

// "{bob}" is Bob's public identity.
std::string Performance::with_names(std::string text) const {
    for (const auto& [name, phone] : ues_) {
        const auto word = "{" + name + "}";
        const auto& identity = phone.identity().public_identities.front();
        for (auto at = text.find(word); at != std::string::npos;
             at = text.find(word, at + identity.size()))
            text.replace(at, word.size(), identity);
    }
    return text;
}

std::optional<BootstrappingPlace> Performance::bootstrapping_place() const {
    for (const auto& node : topology_->nodes) {
        const auto ub = node.addresses.find("Ub");
        if (ub != node.addresses.end()) return BootstrappingPlace{ub->second, node.host};
    }
    return std::nullopt;
}

UeDocuments& Performance::documents_of(const std::string& name) {
    return documents_.try_emplace(name, *ue(name), static_cast<Entropy&>(*chance_)).first->second;
}

// `alice bootstrap`: on Ub alone.
Performance::Outcome Performance::bootstrap(const DocumentCommand& command) {
    auto& bootstrapping = documents_of(command.ue).bootstrapping();
    auto outcome = bootstrapping.perform(command, *bootstrapping_place(), in(kDocument));
    if (!outcome.problem.empty()) outcome.problem = command.ue + ": " + outcome.problem;
    return {outcome.status, std::move(outcome.problem)};
}

Performance::Outcome Performance::on(const DocumentCommand& command) {
    if (command.bootstraps) return bootstrap(command);
    auto& phone = *ue(command.ue);
    const TopologyNode* node = nullptr;
    for (const auto& one : topology_->nodes) {
        const bool wanted = command.node.empty() ? node == nullptr : one.name == command.node;
        if (wanted && answers_http(one)) node = &one;
    }
    if (node == nullptr) return {0, command.node + " is not asked by HTTP"};
    const auto point = http_point_of(*node);
    auto body = command.body;
    if (!command.file.empty()) {
        bool ok = false;
        const auto file = root_folder() + "/scenarios/ue/" + command.file;
        body = read_file(file, ok);
        if (!ok) return {0, "no file " + file};
    }
    DocumentServer server{
        node->addresses.at(point), node->host, root_of(*node), {}, bootstrapping_place()};
    if (command.secure) {
        const auto secure = node->address(point, Transport::tls);
        if (!secure) return {0, node->name + " has no https"};
        server.address = *secure;
        server.authority_file = authority_of(std::filesystem::path(folder_).parent_path().string());
    }
    auto& documents = documents_of(command.ue);
    const auto& answers = documents.answers();
    auto as_meant = command;
    if (!command.intended.empty()) as_meant.intended = uri_of(command.intended);
    for (auto& [name, value] : as_meant.headers) value = answers.put_into(with_names(value));
    if (!command.bootstrapped_as.empty()) {
        const auto* other = documents_of(command.bootstrapped_as).bootstrapping().agreed();
        if (other == nullptr) return {0, command.bootstrapped_as + " has not bootstrapped"};
        as_meant.bootstrapped_as = other->transaction_identifier;
    }
    const auto path = whole_path(answers.put_into(with_names(command.path)),
                                 phone.identity().public_identities.front());
    auto outcome = documents.perform(
        as_meant, path, answers.put_into(with_names(body)), server, in(kDocument));
    return {outcome.status, std::move(outcome.problem)};
}

}  // namespace imslab::lab
