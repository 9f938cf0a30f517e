// Subscriptions in and out of the database; a whole file is one transaction.
#include <algorithm>

#include "hosts/store/sql_columns.h"
#include "hosts/store/sql_database.h"
#include "hosts/store/sql_transaction.h"

namespace imslab::host {

using soci::into;
using soci::use;

// By its name, or by one of its identities.
Number SqlStore::Database::find_subscription(const std::string& name) {
    Number id = 0;
    sql << "SELECT id FROM subscription WHERE name = :name", use(name), into(id);
    if (sql.got_data()) return id;
    sql << "SELECT subscription_id FROM private_identity WHERE identity = :name", use(name),
        into(id);
    if (sql.got_data()) return id;
    const auto key = hss::canonical_identity(name);
    sql << "SELECT s.subscription_id FROM public_identity u JOIN implicit_registration_set s ON "
           "s.id = u.set_id "
           "WHERE u.identity = :name",
        use(key), into(id);
    return sql.got_data() ? id : 0;
}

// Whose it is already, unless that subscription is being replaced (it is gone from the tables by
// now).
std::optional<std::string> SqlStore::Database::conflict(const hss::Subscription& subscription) {
    if (auto wrong = hss::contradiction_in(subscription)) return wrong;
    if (auto wrong = number_conflict(subscription)) return wrong;
    const auto owned = [&](const std::string& identity,
                           const char* query) -> std::optional<std::string> {
        std::string holder;
        sql << query, use(identity), into(holder);
        if (!sql.got_data()) return std::nullopt;
        return identity + " of subscription " + subscription.name + " belongs to subscription " +
               holder;
    };
    for (const auto& one : subscription.private_identities) {
        if (auto wrong = owned(one.identity,
                               "SELECT b.name FROM private_identity p JOIN subscription b ON b.id "
                               "= p.subscription_id "
                               "WHERE p.identity = :identity")) {
            return wrong;
        }
    }
    for (const auto& set : subscription.sets) {
        for (const auto& one : hss::row_of(set, subscription).public_identities) {
            if (auto wrong = owned(one.key,
                                   "SELECT b.name FROM public_identity u "
                                   "JOIN implicit_registration_set s ON s.id = u.set_id "
                                   "JOIN subscription b ON b.id = s.subscription_id WHERE "
                                   "u.identity = :identity")) {
                return wrong;
            }
        }
    }
    return std::nullopt;
}

hss::Status SqlStore::Database::status_of(Number subscription_id) {
    hss::Status status;
    int reassignment = 0;
    sql << "SELECT server_name, server_peer, previous_server_name, previous_server_peer, "
           "reassignment_pending "
           "FROM subscription WHERE id = :id",
        use(subscription_id), into(status.server_name), into(status.server_peer),
        into(status.previous_server_name), into(status.previous_server_peer), into(reassignment);
    status.reassignment_pending = reassignment != 0;
    std::string identity, restoration;
    Number sqn = 0, state = 0, set_id = 0, registered = 0, pending = 0;
    soci::statement numbers =
        (sql.prepare << "SELECT identity, sqn FROM private_identity WHERE subscription_id = :id",
         use(subscription_id),
         into(identity),
         into(sqn));
    for (bool more = numbers.execute(true); more; more = numbers.fetch())
        status.sqn[identity] = static_cast<aka::Sqn>(sqn);

    std::map<Number, hss::SetStatus> by_set;
    soci::statement states =
        (sql.prepare
             << "SELECT id, state FROM implicit_registration_set WHERE subscription_id = :id",
         use(subscription_id),
         into(set_id),
         into(state));
    for (bool more = states.execute(true); more; more = states.fetch()) {
        by_set[set_id].state = static_cast<hss::RegistrationState>(state);
    }
    for (auto& [id, of_set] : by_set) {
        const Number key = id;
        of_set.switched_off = switches_of(key).second;
        soci::statement pairs =
            (sql.prepare
                 << "SELECT p.identity, r.registered, r.authentication_pending, r.restoration "
                    "FROM registration r JOIN private_identity p ON p.id = r.private_id "
                    "WHERE r.set_id = :id",
             use(key),
             into(identity),
             into(registered),
             into(pending),
             into(restoration));
        for (bool more = pairs.execute(true); more; more = pairs.fetch()) {
            of_set.pairs[identity] = {registered != 0, pending != 0, restoration_from(restoration)};
        }
        soci::statement publics =
            (sql.prepare << "SELECT identity FROM public_identity WHERE set_id = :id",
             use(key),
             into(identity));
        for (bool more = publics.execute(true); more; more = publics.fetch())
            status.sets[identity] = of_set;
    }
    return status;
}

void SqlStore::Database::insert(const hss::Subscription& subscription, const hss::Status& before) {
    const auto charging = subscription.charging.value_or(cx::ChargingInformation{});
    const int reassignment = before.reassignment_pending,
              has_charging = subscription.charging.has_value(),
              allowed = subscription.registration_allowed,
              restricted = subscription.roaming_restricted;
    const auto mandatory = lines_of(subscription.capabilities.mandatory),
               optional = lines_of(subscription.capabilities.optional),
               servers = lines_of(subscription.capabilities.server_names),
               networks = lines_of(subscription.visited_networks);
    Number id = 0;
    sql << "INSERT INTO subscription (name, server_name, server_peer, previous_server_name, "
           "previous_server_peer, "
           "reassignment_pending, mandatory_capabilities, optional_capabilities, capable_servers, "
           "has_charging, "
           "primary_event, secondary_event, primary_collection, secondary_collection, "
           "registration_allowed, "
           "roaming_restricted, visited_networks) "
           "VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m, :n, :o, :p, :q) RETURNING "
           "id",
        use(subscription.name), use(before.server_name), use(before.server_peer),
        use(before.previous_server_name), use(before.previous_server_peer), use(reassignment),
        use(mandatory), use(optional), use(servers), use(has_charging), use(charging.primary_event),
        use(charging.secondary_event), use(charging.primary_collection),
        use(charging.secondary_collection), use(allowed), use(restricted), use(networks), into(id);

    insert_sh(subscription, id);

    std::map<std::string, Number> ids;
    for (const auto& one : subscription.private_identities) {
        const auto aka = one.aka.value_or(hss::AkaCredentials{});
        const auto digest = one.digest.value_or(hss::DigestCredentials{});
        const auto known = before.sqn.find(one.identity);
        const Number sqn =
            static_cast<Number>(std::max(aka.sqn, known != before.sqn.end() ? known->second : 0));
        const int scheme = static_cast<int>(one.scheme);
        const std::string k = one.aka ? hexadecimal(aka.k) : "",
                          opc = one.aka ? hexadecimal(aka.opc) : "",
                          amf = one.aka ? hexadecimal(aka.amf) : "";
        sql << "INSERT INTO private_identity (subscription_id, identity, scheme, k, opc, amf, sqn, "
               "realm, ha1, algorithm) "
               "VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j) RETURNING id",
            use(id), use(one.identity), use(scheme), use(k), use(opc), use(amf), use(sqn),
            use(digest.realm), use(digest.ha1), use(digest.algorithm), into(ids[one.identity]);
    }
    for (const auto& given : subscription.sets) {
        const auto row = hss::row_of(given, subscription);
        const auto status = hss::inherited(before, row);
        const auto& publics = row.public_identities;
        const int state = static_cast<int>(status.state), of_all = given.private_identities.empty(),
                  originating = row.originating_unregistered,
                  terminating = row.terminating_unregistered,
                  unbarred = std::any_of(publics.begin(), publics.end(), [](const auto&one) {
                      return !one.identity.barred;
                  });
        const auto default_identity = row.default_identity();
        Number set_id = 0;
        sql << "INSERT INTO implicit_registration_set (subscription_id, state, of_all, "
               "service_profiles, default_identity, "
               "has_unbarred, originating_unregistered, terminating_unregistered, "
               "application_server) "
               "VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i) RETURNING id",
            use(id), use(state), use(of_all), use(row.service_profiles), use(default_identity),
            use(unbarred), use(originating), use(terminating), use(row.application_server),
            into(set_id);
        for (const auto& one : publics) {
            const int type = static_cast<int>(one.identity.type), barred = one.identity.barred;
            sql << "INSERT INTO public_identity (set_id, identity, type, barred) VALUES (:a, :b, "
                   ":c, :d)",
                use(set_id), use(one.key), use(type), use(barred);
        }
        insert_sh(given, row, status, set_id);
        for (const auto& name : row.private_identities) {
            const auto found = status.pairs.find(name);
            const auto pair =
                found != status.pairs.end() ? found->second : hss::RegistrationOfPair{};
            const int registered = pair.registered, pending = pair.authentication_pending;
            const auto restoration = text_of(pair.restoration);
            sql << "INSERT INTO registration (set_id, private_id, registered, "
                   "authentication_pending, restoration) "
                   "VALUES (:a, :b, :c, :d, :e)",
                use(set_id), use(ids.at(name)), use(registered), use(pending), use(restoration);
        }
    }
    if (before.server_name.empty()) return;
    sql << "UPDATE subscription SET server_name = '', server_peer = '' WHERE id = :id AND NOT "
           "EXISTS "
           "(SELECT 1 FROM implicit_registration_set WHERE subscription_id = :id AND state <> 0) "
           "AND NOT EXISTS "
           "(SELECT 1 FROM registration r JOIN implicit_registration_set s ON s.id = r.set_id "
           "WHERE s.subscription_id = :id AND r.authentication_pending = 1)",
        use(id, "id");
}

hss::StoreAnswer SqlStore::Database::on(const hss::Provision& change) {
    Transaction transaction(*this, 0);
    // What is replaced goes first, so that identities may move between the subscriptions of one
    // file.
    std::map<std::string, hss::Status> before;
    std::set<std::string> owners;
    for (const auto& subscription : change.subscriptions) {
        Number id = 0;
        sql << "SELECT id FROM subscription WHERE name = :name", use(subscription.name), into(id);
        if (!sql.got_data()) continue;
        before[subscription.name] = status_of(id);
        owners.merge(owners_of(id));
        sql << "DELETE FROM subscription WHERE id = :id", use(id);
    }
    for (const auto& subscription : change.subscriptions) {
        if (auto wrong = conflict(subscription)) return hss::StoreError{*wrong};
        insert(subscription, before[subscription.name]);
    }
    for (const auto& subscription : change.subscriptions) {
        if (owners.empty()) break;
        for (const auto& still : owners_of(find_subscription(subscription.name)))
            owners.erase(still);
    }
    forget(owners);
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::Remove& change) {
    Transaction transaction(*this, 0);
    const Number id = find_subscription(change.subscription);
    if (id == 0) return hss::StoreError{"there is no subscription " + change.subscription};
    const auto owners = owners_of(id);
    sql << "DELETE FROM subscription WHERE id = :id", use(id);
    forget(owners);
    transaction.commit();
    return hss::Done{};
}

hss::Subscription SqlStore::Database::load(Number id) {
    hss::Subscription subscription;
    cx::ChargingInformation charging;
    int has_charging = 0, allowed = 0, restricted = 0;
    std::string mandatory, optional, servers, networks;
    sql << "SELECT name, mandatory_capabilities, optional_capabilities, capable_servers, "
           "has_charging, primary_event, "
           "secondary_event, primary_collection, secondary_collection, registration_allowed, "
           "roaming_restricted, "
           "visited_networks FROM subscription WHERE id = :id",
        use(id), into(subscription.name), into(mandatory), into(optional), into(servers),
        into(has_charging), into(charging.primary_event), into(charging.secondary_event),
        into(charging.primary_collection), into(charging.secondary_collection), into(allowed),
        into(restricted), into(networks);
    subscription.capabilities.mandatory = numbers_from(mandatory);
    subscription.capabilities.optional = numbers_from(optional);
    subscription.capabilities.server_names = strings_from(servers);
    if (has_charging != 0) subscription.charging = charging;
    subscription.registration_allowed = allowed != 0;
    subscription.roaming_restricted = restricted != 0;
    subscription.visited_networks = strings_from(networks);
    load_sh(subscription, id);

    std::string identity, k, opc, amf, realm, ha1, algorithm, profiles, server;
    Number sqn = 0, scheme = 0, set_id = 0, of_all = 0;
    soci::statement privates =
        (sql.prepare << "SELECT identity, scheme, k, opc, amf, sqn, realm, ha1, algorithm "
                        "FROM private_identity WHERE subscription_id = :id ORDER BY id",
         use(id),
         into(identity),
         into(scheme),
         into(k),
         into(opc),
         into(amf),
         into(sqn),
         into(realm),
         into(ha1),
         into(algorithm));
    for (bool more = privates.execute(true); more; more = privates.fetch()) {
        hss::PrivateIdentity one;
        one.identity = identity;
        one.scheme = static_cast<hss::AuthScheme>(scheme);
        if (!k.empty()) {
            one.aka.emplace();
            octets_from(k, one.aka->k);
            octets_from(opc, one.aka->opc);
            octets_from(amf, one.aka->amf);
            one.aka->sqn = static_cast<aka::Sqn>(sqn);
        }
        if (!ha1.empty()) one.digest = hss::DigestCredentials{realm, ha1, algorithm};
        subscription.private_identities.push_back(std::move(one));
    }
    soci::statement sets =
        (sql.prepare << "SELECT id, of_all, service_profiles, application_server "
                        "FROM implicit_registration_set WHERE subscription_id = :id ORDER BY id",
         use(id),
         into(set_id),
         into(of_all),
         into(profiles),
         into(server));
    for (bool more = sets.execute(true); more; more = sets.fetch()) {
        hss::ImplicitRegistrationSet set;
        set.application_server = server;
        if (auto user_data = cx::read_user_data(cx::user_data_from("", profiles))) {
            set.service_profiles = std::move(user_data->service_profiles);
        }
        set.dsai = switches_of(set_id).first;
        if (of_all == 0) {
            const Number key = set_id;
            soci::statement pairs =
                (sql.prepare << "SELECT p.identity FROM registration r "
                                "JOIN private_identity p ON p.id = r.private_id "
                                "WHERE r.set_id = :id ORDER BY p.id",
                 use(key),
                 into(identity));
            for (bool one = pairs.execute(true); one; one = pairs.fetch())
                set.private_identities.push_back(identity);
        }
        subscription.sets.push_back(std::move(set));
    }
    return subscription;
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadSubscriptions& question) {
    hss::Subscriptions all;
    if (!question.subscription.empty()) {
        if (const Number id = find_subscription(question.subscription); id != 0)
            all.subscriptions.push_back(load(id));
        return all;
    }
    std::vector<Number> ids;
    Number id = 0;
    soci::statement every = (sql.prepare << "SELECT id FROM subscription ORDER BY name", into(id));
    for (bool more = every.execute(true); more; more = every.fetch()) ids.push_back(id);
    for (const auto one : ids) all.subscriptions.push_back(load(one));
    return all;
}

}  // namespace imslab::host
