// The store's questions and changes as SQL.
#include "hosts/store/sql_store.h"

#include "hosts/store/renewed_connection.h"
#include "hosts/store/sql_columns.h"
#include "hosts/store/sql_database.h"
#include "hosts/store/sql_transaction.h"

namespace imslab::host {
namespace {

const hss::StoreError kGone{"the subscription is no longer there"};

hss::PrivateIdentity identity_from(const SelectPrivate& row) {
    hss::PrivateIdentity identity;
    identity.identity = row.identity;
    identity.scheme = static_cast<hss::AuthScheme>(row.scheme);
    if (!row.k.empty()) {
        identity.aka.emplace();
        octets_from(row.k, identity.aka->k);
        octets_from(row.opc, identity.aka->opc);
        octets_from(row.amf, identity.aka->amf);
        identity.aka->sqn = static_cast<aka::Sqn>(row.sqn);
    }
    if (!row.ha1.empty())
        identity.digest = hss::DigestCredentials{row.realm, row.ha1, row.algorithm};
    return identity;
}

}  // namespace

struct SqlStore::Database::Prepared {
    explicit Prepared(soci::session& sql)
        : select_private(sql),
          select_public(sql),
          select_wildcards(sql),
          select_sets(sql),
          select_profile(sql),
          select_registrations(sql),
          take_sqn(sql),
          assign_server(sql),
          select_previous(sql),
          update_registration(sql),
          update_set(sql),
          update_subscription(sql) {}

    SelectPrivate select_private;
    SelectPublic select_public;
    SelectWildcards select_wildcards;
    SelectSets select_sets;
    SelectProfile select_profile;
    SelectRegistrations select_registrations;
    TakeSqn take_sqn;
    AssignServer assign_server;
    SelectPrevious select_previous;
    UpdateRegistration update_registration;
    UpdateSet update_set;
    UpdateSubscription update_subscription;
};

void SqlStore::Database::Deleter::operator()(Prepared* prepared) const { delete prepared; }

SqlStore::Database::Database(const DatabaseUrl& url) : dialect_(url.kind) {
    dialect_.open(sql, url);
    dialect_.migrate(sql);
    prepared_.reset(new Prepared(sql));
    prepare_sh();
}

bool SqlStore::Database::select_public(const std::string& identity, std::string& wildcard) {
    auto& row = prepared_->select_public;
    row.identity = hss::canonical_identity(identity);
    if (row.statement.only()) return true;
    auto& wildcards = prepared_->select_wildcards;
    for (bool more = wildcards.statement.first(); more; more = wildcards.statement.next()) {
        if (wildcard.empty() && hss::matches_wildcard(wildcards.identity, row.identity))
            wildcard = wildcards.identity;
    }
    if (wildcard.empty()) return false;
    row.identity = wildcard;
    return row.statement.only();
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadUser& question) {
    hss::User user;
    if (!is_text(question.private_identity) || !is_text(question.public_identity)) return user;
    auto& of_private = prepared_->select_private;
    of_private.identity = question.private_identity;
    user.private_known = !question.private_identity.empty() && of_private.statement.only();
    if (user.private_known) {
        user.private_id = of_private.id;
        if (question.with_credentials) user.credentials = identity_from(of_private);
    }
    auto& row = prepared_->select_public;
    row.private_id = user.private_id;
    if (!select_public(question.public_identity, user.wildcarded_identity)) return user;
    user.public_known = true;
    user.associated = row.registered >= 0;
    user.set_id = row.set_id;
    user.subscription_id = row.subscription_id;
    user.type = static_cast<cx::IdentityType>(row.type);
    user.barred = row.barred != 0;
    user.set_has_unbarred = row.has_unbarred != 0;
    user.originating_unregistered = row.originating != 0;
    user.terminating_unregistered = row.terminating != 0;
    user.application_server = row.application_server;
    user.state = static_cast<hss::RegistrationState>(row.state);
    user.registered_here = row.registered > 0;
    user.authentication_pending = row.pending != 0;
    user.server_name = row.server_name;
    user.server_peer = row.server_peer;
    user.reassignment_pending = row.reassignment != 0;
    user.capabilities.mandatory = numbers_from(row.mandatory);
    user.capabilities.optional = numbers_from(row.optional);
    user.capabilities.server_names = strings_from(row.capable_servers);
    user.registration_allowed = row.registration_allowed != 0;
    user.roaming_restricted = row.roaming_restricted != 0;
    user.visited_networks = strings_from(row.visited_networks);
    return user;
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadSets& question) {
    hss::Sets sets;
    if (!is_text(question.private_identity)) return sets;
    auto& of_private = prepared_->select_private;
    of_private.identity = question.private_identity;
    sets.private_known = of_private.statement.only();
    if (!sets.private_known) return sets;
    auto& row = prepared_->select_sets;
    row.private_id = of_private.id;
    for (bool more = row.statement.first(); more; more = row.statement.next()) {
        sets.server_name = row.server_name;
        sets.server_peer = row.server_peer;
        sets.sets.push_back({of_private.id,
                             row.id,
                             row.subscription_id,
                             static_cast<hss::RegistrationState>(row.state),
                             row.default_identity});
    }
    return sets;
}

hss::StoreAnswer SqlStore::Database::on(const hss::LoadProfile& question) {
    auto& row = prepared_->select_profile;
    row.set_id = question.set_id;
    if (!row.statement.only()) return kGone;
    hss::Profile profile;
    profile.service_profiles = row.service_profiles;
    if (row.has_charging != 0) {
        profile.charging = cx::ChargingInformation{row.primary_event,
                                                   row.secondary_event,
                                                   row.primary_collection,
                                                   row.secondary_collection};
    }
    auto& pair = prepared_->select_registrations;
    pair.set_id = question.set_id;
    for (bool more = pair.statement.first(); more; more = pair.statement.next()) {
        const bool wanted = question.private_id == 0 || question.private_id == pair.private_id;
        if (wanted && profile.private_identity.empty()) profile.private_identity = pair.identity;
        profile.private_identities.push_back(pair.identity);
        if (!question.with_restoration) continue;
        if (auto restoration = restoration_from(pair.restoration))
            profile.restoration.push_back(std::move(*restoration));
    }
    // A service without private identity goes by its subscription's name.
    if (profile.private_identity.empty()) profile.private_identity = row.name;
    return profile;
}

bool SqlStore::Database::assign(Number subscription_id,
                                const std::string& server_name,
                                const std::string& server_peer) {
    auto& server = prepared_->assign_server;
    server.subscription_id = subscription_id;
    server.server_name = server_name;
    server.server_peer = server_peer;
    server.assign.run();
    return true;
}

hss::StoreAnswer SqlStore::Database::on(const hss::Authenticate& change) {
    hss::Authenticated taken;
    auto& sqn = prepared_->take_sqn;
    sqn.id = change.private_id;
    sqn.at_least = static_cast<Number>(change.at_least);
    sqn.vectors = change.vectors;
    const auto take = [&] {
        if (change.vectors == 0) return true;
        const bool found = sqn.statement.only();
        taken.last_sqn = static_cast<aka::Sqn>(sqn.sqn);
        return found;
    };
    if (!change.assign_server) return take() ? hss::StoreAnswer(taken) : hss::StoreAnswer(kGone);

    Transaction transaction(*this, change.subscription_id);
    if (!take()) return kGone;
    auto& server = prepared_->assign_server;
    server.subscription_id = change.subscription_id;
    server.server_name = change.server_name;
    server.remember.run();
    assign(change.subscription_id, change.server_name, change.server_peer);
    auto& pair = prepared_->update_registration;
    pair.set_id = change.set_id;
    pair.private_id = change.private_id;
    pair.set_pending.run();
    transaction.commit();
    return taken;
}

hss::StoreAnswer SqlStore::Database::on(const hss::Register& change) {
    Transaction transaction(*this, change.subscription_id);
    auto& previous = prepared_->select_previous;
    previous.subscription_id = change.subscription_id;
    if (!previous.statement.only()) return kGone;
    hss::Registered registered{previous.server_name, previous.server_peer};
    auto& subscription = prepared_->update_subscription;
    subscription.id = change.subscription_id;
    if (!registered.previous_server_name.empty()) {
        // What the S-CSCF before held is gone with it.
        subscription.end_sets.run();
        subscription.end_registrations.run();
    }
    subscription.forget_previous.run();
    assign(change.subscription_id, change.server_name, change.server_peer);
    auto& set = prepared_->update_set;
    set.id = change.set_id;
    set.enter.run();
    auto& pair = prepared_->update_registration;
    pair.set_id = change.set_id;
    pair.private_id = change.private_id;
    if (change.restoration) {
        pair.restoration = text_of(change.restoration);
        pair.enter_with_restoration.run();
    } else {
        pair.enter.run();
    }
    transaction.commit();
    return registered;
}

hss::StoreAnswer SqlStore::Database::on(const hss::AssignUnregistered& change) {
    Transaction transaction(*this, change.subscription_id);
    assign(change.subscription_id, change.server_name, change.server_peer);
    auto& subscription = prepared_->update_subscription;
    subscription.id = change.subscription_id;
    subscription.forget_previous.run();
    auto& set = prepared_->update_set;
    set.id = change.set_id;
    set.assign_unregistered.run();
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::Deregister& change) {
    Transaction transaction(*this, change.subscription_id);
    for (const auto id : change.set_ids) {
        auto& pair = prepared_->update_registration;
        pair.set_id = id;
        pair.private_id = change.private_id;
        change.private_id == 0 ? pair.leave_all.run() : pair.leave.run();
        auto& set = prepared_->update_set;
        set.id = id;
        set.state =
            static_cast<Number>(change.keep_server_name ? hss::RegistrationState::unregistered
                                                        : hss::RegistrationState::not_registered);
        set.leave.run();
    }
    auto& subscription = prepared_->update_subscription;
    subscription.id = change.subscription_id;
    subscription.forget_server_if_idle.run();
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::AbandonAuthentication& change) {
    Transaction transaction(*this, change.subscription_id);
    auto& pair = prepared_->update_registration;
    pair.set_id = change.set_id;
    pair.private_id = change.private_id;
    pair.clear_pending.run();
    auto& subscription = prepared_->update_subscription;
    subscription.id = change.subscription_id;
    subscription.restore_previous.run();
    subscription.forget_server_if_idle.run();
    transaction.commit();
    return hss::Done{};
}

hss::StoreAnswer SqlStore::Database::on(const hss::AllowReassignment& change) {
    auto& subscription = prepared_->update_subscription;
    subscription.id = change.subscription_id;
    subscription.allow_reassignment.run();
    return hss::Done{};
}

SqlStore::SqlStore(DatabaseUrl url, std::unique_ptr<Database> database)
    : url_(std::move(url)), database_(std::move(database)) {}
SqlStore::~SqlStore() = default;

Result<std::unique_ptr<SqlStore>, std::string> SqlStore::open(const std::string& database) {
    auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    const bool is_file = url->kind == DatabaseKind::sqlite;
    try {
        auto opened = std::make_unique<Database>(*url);
        return std::unique_ptr<SqlStore>(new SqlStore(std::move(*url), std::move(opened)));
    } catch (const std::exception& error) {
        return failure("the database " + url->shown +
                       (is_file ? " cannot be opened (" : " cannot be reached (") +
                       in_one_line(error.what()) +
                       (is_file ? "): check that its folder exists and may be written"
                                : "): check that PostgreSQL runs there, and the user's password in "
                                  "PGPASSWORD or the file that PGPASSFILE names"));
    }
}

// A connection that was lost is made anew and the request repeated, once: each change leaves the
// same behind when it is made twice, but for the sequence numbers, which go on.
hss::StoreAnswer SqlStore::perform(const hss::StoreRequest& request) {
    std::string why;
    for (int attempt = 0; attempt < 2; ++attempt) {
        try {
            if (!database_) database_ = std::make_unique<Database>(url_);
            return std::visit([this](const auto& one) { return database_->on(one); }, request);
        } catch (const std::exception& error) {
            why = in_one_line(error.what());
        }
        const bool was_there = database_ != nullptr;
        if (was_there && is_alive(database_->sql))
            return hss::StoreError{"the database failed: " + why};
        database_.reset();
        if (!was_there) break;
    }
    return hss::StoreError{"the database " + url_.shown + " cannot be reached: " + why};
}

}  // namespace imslab::host
