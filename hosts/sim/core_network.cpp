// The core topology, placed on the simulator.
#include "hosts/sim/core_network.h"

#include "core/invariant.h"
#include "hss/hss.h"
#include "icscf/icscf.h"

namespace imslab::sim {
namespace {

const std::string kDomain{CoreNetwork::kHome};

Address address(std::string_view text) { return *Address::parse(text); }

// TS 23.003 §13: IMSIs 001 01 0000100000 and up.
std::string imsi_of(std::size_t index) {
    const std::string number = std::to_string(100'000 + index);
    return "00101" + std::string(10 - number.size(), '0') + number;
}

aka::Key128 key_of(std::size_t index, std::uint8_t salt) {
    aka::Key128 key{};
    Random random(index * 2 + salt);
    for (auto& octet : key) octet = static_cast<std::uint8_t>(random.next());
    return key;
}

hss::Subscription subscription_of(std::size_t index) {
    const std::string imsi = imsi_of(index);
    hss::Subscription subscription;
    subscription.name = imsi;
    hss::PrivateIdentity identity;
    identity.identity = hss::private_identity_of(imsi);
    identity.aka = hss::AkaCredentials{key_of(index, 0), key_of(index, 1), {0x80, 0x00}, 0};
    subscription.private_identities.push_back(std::move(identity));
    cx::ServiceProfile profile;
    cx::PublicIdentity temporary;
    temporary.identity = hss::temporary_public_identity_of(imsi);
    temporary.barred = true;
    profile.public_identities.push_back(std::move(temporary));
    cx::PublicIdentity own;
    own.identity = CoreNetwork::identity(index);
    profile.public_identities.push_back(std::move(own));
    hss::ImplicitRegistrationSet set;
    set.service_profiles.push_back(std::move(profile));
    subscription.sets.push_back(std::move(set));
    return subscription;
}

// "I-CSCF" if there is but one, else "I-CSCF1", ….
std::string numbered(std::string name, std::size_t index, std::size_t count) {
    return count == 1 ? name : name + std::to_string(index + 1);
}

Address icscf_address(std::size_t index) {
    return address("127.1.2." + std::to_string(index + 1) + ":5060");
}

Address scscf_address(std::size_t index) {
    return address("127.1.3." + std::to_string(index + 1) + ":5060");
}

Hosts hosts(const CoreNetwork::Options& options) {
    Hosts table{{"pcscf." + kDomain, address("127.1.1.2:5060")}};
    for (std::size_t i = 0; i < options.icscfs; ++i) {
        table[kDomain].add({icscf_address(i)});
        table[numbered("icscf", i, options.icscfs) + "." + kDomain] = icscf_address(i);
    }
    for (std::size_t i = 0; i < options.scscfs; ++i)
        table[numbered("scscf", i, options.scscfs) + "." + kDomain] = scscf_address(i);
    return table;
}

Simulator::Placement placement(std::string name,
                               std::vector<Address> addresses,
                               const std::string& host) {
    Simulator::Placement placement;
    placement.name = std::move(name);
    placement.addresses = std::move(addresses);
    placement.diameter_identity = host + "." + kDomain;
    placement.diameter_peer = "hss." + kDomain;
    placement.realm = kDomain;
    if (!placement.addresses.empty())
        placement.diameter_address = {placement.addresses[0].ip, 3868};
    return placement;
}

}  // namespace

CoreNetwork::CoreNetwork(Options options) : phones_(options.phones), simulator_(options.simulator) {
    add_core(options);
    hss::Provision provision;
    for (std::size_t i = 0; i < phones_; ++i) provision.subscriptions.push_back(subscription_of(i));
    IMSLAB_INVARIANT(std::holds_alternative<hss::Done>(store_.perform(provision)));
    for (std::size_t i = 0; i < phones_; ++i) add_phone(i, options);
}

void CoreNetwork::add_core(const Options& options) {
    auto hss_placement = placement("HSS", {address("127.1.4.1:3868")}, "hss");
    hss_placement.services.emplace_back(
        typeid(hss::StoreRequest), [this](const std::any& request) -> std::any {
            return store_.perform(std::any_cast<const hss::StoreRequest&>(request));
        });
    simulator_.add(std::move(hss_placement), [](Entropy& entropy) {
        hss::Config config;
        config.home_networks = {kDomain};
        return std::make_unique<hss::Hss>(config, entropy);
    });
    auto pcscf_placement =
        placement("P-CSCF", {address("127.1.1.1:5060"), address("127.1.1.2:5060")}, "pcscf");
    pcscf_placement.diameter_identity.clear();
    simulator_.add(std::move(pcscf_placement), [table = hosts(options)](Entropy& entropy) {
        pcscf::Config config;
        config.gm = address("127.1.1.1:5060");
        config.mw = address("127.1.1.2:5060");
        config.hosts = table;
        return std::make_unique<pcscf::Pcscf>(config, entropy);
    });
    for (std::size_t i = 0; i < options.icscfs; ++i) add_icscf(i, options);
    for (std::size_t i = 0; i < options.scscfs; ++i) add_scscf(i, options);
}

void CoreNetwork::add_icscf(std::size_t index, const Options& options) {
    const auto name = numbered("icscf", index, options.icscfs);
    icscf::Config config;
    config.host = name + "." + kDomain;
    config.address = icscf_address(index);
    config.hosts = hosts(options);
    for (std::size_t i = 0; i < options.scscfs; ++i) {
        const auto scscf = numbered("scscf", i, options.scscfs);
        config.serving.push_back({"sip:" + scscf + "." + kDomain + ":5060", {}});
    }
    simulator_.add(
        placement(numbered("I-CSCF", index, options.icscfs), {icscf_address(index)}, name),
        [config](Entropy& entropy) { return std::make_unique<icscf::Icscf>(config, entropy); });
}

void CoreNetwork::add_scscf(std::size_t index, const Options& options) {
    const auto name = numbered("scscf", index, options.scscfs);
    scscf::Config config;
    config.host = name + "." + kDomain;
    config.server_name = "sip:" + config.host + ":5060";
    config.address = scscf_address(index);
    config.hosts = hosts(options);
    config.min_expires = options.min_expires;
    simulator_.add(
        placement(numbered("S-CSCF", index, options.scscfs), {scscf_address(index)}, name),
        [config](Entropy& entropy) { return std::make_unique<scscf::Scscf>(config, entropy); });
}

void CoreNetwork::add_phone(std::size_t index, const Options& options) {
    Phone::Config config;
    const std::size_t host = index + 1;
    config.address =
        address("10." + std::to_string(host >> 16U & 255U) + "." +
                std::to_string(host >> 8U & 255U) + "." + std::to_string(host & 255U) + ":5060");
    config.p_cscf = address("127.1.1.1:5060");
    config.private_identity = hss::private_identity_of(imsi_of(index));
    config.public_identity = identity(index);
    config.home = kDomain;
    config.key = key_of(index, 0);
    config.opc = key_of(index, 1);
    config.reregister = options.reregister;
    config.reregister_seconds = options.reregister_seconds;
    Simulator::Placement where;
    where.name = phone_name(index);
    where.addresses = {config.address};
    simulator_.add(std::move(where),
                   [config](Entropy& entropy) { return std::make_unique<Phone>(config, entropy); });
}

std::string CoreNetwork::phone_name(std::size_t index) { return "phone" + std::to_string(index); }
std::string CoreNetwork::identity(std::size_t index) {
    return "sip:user" + std::to_string(index) + "@" + kDomain;
}
Phone& CoreNetwork::phone(std::size_t index) {
    return simulator_.node_as<Phone>(phone_name(index));
}

std::size_t CoreNetwork::registered_phones() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < phones_; ++i) count += seen(i).registered ? 1 : 0;
    return count;
}

}  // namespace imslab::sim
