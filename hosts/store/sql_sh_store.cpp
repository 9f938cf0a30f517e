// What the database knows for application servers: TS 29.328 §6.1.
#include "hosts/store/sql_columns.h"
#include "hosts/store/sql_database.h"
#include "hosts/store/sql_sh_columns.h"
#include "hosts/store/sql_sh_statements.h"
#include "hosts/store/sql_transaction.h"

namespace imslab::host {

using soci::into;
using soci::use;

struct SqlStore::Database::PreparedSh {
    explicit PreparedSh(soci::session& sql)
        : owner(sql),
          subscription(sql),
          sets(sql),
          identities(sql),
          repository(sql),
          update_repository(sql),
          watches(sql),
          update_watch(sql) {}

    SelectShOwner owner;
    SelectShSubscription subscription;
    SelectShSets sets;
    SelectShIdentities identities;
    SelectRepository repository;
    UpdateShRepository update_repository;
    SelectWatches watches;
    UpdateWatch update_watch;
};

void SqlStore::Database::ShDeleter::operator()(PreparedSh* prepared) const { delete prepared; }

void SqlStore::Database::prepare_sh() { prepared_sh_.reset(new PreparedSh(sql)); }

hss::StoreAnswer SqlStore::Database::on(const hss::LoadShUser& question) {
    hss::ShUser user;
    auto& owner = prepared_sh_->owner;
    owner.subscription_id = question.subscription_id;
    if (!question.public_identity.empty()) {
        owner.key = hss::canonical_identity(question.public_identity);
        if (!owner.by_identity.only()) {
            std::string wildcard;
            if (!select_public(question.public_identity, wildcard)) return user;
            owner.key = wildcard;
            if (!owner.by_identity.only()) return user;
        }
        user.key = owner.key;
    } else if (!question.msisdn.empty()) {
        owner.key = question.msisdn;
        if (!owner.by_msisdn.only()) return user;
    }
    auto& row = prepared_sh_->subscription;
    row.id = owner.subscription_id;
    if (!row.statement.only()) return hss::ShUser{};
    user.known = true;
    user.subscription_id = row.id;
    user.name = row.name;
    user.server_name = row.server_name;
    if (row.has_charging != 0) {
        user.charging = cx::ChargingInformation{row.primary_event,
                                                row.secondary_event,
                                                row.primary_collection,
                                                row.secondary_collection};
    }
    user.msisdns = strings_from(row.msisdns);
    user.cs = domain_from(row.cs);
    user.ps = domain_from(row.ps);
    auto& set = prepared_sh_->sets;
    set.subscription_id = user.subscription_id;
    for (bool more = set.statement.first(); more; more = set.statement.next()) {
        user.sets.push_back({set.id,
                             static_cast<hss::RegistrationState>(set.state),
                             set.pending != 0,
                             set.service_profiles,
                             dsai_from(set.dsai),
                             set_from(set.switched_off)});
    }
    auto& identity = prepared_sh_->identities;
    identity.subscription_id = user.subscription_id;
    for (bool more = identity.statement.first(); more; more = identity.statement.next()) {
        user.identities.push_back({identity.key,
                                   identity.presented,
                                   identity.set_id,
                                   identity.barred != 0,
                                   static_cast<cx::IdentityType>(identity.type),
                                   identity.alias_group});
    }
    return user;
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadRepository& question) {
    hss::Repository answer;
    auto& row = prepared_sh_->repository;
    row.owner = question.owner;
    for (const auto& indication : question.service_indications) {
        row.service_indication = indication;
        if (!row.statement.only()) continue;
        answer.data.push_back(
            {indication, static_cast<std::uint32_t>(row.sequence_number), row.service_data});
    }
    return answer;
}

hss::StoreAnswer SqlStore::Database::on(const hss::UpdateRepository& change) {
    Transaction transaction(*this, 0);
    auto& row = prepared_sh_->repository;
    row.owner = change.owner;
    row.service_indication = change.data.service_indication;
    const auto outcome = hss::update_outcome(
        change,
        row.statement.only() ? std::optional(static_cast<std::uint32_t>(row.sequence_number))
                             : std::nullopt);
    auto& update = prepared_sh_->update_repository;
    update.owner = change.owner;
    update.service_indication = change.data.service_indication;
    update.sequence_number = change.data.sequence_number;
    update.service_data = change.data.service_data.value_or("");
    if (outcome.outcome == hss::RepositoryUpdated::Outcome::stored) update.put.run();
    if (outcome.outcome == hss::RepositoryUpdated::Outcome::removed) update.remove.run();
    transaction.commit();
    return outcome;
}

hss::StoreAnswer SqlStore::Database::on(const hss::SwitchService& change) {
    Transaction transaction(*this, change.subscription_id);
    const Number set_id = change.set_id;
    std::string profiles, dsai, switched_off;
    sql << "SELECT s.service_profiles, COALESCE(h.dsai, ''), COALESCE(h.switched_off, '') "
           "FROM implicit_registration_set s LEFT JOIN sh_set h ON h.set_id = s.id "
           "WHERE s.id = :id",
        use(set_id), into(profiles), into(dsai), into(switched_off);
    if (!sql.got_data()) return hss::StoreError{"the subscription is no longer there"};
    auto switches = set_from(switched_off);
    if (change.active)
        switches.erase(change.service);
    else
        switches.insert(change.service);
    put_switches(set_id, profiles, dsai_from(dsai), switches);
    transaction.commit();
    return hss::Done{};
}

// What the S-CSCF gets is kept beside what is administered: a registration asks often, an AS
// switches seldom.
void SqlStore::Database::put_switches(Number set_id,
                                      const std::string& profiles,
                                      const std::vector<hss::DsaiTag>& tags,
                                      const std::set<std::string>& switched_off) {
    const auto dsai = text_of(tags), off = text_of(switched_off);
    auto masked = hss::masked(profiles, tags, switched_off);
    if (masked == profiles) masked.clear();
    sql << "INSERT INTO sh_set (set_id, dsai, switched_off, masked_profiles) "
           "VALUES (:id, :dsai, :off, :masked) ON CONFLICT (set_id) DO UPDATE SET "
           "dsai = excluded.dsai, switched_off = excluded.switched_off, "
           "masked_profiles = excluded.masked_profiles",
        use(set_id), use(dsai), use(off), use(masked);
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadNotifications& question) {
    hss::Notifications answer;
    auto& row = prepared_sh_->watches;
    row.now = question.now;
    for (const auto& owner : question.owners) {
        row.owner = owner;
        for (bool more = row.statement.first(); more; more = row.statement.next()) {
            answer.notifications.push_back({{row.server_peer,
                                             owner,
                                             row.identity,
                                             static_cast<sh::DataReference>(row.reference),
                                             row.detail},
                                            row.expires,
                                            row.one_time != 0});
        }
    }
    return answer;
}

hss::StoreAnswer SqlStore::Database::on(const hss::Subscribe& change) {
    Transaction transaction(*this, 0);
    auto& row = prepared_sh_->update_watch;
    for (const auto& one : change.notifications) {
        row.owner = one.watch.owner;
        row.server_peer = one.watch.server_peer;
        row.identity = one.watch.identity;
        row.reference = static_cast<Number>(one.watch.reference);
        row.detail = one.watch.detail;
        row.expires = one.expires;
        row.one_time = one.one_time;
        row.put.run();
    }
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::Unsubscribe& change) {
    Transaction transaction(*this, 0);
    auto& row = prepared_sh_->update_watch;
    for (const auto& one : change.watches) {
        row.owner = one.owner;
        row.server_peer = one.server_peer;
        row.reference = static_cast<Number>(one.reference);
        row.detail = one.detail;
        row.remove.run();
    }
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::ExpireNotifications& change) {
    Transaction transaction(*this, 0);
    const Number now = change.now;
    Number count = 0, next = 0;
    sql << "DELETE FROM sh_watch WHERE expires <> 0 AND expires <= :now", use(now);
    sql << "SELECT COUNT(*) FROM sh_watch", into(count);
    sql << "SELECT COALESCE(MIN(expires), 0) FROM sh_watch WHERE expires <> 0", into(next);
    transaction.commit();
    return hss::NotificationsLeft{count, next};
}

void SqlStore::Database::insert_sh(const hss::Subscription& subscription, Number id) {
    const auto msisdns = lines_of(subscription.msisdns), cs = text_of(subscription.cs),
               ps = text_of(subscription.ps);
    if (!msisdns.empty() || !cs.empty() || !ps.empty()) {
        sql << "INSERT INTO sh_subscriber (subscription_id, msisdns, cs, ps) "
               "VALUES (:id, :msisdns, :cs, :ps)",
            use(id), use(msisdns), use(cs), use(ps);
    }
    for (const auto& number : subscription.msisdns) {
        sql << "INSERT INTO sh_msisdn (msisdn, subscription_id) VALUES (:number, :id)", use(number),
            use(id);
    }
}

// A row for each identity that is written in another way than it is compared.
void SqlStore::Database::insert_sh(const hss::ImplicitRegistrationSet& given,
                                   const hss::SetRow& row,
                                   const hss::SetStatus& status,
                                   Number set_id) {
    for (const auto& one : row.public_identities) {
        if (one.identity.identity == one.key && one.identity.alias_group.empty()) continue;
        sql << "INSERT INTO sh_identity (identity, set_id, presented, alias_group) "
               "VALUES (:key, :id, :presented, :alias)",
            use(one.key), use(set_id), use(one.identity.identity), use(one.identity.alias_group);
    }
    if (!given.dsai.empty() || !status.switched_off.empty())
        put_switches(set_id, row.service_profiles, given.dsai, status.switched_off);
}

void SqlStore::Database::load_sh(hss::Subscription& subscription, Number id) {
    std::string msisdns, cs, ps;
    sql << "SELECT msisdns, cs, ps FROM sh_subscriber WHERE subscription_id = :id", use(id),
        into(msisdns), into(cs), into(ps);
    if (!sql.got_data()) return;
    subscription.msisdns = strings_from(msisdns);
    subscription.cs = domain_from(cs);
    subscription.ps = domain_from(ps);
}

std::pair<std::vector<hss::DsaiTag>, std::set<std::string>> SqlStore::Database::switches_of(
    Number set_id) {
    std::string dsai, switched_off;
    sql << "SELECT dsai, switched_off FROM sh_set WHERE set_id = :id", use(set_id), into(dsai),
        into(switched_off);
    if (!sql.got_data()) return {};
    return {dsai_from(dsai), set_from(switched_off)};
}

std::optional<std::string> SqlStore::Database::number_conflict(
    const hss::Subscription& subscription) {
    for (const auto& number : subscription.msisdns) {
        std::string holder;
        sql << "SELECT b.name FROM sh_msisdn m JOIN subscription b ON b.id = m.subscription_id "
               "WHERE m.msisdn = :number",
            use(number), into(holder);
        if (!sql.got_data()) continue;
        return "MSISDN " + number + " of subscription " + subscription.name +
               " belongs to subscription " + holder;
    }
    return std::nullopt;
}

std::set<std::string> SqlStore::Database::owners_of(Number id) {
    std::set<std::string> owners;
    std::string name, key, group;
    soci::statement all =
        (sql.prepare << "SELECT b.name, u.identity, COALESCE(h.alias_group, '') "
                        "FROM subscription b "
                        "JOIN implicit_registration_set s ON s.subscription_id = b.id "
                        "JOIN public_identity u ON u.set_id = s.id "
                        "LEFT JOIN sh_identity h ON h.identity = u.identity WHERE b.id = :id",
         use(id),
         into(name),
         into(key),
         into(group));
    for (bool more = all.execute(true); more; more = all.fetch()) {
        owners.insert(key);
        if (!group.empty()) owners.insert(hss::alias_owner(name, group));
    }
    return owners;
}

// Repository data and watches of identities that are there no more.
void SqlStore::Database::forget(const std::set<std::string>& owners) {
    for (const auto& owner : owners) {
        sql << "DELETE FROM sh_repository WHERE owner = :owner", use(owner);
        sql << "DELETE FROM sh_watch WHERE owner = :owner", use(owner);
    }
}

}  // namespace imslab::host
