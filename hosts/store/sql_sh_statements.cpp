// The SQL of Sh's questions.
#include "hosts/store/sql_sh_statements.h"

namespace imslab::host {

using soci::into;
using soci::use;

SelectShOwner::SelectShOwner(soci::session& sql)
    : by_identity((sql.prepare << "SELECT s.subscription_id FROM public_identity u "
                                  "JOIN implicit_registration_set s ON s.id = u.set_id "
                                  "WHERE u.identity = :key",
                   use(key),
                   into(subscription_id))),
      by_msisdn((sql.prepare << "SELECT subscription_id FROM sh_msisdn WHERE msisdn = :key",
                 use(key),
                 into(subscription_id))) {}

SelectShSubscription::SelectShSubscription(soci::session& sql)
    : statement((sql.prepare
                     << "SELECT b.name, b.server_name, b.has_charging, b.primary_event, "
                        "b.secondary_event, b.primary_collection, b.secondary_collection, "
                        "COALESCE(h.msisdns, ''), COALESCE(h.cs, ''), COALESCE(h.ps, '') "
                        "FROM subscription b LEFT JOIN sh_subscriber h ON h.subscription_id = b.id "
                        "WHERE b.id = :id",
                 use(id),
                 into(name),
                 into(server_name),
                 into(has_charging),
                 into(primary_event),
                 into(secondary_event),
                 into(primary_collection),
                 into(secondary_collection),
                 into(msisdns),
                 into(cs),
                 into(ps))) {}

SelectShSets::SelectShSets(soci::session& sql)
    : statement(
          (sql.prepare
               << "SELECT s.id, s.state, CASE WHEN EXISTS (SELECT 1 FROM registration r "
                  "WHERE r.set_id = s.id AND r.authentication_pending = 1) THEN 1 ELSE 0 END, "
                  "s.service_profiles, COALESCE(h.dsai, ''), COALESCE(h.switched_off, '') "
                  "FROM implicit_registration_set s LEFT JOIN sh_set h ON h.set_id = s.id "
                  "WHERE s.subscription_id = :id ORDER BY s.id",
           use(subscription_id),
           into(id),
           into(state),
           into(pending),
           into(service_profiles),
           into(dsai),
           into(switched_off))) {}

SelectShIdentities::SelectShIdentities(soci::session& sql)
    : statement(
          (sql.prepare
               << "SELECT u.set_id, u.identity, u.type, u.barred, "
                  "COALESCE(h.presented, u.identity), COALESCE(h.alias_group, '') "
                  "FROM implicit_registration_set s JOIN public_identity u ON u.set_id = s.id "
                  "LEFT JOIN sh_identity h ON h.identity = u.identity "
                  "WHERE s.subscription_id = :id ORDER BY u.id",
           use(subscription_id),
           into(set_id),
           into(key),
           into(type),
           into(barred),
           into(presented),
           into(alias_group))) {}

SelectRepository::SelectRepository(soci::session& sql)
    : statement((sql.prepare << "SELECT sequence_number, service_data FROM sh_repository "
                                "WHERE owner = :owner AND service_indication = :indication",
                 use(owner),
                 use(service_indication),
                 into(sequence_number),
                 into(service_data))) {}

UpdateShRepository::UpdateShRepository(soci::session& sql)
    : put((sql.prepare << "INSERT INTO sh_repository (owner, service_indication, sequence_number, "
                          "service_data) VALUES (:owner, :indication, :number, :data) "
                          "ON CONFLICT (owner, service_indication) DO UPDATE SET "
                          "sequence_number = excluded.sequence_number, "
                          "service_data = excluded.service_data",
           use(owner),
           use(service_indication),
           use(sequence_number),
           use(service_data))),
      remove((sql.prepare << "DELETE FROM sh_repository WHERE owner = :owner AND "
                             "service_indication = :indication",
              use(owner),
              use(service_indication))) {}

SelectWatches::SelectWatches(soci::session& sql)
    : statement((sql.prepare
                     << "SELECT server_peer, reference, detail, identity, expires, "
                        "one_time FROM sh_watch WHERE owner = :owner AND (expires = 0 OR expires > "
                        ":now) ORDER BY server_peer, reference, detail",
                 use(owner),
                 use(now),
                 into(server_peer),
                 into(reference),
                 into(detail),
                 into(identity),
                 into(expires),
                 into(one_time))) {}

UpdateWatch::UpdateWatch(soci::session& sql)
    : put((sql.prepare << "INSERT INTO sh_watch (owner, server_peer, reference, detail, "
                          "identity, expires, one_time) "
                          "VALUES (:owner, :peer, :reference, :detail, :identity, :expires, "
                          ":one_time) ON CONFLICT (owner, server_peer, reference, detail) "
                          "DO UPDATE SET identity = excluded.identity, expires = excluded.expires, "
                          "one_time = excluded.one_time",
           use(owner),
           use(server_peer),
           use(reference),
           use(detail),
           use(identity),
           use(expires),
           use(one_time))),
      remove((sql.prepare << "DELETE FROM sh_watch WHERE owner = :owner AND server_peer = :peer "
                             "AND reference = :reference AND detail = :detail",
              use(owner),
              use(server_peer),
              use(reference),
              use(detail))) {}

}  // namespace imslab::host
