// The tables that Sh adds. Repository data and notifications belong to identities, not to rows:
// they outlive a subscription that is replaced.
#pragma once

#include <array>
#include <string_view>

namespace imslab::host {

inline constexpr std::array<std::string_view, 9> kShTables = {
    R"(CREATE TABLE IF NOT EXISTS sh_subscriber (
        subscription_id BIGINT PRIMARY KEY REFERENCES subscription(id) ON DELETE CASCADE,
        msisdns TEXT NOT NULL,
        cs TEXT NOT NULL,
        ps TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS sh_msisdn (
        msisdn TEXT NOT NULL UNIQUE,
        subscription_id BIGINT NOT NULL REFERENCES subscription(id) ON DELETE CASCADE))",
    R"(CREATE TABLE IF NOT EXISTS sh_set (
        set_id BIGINT PRIMARY KEY REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        dsai TEXT NOT NULL,
        switched_off TEXT NOT NULL,
        masked_profiles TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS sh_identity (
        identity TEXT NOT NULL UNIQUE,
        set_id BIGINT NOT NULL REFERENCES implicit_registration_set(id) ON DELETE CASCADE,
        presented TEXT NOT NULL,
        alias_group TEXT NOT NULL))",
    R"(CREATE TABLE IF NOT EXISTS sh_repository (
        owner TEXT NOT NULL,
        service_indication TEXT NOT NULL,
        sequence_number BIGINT NOT NULL,
        service_data TEXT NOT NULL,
        PRIMARY KEY (owner, service_indication)))",
    R"(CREATE TABLE IF NOT EXISTS sh_watch (
        owner TEXT NOT NULL,
        server_peer TEXT NOT NULL,
        reference BIGINT NOT NULL,
        detail TEXT NOT NULL,
        identity TEXT NOT NULL,
        expires BIGINT NOT NULL,
        one_time BIGINT NOT NULL,
        PRIMARY KEY (owner, server_peer, reference, detail)))",
    "CREATE INDEX IF NOT EXISTS sh_msisdn_subscription ON sh_msisdn(subscription_id)",
    "CREATE INDEX IF NOT EXISTS sh_identity_set ON sh_identity(set_id)",
    "CREATE INDEX IF NOT EXISTS sh_watch_expires ON sh_watch(expires)",
};

}  // namespace imslab::host
