// TS 29.328 §6.2, §7.6: the AS permissions list, and table 7.6.1.
#include "hss/permissions.h"

#include <nlohmann/json.hpp>

namespace imslab::hss {
namespace {

using sh::DataReference;

struct Row {
    DataReference reference;
    bool pull, update, subscribe;
};
constexpr std::array kTable = {
    Row{DataReference::repository_data, true, true, true},
    Row{DataReference::ims_public_identity, true, false, true},
    Row{DataReference::ims_user_state, true, false, true},
    Row{DataReference::s_cscf_name, true, false, true},
    Row{DataReference::initial_filter_criteria, true, false, true},
    Row{DataReference::location_information, true, false, false},
    Row{DataReference::user_state, true, false, false},
    Row{DataReference::charging_information, true, false, false},
    Row{DataReference::msisdn, true, false, false},
    Row{DataReference::psi_activation, true, true, true},
    Row{DataReference::dsai, true, true, true},
    Row{DataReference::aliases_repository_data, true, true, true},
};

constexpr std::array<std::string_view, 3> kOperations{"pull", "update", "subscribe"};

std::set<DataReference> all_of(ShOperation operation) {
    std::set<DataReference> references;
    for (const auto& row : kTable) {
        if (exists(operation, row.reference)) references.insert(row.reference);
    }
    return references;
}

Result<std::set<DataReference>, std::string> read(const nlohmann::json& value,
                                                  ShOperation operation,
                                                  const std::string& where) {
    constexpr const char* kExpected =
        R"("all" or a list of data references like ["RepositoryData"])";
    if (value == "all") return all_of(operation);
    if (!value.is_array())
        return failure(where + ": found " + value.dump() + ", expected " + kExpected);
    std::set<DataReference> references;
    for (const auto& one : value) {
        const auto reference =
            one.is_string() ? sh::data_reference_from(one.get<std::string>()) : std::nullopt;
        if (!reference)
            return failure(where + ": found " + one.dump() + ", expected a data reference");
        if (!exists(operation, *reference))
            return failure(where + ": found " + one.dump() + ", which has no such operation");
        references.insert(*reference);
    }
    return references;
}

}  // namespace

bool exists(ShOperation operation, DataReference reference) {
    for (const auto& row : kTable) {
        if (row.reference != reference) continue;
        switch (operation) {
            case ShOperation::pull:
                return row.pull;
            case ShOperation::update:
                return row.update;
            case ShOperation::subscribe:
                return row.subscribe;
        }
    }
    return false;
}

Result<Permissions, std::string> Permissions::from(const nlohmann::json& list) {
    Permissions permissions;
    if (list.is_null()) return permissions;
    const std::string key = "application_servers";
    if (!list.is_object())
        return failure(key + ": found " + list.dump() +
                       ", expected what is allowed by the Diameter identity of each");
    permissions.everybody_ = false;
    for (const auto& [server, value] : list.items()) {
        auto& allowed = permissions.servers_[server];
        const auto where = key + "." + server;
        if (value == "all") {
            for (std::size_t i = 0; i < kOperations.size(); ++i)
                allowed[i] = all_of(static_cast<ShOperation>(i));
            continue;
        }
        if (!value.is_object())
            return failure(where + ": found " + value.dump() +
                           ", expected \"all\" or pull, update and subscribe");
        for (const auto& [name, references] : value.items()) {
            std::size_t operation = 0;
            while (operation < kOperations.size() && kOperations[operation] != name) ++operation;
            if (operation == kOperations.size())
                return failure(where + ": found " + name + ", expected pull, update or subscribe");
            auto read_set =
                read(references, static_cast<ShOperation>(operation), where + "." + name);
            if (!read_set) return failure(read_set.error());
            allowed[operation] = std::move(*read_set);
        }
    }
    return permissions;
}

bool Permissions::allows(std::string_view server,
                         ShOperation operation,
                         DataReference reference) const {
    if (!exists(operation, reference)) return false;
    if (everybody_) return true;
    const auto found = servers_.find(server);
    return found != servers_.end() &&
           found->second[static_cast<std::size_t>(operation)].contains(reference);
}

}  // namespace imslab::hss
