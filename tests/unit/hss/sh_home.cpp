// Users of application servers, for the HSS's tests.
#include "tests/unit/hss/sh_home.h"

#include <fstream>
#include <iterator>

#include "hss/subscriber_file.h"

namespace imslab::test {

ShHome::ShHome(const std::string& kind, hss::Config config) : Home(kind, std::move(config)) {
    s_cscf = [](AskId id, const cx::Request& request) {
        cx::Answer answer = cx::PushProfileAnswer{cx::result::success};
        if (std::holds_alternative<cx::RegistrationTerminationRequest>(request))
            answer = cx::RegistrationTerminationAnswer{cx::result::success, {}};
        return Answered{id, std::any(std::move(answer))};
    };
    const std::string path = std::string(IMSLAB_SOURCE_DIR) + "/tests/vectors/hss/sh.xml";
    std::ifstream file(path);
    const std::string xml{std::istreambuf_iterator<char>(file), {}};
    auto subscribers = hss::read_subscribers(xml, path);
    if (!subscribers) FAIL(subscribers.error().front().to_string());
    const auto added = administer(hss::SubscriberImport{std::move(*subscribers)});
    if (!added.done) FAIL(added.text);
}

sh::UserDataAnswer ShHome::pull(sh::DataReference reference,
                                const std::string& user,
                                const std::string& server) {
    sh::UserDataRequest udr;
    udr.user.public_identity = user;
    udr.selection.references = {reference};
    udr.selection.service_indications = {"notes"};
    udr.selection.server_name = kAs1Name;
    return pull(std::move(udr), server);
}

sh::ShData ShHome::data(const sh::UserDataAnswer& uda) {
    CHECK(uda.result == sh::result::success);
    REQUIRE(!uda.user_data.empty());
    auto read = sh::read_sh_data(uda.user_data);
    if (!read) FAIL(read.error().reason);
    return std::move(*read);
}

sh::ProfileUpdateAnswer ShHome::update(sh::DataReference reference,
                                       const sh::ShData& data,
                                       const std::string& user,
                                       const std::string& server) {
    sh::ProfileUpdateRequest pur;
    pur.user.public_identity = user;
    pur.references = {reference};
    pur.user_data = sh::write_sh_data(data);
    return std::get<sh::ProfileUpdateAnswer>(ask_sh(std::move(pur), server));
}

sh::ProfileUpdateAnswer ShHome::store(const std::string& indication,
                                      std::uint32_t number,
                                      std::optional<std::string> service_data,
                                      const std::string& server,
                                      const std::string& user) {
    sh::ShData data;
    data.repository_data = {{indication, number, std::move(service_data)}};
    return update(sh::DataReference::repository_data, data, user, server);
}

std::optional<sh::RepositoryData> ShHome::stored(const std::string& indication) {
    sh::UserDataRequest udr;
    udr.user.public_identity = kZoe;
    udr.selection.references = {sh::DataReference::repository_data};
    udr.selection.service_indications = {indication};
    const auto uda = pull(std::move(udr));
    if (uda.user_data.empty()) return std::nullopt;
    return data(uda).repository_data.front();
}

sh::SubscribeNotificationsRequest ShHome::subscription(sh::DataReference reference,
                                                       const std::string& user) {
    sh::SubscribeNotificationsRequest snr;
    snr.user.public_identity = user;
    snr.selection.references = {reference};
    snr.selection.server_name = kAs1Name;
    snr.selection.service_indications = {"notes"};
    return snr;
}

sh::ShData ShHome::last_notification() {
    REQUIRE(!notified.empty());
    auto read = sh::read_sh_data(notified.back().user_data);
    if (!read) FAIL(read.error().reason);
    return std::move(*read);
}

}  // namespace imslab::test
