// A secret is found by its hash: how long a look-up takes tells nothing of the secrets there are.
#include "gateways/interaction/grants.h"

#include "sip/digest.h"

namespace imslab::interaction {

namespace {

constexpr std::size_t kOctets = 32;  // RFC 6749 §10.10: nobody guesses one

std::string hash_of(std::string_view secret) {
    return sip::hex_digest(sip::HashAlgorithm::sha256, secret);
}

}  // namespace

GrantId Grants::allow(Grant grant) {
    grants_[++last_].grant = std::move(grant);
    return last_;
}

const Grant* Grants::find(GrantId id) const {
    const auto found = grants_.find(id);
    return found == grants_.end() ? nullptr : &found->second.grant;
}

std::string Grants::issue(Secret secret) {
    auto text = entropy_.token(kOctets);
    const auto hash = hash_of(text);
    grants_.at(secret.grant).secrets.insert(hash);
    by_end_.emplace(secret.until, hash);
    if (secret.kind == Kind::access) ++access_tokens_;
    secrets_.emplace(hash, std::move(secret));
    return text;
}

std::string Grants::issue_code(Code code, Time now) {
    return issue({Kind::code,
                  code.grant,
                  now + lifetimes_.code,
                  false,
                  std::move(code.redirect_uri),
                  std::move(code.challenge)});
}

std::string Grants::issue_token(GrantId grant, Kind kind, Time now) {
    const auto lifetime = kind == Kind::access ? lifetimes_.access : lifetimes_.refresh;
    return issue({kind, grant, now + lifetime, false, {}, {}});
}

std::optional<Grants::Code> Grants::redeem_code(std::string_view code, Time now) {
    const auto found = secrets_.find(hash_of(code));
    if (found == secrets_.end() || found->second.kind != Kind::code) return std::nullopt;
    auto& secret = found->second;
    if (secret.used) {
        end(secret.grant);
        return std::nullopt;
    }
    if (secret.until <= now) return std::nullopt;
    secret.used = true;
    // It is remembered as long as what comes of it may be good.
    by_end_.erase({secret.until, found->first});
    secret.until = now + lifetimes_.refresh;
    by_end_.emplace(secret.until, found->first);
    return Code{secret.grant, secret.redirect_uri, secret.challenge};
}

std::optional<GrantId> Grants::redeem_refresh(std::string_view token,
                                              std::string_view application,
                                              Time now) {
    const auto found = secrets_.find(hash_of(token));
    if (found == secrets_.end() || found->second.kind != Kind::refresh) return std::nullopt;
    auto& secret = found->second;
    const auto* grant = find(secret.grant);
    if (grant == nullptr || grant->application != application || secret.until <= now)
        return std::nullopt;
    if (secret.used) {
        end(secret.grant);
        return std::nullopt;
    }
    secret.used = true;
    return secret.grant;
}

const Grant* Grants::of_access_token(std::string_view token, Time now) const {
    const auto found = secrets_.find(hash_of(token));
    if (found == secrets_.end()) return nullptr;
    const auto& secret = found->second;
    return secret.kind == Kind::access && secret.until > now ? find(secret.grant) : nullptr;
}

bool Grants::revoke(std::string_view token, std::string_view application) {
    const auto found = secrets_.find(hash_of(token));
    if (found == secrets_.end() || found->second.kind == Kind::code) return false;
    const auto id = found->second.grant;
    const auto* grant = find(id);
    if (grant == nullptr || grant->application != application) return false;
    end(id);
    return true;
}

void Grants::end(GrantId id) {
    const auto kept = grants_.extract(id);
    if (kept.empty()) return;
    for (const auto& hash : kept.mapped().secrets) drop(hash);
}

void Grants::drop(const std::string& hash) {
    const auto found = secrets_.find(hash);
    if (found == secrets_.end()) return;
    by_end_.erase({found->second.until, hash});
    if (found->second.kind == Kind::access) --access_tokens_;
    secrets_.erase(found);
}

void Grants::forget_expired(Time now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        const auto hash = by_end_.begin()->second;
        const auto id = secrets_.at(hash).grant;
        drop(hash);
        const auto grant = grants_.find(id);
        if (grant == grants_.end()) continue;
        grant->second.secrets.erase(hash);
        if (grant->second.secrets.empty()) grants_.erase(grant);
    }
}

}  // namespace imslab::interaction
