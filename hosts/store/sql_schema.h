// The HSS's tables, the same in SQLite and PostgreSQL. A service profile, filter criteria included,
// is kept as the XML that Cx carries. What changes in them later is one more list of statements at
// the end: a database says how many of the lists it has had.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "hosts/store/sql_sh_schema.h"

namespace imslab::host {

// KEY and TEXT are what the database calls a key that it numbers itself and a text in the order of
// its octets.
inline constexpr std::array<std::string_view, 8> kFirstTables = {
    R"(CREATE TABLE IF NOT EXISTS subscription (
        id KEY,
        name TEXT NOT NULL UNIQUE,
        server_name TEXT NOT NULL,
        server_peer TEXT NOT NULL,
        previous_server_name TEXT NOT NULL,
        previous_server_peer TEXT NOT NULL,
        reassignment_pending BIGINT NOT NULL,
        mandatory_capabilities TEXT NOT NULL,
        optional_capabilities TEXT NOT NULL,
        capable_servers TEXT NOT NULL,
        has_charging BIGINT NOT NULL,
        primary_event TEXT NOT NULL,
        secondary_event TEXT NOT NULL,
        primary_collection TEXT NOT NULL,
        secondary_collection TEXT NOT NULL,
        registration_allowed BIGINT NOT NULL,
        roaming_restricted BIGINT NOT NULL,
        visited_networks TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS private_identity (
        id KEY,
        subscription_id BIGINT NOT NULL REFERENCES subscription(id) ON DELETE CASCADE,
        identity TEXT NOT NULL UNIQUE,
        scheme BIGINT NOT NULL,
        k TEXT NOT NULL,
        opc TEXT NOT NULL,
        amf TEXT NOT NULL,
        sqn BIGINT NOT NULL,
        realm TEXT NOT NULL,
        ha1 TEXT NOT NULL,
        algorithm TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS implicit_registration_set (
        id KEY,
        subscription_id BIGINT NOT NULL REFERENCES subscription(id) ON DELETE CASCADE,
        state BIGINT NOT NULL,
        of_all BIGINT NOT NULL,
        service_profiles TEXT NOT NULL,
        default_identity TEXT NOT NULL,
        has_unbarred BIGINT NOT NULL,
        originating_unregistered BIGINT NOT NULL,
        terminating_unregistered BIGINT NOT NULL,
        application_server TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS public_identity (
        id KEY,
        set_id BIGINT NOT NULL REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        identity TEXT NOT NULL UNIQUE,
        type BIGINT NOT NULL,
        barred BIGINT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS registration (
        set_id BIGINT NOT NULL REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        private_id BIGINT NOT NULL REFERENCES private_identity(id) ON DELETE CASCADE,
        registered BIGINT NOT NULL,
        authentication_pending BIGINT NOT NULL,
        restoration TEXT NOT NULL,
        PRIMARY KEY (set_id, private_id)))",
    "CREATE INDEX IF NOT EXISTS private_identity_subscription ON private_identity(subscription_id)",
    "CREATE INDEX IF NOT EXISTS implicit_registration_set_subscription ON "
    "implicit_registration_set(subscription_id)",
    "CREATE INDEX IF NOT EXISTS public_identity_set ON public_identity(set_id)",
};

inline constexpr std::array<std::span<const std::string_view>, 2> kMigrations = {kFirstTables,
                                                                                 kShTables};

}  // namespace imslab::host
