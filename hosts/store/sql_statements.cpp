// The prepared statements of the subscriber database, made once.
#include "hosts/store/sql_statements.h"

namespace imslab::host {

using soci::into;
using soci::use;

SelectPrivate::SelectPrivate(soci::session& sql)
    : statement(
          (sql.prepare
               << "SELECT id, subscription_id, scheme, k, opc, amf, sqn, realm, ha1, algorithm "
                  "FROM private_identity WHERE identity = :identity",
           use(identity),
           into(id),
           into(subscription_id),
           into(scheme),
           into(k),
           into(opc),
           into(amf),
           into(sqn),
           into(realm),
           into(ha1),
           into(algorithm))) {}

SelectPublic::SelectPublic(soci::session& sql)
    : statement(
          (sql.prepare
               << "SELECT u.type, u.barred, s.id, s.subscription_id, s.state, s.has_unbarred, "
                  "s.originating_unregistered, s.terminating_unregistered, s.application_server, "
                  "COALESCE(r.registered, -1), COALESCE(r.authentication_pending, 0), "
                  "b.server_name, b.server_peer, b.reassignment_pending, b.mandatory_capabilities, "
                  "b.optional_capabilities, b.capable_servers, b.registration_allowed, "
                  "b.roaming_restricted, "
                  "b.visited_networks "
                  "FROM public_identity u JOIN implicit_registration_set s ON s.id = u.set_id "
                  "JOIN subscription b ON b.id = s.subscription_id "
                  "LEFT JOIN registration r ON r.set_id = s.id AND r.private_id = :private_id "
                  "WHERE u.identity = :identity",
           use(private_id),
           use(identity),
           into(type),
           into(barred),
           into(set_id),
           into(subscription_id),
           into(state),
           into(has_unbarred),
           into(originating),
           into(terminating),
           into(application_server),
           into(registered),
           into(pending),
           into(server_name),
           into(server_peer),
           into(reassignment),
           into(mandatory),
           into(optional),
           into(capable_servers),
           into(registration_allowed),
           into(roaming_restricted),
           into(visited_networks))) {}

SelectWildcards::SelectWildcards(soci::session& sql)
    : statement(
          (sql.prepare << "SELECT identity FROM public_identity WHERE type >= 2 ORDER BY identity",
           into(identity))) {}

SelectSets::SelectSets(soci::session& sql)
    : statement(
          (sql.prepare << "SELECT s.id, s.subscription_id, s.state, s.default_identity, "
                          "b.server_name, b.server_peer "
                          "FROM registration r JOIN implicit_registration_set s ON s.id = r.set_id "
                          "JOIN subscription b ON b.id = s.subscription_id "
                          "WHERE r.private_id = :private_id ORDER BY s.id",
           use(private_id),
           into(id),
           into(subscription_id),
           into(state),
           into(default_identity),
           into(server_name),
           into(server_peer))) {}

SelectProfile::SelectProfile(soci::session& sql)
    : statement((
          sql.prepare
              << "SELECT COALESCE(NULLIF(h.masked_profiles, ''), s.service_profiles), b.name, "
                 "b.has_charging, b.primary_event, "
                 "b.secondary_event, "
                 "b.primary_collection, b.secondary_collection "
                 "FROM implicit_registration_set s JOIN subscription b ON b.id = s.subscription_id "
                 "LEFT JOIN sh_set h ON h.set_id = s.id "
                 "WHERE s.id = :set_id",
          use(set_id),
          into(service_profiles),
          into(name),
          into(has_charging),
          into(primary_event),
          into(secondary_event),
          into(primary_collection),
          into(secondary_collection))) {}

SelectRegistrations::SelectRegistrations(soci::session& sql)
    : statement(
          (sql.prepare << "SELECT r.private_id, p.identity, r.registered, "
                          "r.authentication_pending, r.restoration "
                          "FROM registration r JOIN private_identity p ON p.id = r.private_id "
                          "WHERE r.set_id = :set_id ORDER BY r.private_id",
           use(set_id),
           into(private_id),
           into(identity),
           into(registered),
           into(pending),
           into(restoration))) {}

TakeSqn::TakeSqn(soci::session& sql)
    : statement(
          (sql.prepare
               << "UPDATE private_identity SET sqn = "
                  "((((CASE WHEN sqn > :at_least THEN sqn ELSE :at_least END) >> 5) + :vectors) << "
                  "5) | "
                  "(((CASE WHEN sqn > :at_least THEN sqn ELSE :at_least END) + :vectors) & 31) "
                  "WHERE id = :id RETURNING sqn",
           use(at_least, "at_least"),
           use(vectors, "vectors"),
           use(id, "id"),
           into(sqn))) {}

AssignServer::AssignServer(soci::session& sql)
    : remember((
          sql.prepare
              << "UPDATE subscription SET previous_server_name = server_name, previous_server_peer "
                 "= server_peer "
                 "WHERE id = :id AND previous_server_name = '' AND server_name <> :name AND EXISTS "
                 "(SELECT 1 FROM implicit_registration_set WHERE subscription_id = :id AND state "
                 "<> 0)",
          use(subscription_id, "id"),
          use(server_name, "name"))),
      assign(
          (sql.prepare
               << "UPDATE subscription SET server_name = :name, server_peer = :peer WHERE id = :id "
                  "AND (server_name <> :name OR server_peer <> :peer)",
           use(server_name, "name"),
           use(server_peer, "peer"),
           use(subscription_id, "id"))) {}

SelectPrevious::SelectPrevious(soci::session& sql)
    : statement((sql.prepare << "SELECT previous_server_name, previous_server_peer FROM "
                                "subscription WHERE id = :id",
                 use(subscription_id),
                 into(server_name),
                 into(server_peer))) {}

UpdateRegistration::UpdateRegistration(soci::session& sql)
    : set_pending((sql.prepare << "UPDATE registration SET authentication_pending = 1 "
                                  "WHERE set_id = :set_id AND private_id = :private_id AND "
                                  "authentication_pending = 0",
                   use(set_id),
                   use(private_id))),
      clear_pending((sql.prepare << "UPDATE registration SET authentication_pending = 0 "
                                    "WHERE set_id = :set_id AND private_id = :private_id",
                     use(set_id),
                     use(private_id))),
      enter((sql.prepare << "UPDATE registration SET registered = 1, authentication_pending = 0 "
                            "WHERE set_id = :set_id AND private_id = :private_id",
             use(set_id),
             use(private_id))),
      enter_with_restoration(
          (sql.prepare << "UPDATE registration SET registered = 1, authentication_pending = 0, "
                          "restoration = :restoration "
                          "WHERE set_id = :set_id AND private_id = :private_id",
           use(restoration),
           use(set_id),
           use(private_id))),
      leave((sql.prepare << "UPDATE registration SET registered = 0, authentication_pending = 0, "
                            "restoration = '' "
                            "WHERE set_id = :set_id AND private_id = :private_id",
             use(set_id),
             use(private_id))),
      leave_all((sql.prepare << "UPDATE registration SET registered = 0, authentication_pending = "
                                "0, restoration = '' "
                                "WHERE set_id = :set_id",
                 use(set_id))) {}

UpdateSet::UpdateSet(soci::session& sql)
    : enter((sql.prepare
                 << "UPDATE implicit_registration_set SET state = 2 WHERE id = :id AND state <> 2",
             use(id))),
      assign_unregistered(
          (sql.prepare
               << "UPDATE implicit_registration_set SET state = 1 WHERE id = :id AND state = 0",
           use(id))),
      leave((sql.prepare << "UPDATE implicit_registration_set SET state = :state WHERE id = :id "
                            "AND NOT EXISTS "
                            "(SELECT 1 FROM registration WHERE set_id = :id AND registered = 1)",
             use(state, "state"),
             use(id, "id"))) {}

UpdateSubscription::UpdateSubscription(soci::session& sql)
    : restore_previous(
          (sql.prepare << "UPDATE subscription SET server_name = previous_server_name, "
                          "server_peer = previous_server_peer, previous_server_name = '', "
                          "previous_server_peer = '' WHERE id = :id AND previous_server_name <> ''",
           use(id))),
      forget_server_if_idle(
          (sql.prepare << "UPDATE subscription SET server_name = '', server_peer = '', "
                          "reassignment_pending = 0 "
                          "WHERE id = :id AND NOT EXISTS "
                          "(SELECT 1 FROM implicit_registration_set WHERE subscription_id = :id "
                          "AND state <> 0) "
                          "AND NOT EXISTS (SELECT 1 FROM registration r JOIN "
                          "implicit_registration_set s ON s.id = r.set_id "
                          "WHERE s.subscription_id = :id AND r.authentication_pending = 1)",
           use(id, "id"))),
      allow_reassignment(
          (sql.prepare << "UPDATE subscription SET reassignment_pending = 1 WHERE id = :id",
           use(id))),
      end_sets((sql.prepare
                    << "UPDATE implicit_registration_set SET state = 0 WHERE subscription_id = :id",
                use(id))),
      end_registrations(
          (sql.prepare << "UPDATE registration SET registered = 0 WHERE set_id IN "
                          "(SELECT id FROM implicit_registration_set WHERE subscription_id = :id)",
           use(id))),
      forget_previous(
          (sql.prepare
               << "UPDATE subscription SET previous_server_name = '', previous_server_peer = '', "
                  "reassignment_pending = 0 WHERE id = :id AND "
                  "(previous_server_name <> '' OR reassignment_pending <> 0)",
           use(id))) {}

}  // namespace imslab::host
