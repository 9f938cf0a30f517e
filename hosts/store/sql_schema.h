// The HSS's tables. A service profile, filter criteria included, is kept as the XML that Cx
// carries.
#pragma once

#include <array>
#include <string_view>

namespace imslab::host {

inline constexpr std::array<std::string_view, 8> kSchema = {
    R"(CREATE TABLE IF NOT EXISTS subscription (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        server_name TEXT NOT NULL,
        server_peer TEXT NOT NULL,
        previous_server_name TEXT NOT NULL,
        previous_server_peer TEXT NOT NULL,
        reassignment_pending INTEGER NOT NULL,
        mandatory_capabilities TEXT NOT NULL,
        optional_capabilities TEXT NOT NULL,
        capable_servers TEXT NOT NULL,
        has_charging INTEGER NOT NULL,
        primary_event TEXT NOT NULL,
        secondary_event TEXT NOT NULL,
        primary_collection TEXT NOT NULL,
        secondary_collection TEXT NOT NULL,
        registration_allowed INTEGER NOT NULL,
        roaming_restricted INTEGER NOT NULL,
        visited_networks TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS private_identity (
        id INTEGER PRIMARY KEY,
        subscription_id INTEGER NOT NULL REFERENCES subscription(id) ON DELETE CASCADE,
        identity TEXT NOT NULL UNIQUE,
        scheme INTEGER NOT NULL,
        k TEXT NOT NULL,
        opc TEXT NOT NULL,
        amf TEXT NOT NULL,
        sqn INTEGER NOT NULL,
        realm TEXT NOT NULL,
        ha1 TEXT NOT NULL,
        algorithm TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS implicit_registration_set (
        id INTEGER PRIMARY KEY,
        subscription_id INTEGER NOT NULL REFERENCES subscription(id) ON DELETE CASCADE,
        state INTEGER NOT NULL,
        of_all INTEGER NOT NULL,
        service_profiles TEXT NOT NULL,
        default_identity TEXT NOT NULL,
        has_unbarred INTEGER NOT NULL,
        originating_unregistered INTEGER NOT NULL,
        terminating_unregistered INTEGER NOT NULL,
        application_server TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS public_identity (
        id INTEGER PRIMARY KEY,
        set_id INTEGER NOT NULL REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        identity TEXT NOT NULL UNIQUE,
        type INTEGER NOT NULL,
        barred INTEGER NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS registration (
        set_id INTEGER NOT NULL REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        private_id INTEGER NOT NULL REFERENCES private_identity(id) ON DELETE CASCADE,
        registered INTEGER NOT NULL,
        authentication_pending INTEGER NOT NULL,
        restoration TEXT NOT NULL,
        PRIMARY KEY (set_id, private_id)))",
    "CREATE INDEX IF NOT EXISTS private_identity_subscription ON private_identity(subscription_id)",
    "CREATE INDEX IF NOT EXISTS implicit_registration_set_subscription ON "
    "implicit_registration_set(subscription_id)",
    "CREATE INDEX IF NOT EXISTS public_identity_set ON public_identity(set_id)",
};

}  // namespace imslab::host
