// Control lines into the HSS's administration requests.
#include "hosts/administration/hss_commands.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include "hosts/store/subscriber_schema.h"

namespace imslab::host {
namespace {

using Read = Result<hss::Administration, std::string>;

Read read_deregistration(std::istringstream words) {
    hss::AdministrativeDeregistration command;
    words >> command.private_identity;
    if (command.private_identity.empty())
        return failure(std::string("expected: deregister IMPI [REASON [IMPU …]]"));
    if (unsigned reason = 0; words >> reason) {
        if (reason > 3)
            return failure(std::string("the reason is a number from 0 to 3 (TS 29.229 §6.3.17)"));
        command.reason = static_cast<cx::DeregistrationReason>(reason);
    }
    for (std::string identity; words >> identity;) command.public_identities.push_back(identity);
    return hss::Administration(std::move(command));
}

// A file's path, or the XML itself on one line.
Read read_import(const std::string& argument) {
    std::string xml, name = "control socket";
    if (argument.starts_with('<')) {
        xml = argument;
    } else {
        std::ifstream file(argument, std::ios::binary);
        if (!file) return failure("cannot read " + argument);
        xml.assign(std::istreambuf_iterator<char>(file), {});
        name = argument;
    }
    auto subscriptions = read_valid_subscribers(xml, name);
    if (!subscriptions) return failure(subscriptions.error().front().to_string());
    return hss::Administration(hss::SubscriberImport{std::move(*subscriptions)});
}

}  // namespace

Read administration_from(const std::string& word, const std::string& rest) {
    if (word == "deregister") return read_deregistration(std::istringstream(rest));
    if (rest.empty()) return failure("expected an argument after " + word);
    if (word == "push") return hss::Administration(hss::ProfileChange{rest, {}});
    if (word == "import") return read_import(rest);
    if (word == "remove") return hss::Administration(hss::SubscriberRemoval{rest});
    return failure("unknown command " + word);
}

}  // namespace imslab::host
