// TS 24.109 §4.2 to §4.5 (Ub), TS 33.220 §4.5.2, §4.5.3; TS 29.109 §4.2 (Zh), §5.2 (Zn).
#include "as/gba/bootstrapping_server.h"

#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/digest_credentials.h"
#include "as/gba/bootstrapping_info.h"
#include "as/gba/bootstrappings.h"
#include "as/gba/security_settings.h"
#include "core/deadline.h"
#include "diameter/zh.h"
#include "diameter/zn.h"
#include "http/message.h"
#include "http/uri.h"
#include "sip/bootstrapped_keys.h"
#include "sip/digest.h"
#include "sip/params.h"

namespace imslab::gba {

namespace {

using as::DigestCredentials;

constexpr std::size_t kRandOctets = 16, kAutnOctets = 16, kAutsOctets = 14;
constexpr std::size_t kMostShown = 100;
constexpr auto kMd5 = sip::HashAlgorithm::md5;  // AKAv1-MD5

http::Response refusal(int status, std::string sentence) {
    return http::Response::of(status, "text/plain; charset=utf-8", std::move(sentence) + "\n");
}

http::Response come_again(std::string sentence) {
    auto response = refusal(503, std::move(sentence));
    response.fields.add("Retry-After", "5");
    return response;
}

std::int64_t seconds_of(Time time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

class BootstrappingServer final : public as::Enabler {
public:
    BootstrappingServer(as::Services& services, std::string name, ServerSettings settings)
        : Enabler(services, std::move(name)),
          settings_(std::move(settings)),
          challenges_(settings_.max_challenges),
          bootstrappings_(settings_.max_bootstrappings) {}

    void on_request(sip::ServerId id, as::ServiceRequest) override {
        services_.proxy().respond(id, 404);  // nobody calls it
    }
    bool on_asked(Asked& asked) override {
        if (auto* request = std::any_cast<http::Request>(&asked.request)) {
            services_.tasks().spawn(
                bootstrap(asked.id, std::make_shared<http::Request>(std::move(*request))));
            return true;
        }
        if (const auto* request = std::any_cast<zn::Request>(&asked.request)) {
            auto bia = key_for(asked.peer, std::get<zn::BootstrappingInfoRequest>(*request));
            services_.reply(asked.id, zn::Answer(std::move(bia)));
            return true;
        }
        return false;
    }
    void on_time(Time now) override {
        challenges_.forget_expired(now);
        bootstrappings_.forget_expired(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(challenges_.next_deadline(), bootstrappings_.next_deadline());
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["bootstrappings"] = bootstrappings_.size();
        state["users"] = bootstrappings_.users(kMostShown);
        state["challenges"] = challenges_.size();
        state["refused"] = refused_;
        state["keys given"] = keys_given_;
        state["keys refused"] = keys_refused_;
        return state;
    }

private:
    const std::string& realm() const { return services_.config().host; }

    Task<void> bootstrap(AskId id, std::shared_ptr<const http::Request> request) {
        auto response = co_await answer_to(request);
        if (response.status != 200) ++refused_;
        services_.reply(id, std::move(response));
    }

    // ---- Ub: TS 24.109 §4.2
    Task<http::Response> answer_to(std::shared_ptr<const http::Request> request) {
        const auto target = http::target_of(request->target);
        if (!target || target->path != "/") co_return refusal(404, "bootstrapping is done at /");
        if (request->method != "GET") {
            auto response = refusal(405, "bootstrapping is done by GET");
            response.fields.add("Allow", "GET");
            co_return response;
        }
        const auto given = DigestCredentials::from(*request);
        if (!given || given->username.empty())
            co_return refusal(400, "no Authorization that says which private identity you have");
        if (!given->proves()) co_return co_await challenge(given->username, std::string());
        if (!given->names_target(request->target))
            co_return refusal(400, "the digest-uri is not the resource that is asked for");
        // One answer to each challenge: what was said before proves nothing.
        auto challenged = challenges_.take(given->nonce, services_.now());
        if (!challenged || challenged->private_identity != given->username)
            co_return co_await challenge(given->username, std::string());
        if (!given->auts.empty()) {
            const auto auts = sip::from_base64(given->auts);
            if (!auts || auts->size() != kAutsOctets)
                co_return refusal(400, "auts is not 14 octets in base64");
            co_return co_await challenge(given->username, challenged->rand + *auts);
        }
        if (given->qop != "auth-int" || given->realm != realm() ||
            !given->are_right(kMd5, challenged->ha1, *request)) {
            // §4.3
            services_.log(
                LogLevel::info, {}, "TS 24.109 §4.3", "a wrong RES of " + given->username);
            co_return co_await challenge(given->username, std::string());
        }
        co_return bootstrapped(*std::move(challenged), *given);
    }

    // TS 29.109 §4.2: one vector. `resynchronisation`: RAND and AUTS (TS 24.109 §4.5).
    Task<http::Response> challenge(std::string private_identity, std::string resynchronisation) {
        zh::MultimediaAuthRequest mar;
        mar.private_identity = private_identity;
        mar.auth_scheme = cx::scheme::aka;
        mar.resynchronisation = std::move(resynchronisation);
        zh::Request question(std::move(mar));
        const auto answer = co_await services_.asks().ask<zh::Answer>(std::move(question));
        if (!answer) {
            services_.log(LogLevel::warning,
                          {},
                          "TS 29.109 §4.2",
                          "no answer on Zh: " + answer.error().reason);
            co_return come_again("the HSS does not answer");
        }
        const auto& maa = std::get<zh::MultimediaAuthAnswer>(*answer);
        if (maa.result == cx::result::unable_to_comply || maa.result == cx::result::too_busy)
            co_return come_again("the HSS cannot say it now");
        const bool has_vector = maa.result == cx::result::success && maa.vector &&
                                maa.vector->auth_scheme == cx::scheme::aka &&
                                maa.vector->rand_autn.size() == kRandOctets + kAutnOctets;
        if (!has_vector) {
            services_.log(LogLevel::info,
                          {},
                          "TS 29.109 §4.2",
                          private_identity + " is not known to the HSS, or has no USIM");
            co_return refusal(403, "nobody with a USIM is known by that private identity");
        }
        co_return challenge_with(private_identity, *maa.vector, maa.user_security_settings);
    }

    http::Response challenge_with(const std::string& private_identity,
                                  const cx::AuthVector& vector,
                                  std::string settings) {
        Bootstrapping challenged;
        challenged.private_identity = private_identity;
        challenged.rand = vector.rand_autn.substr(0, kRandOctets);
        challenged.ks = vector.confidentiality_key + vector.integrity_key;
        challenged.settings = std::move(settings);
        challenged.ha1 = sip::ha1(kMd5, private_identity, realm(), vector.xres);
        challenged.until = services_.now() + settings_.challenge_lifetime;
        const auto nonce =
            sip::base64({reinterpret_cast<const std::uint8_t*>(vector.rand_autn.data()),
                         vector.rand_autn.size()});
        if (!challenges_.add(nonce, std::move(challenged)))
            return come_again("too many users at a time");
        auto response = refusal(401, "prove it");
        response.fields.add("WWW-Authenticate",
                            "Digest realm=" + sip::quote(realm()) + ", nonce=" + sip::quote(nonce) +
                                ", qop=\"auth-int\", algorithm=AKAv1-MD5");
        return response;
    }

    // TS 33.220 §4.5.2: Ks, its name, and until when it is good.
    http::Response bootstrapped(Bootstrapping proven, const DigestCredentials& given) {
        const auto name = transaction_identifier(proven.rand, realm());
        const auto ha1 = std::exchange(proven.ha1, {});
        proven.created = services_.now();
        proven.until = proven.created + settings_.lifetime;
        const BootstrappingInfo info{name, seconds_of(proven.until)};
        if (!bootstrappings_.add(name, std::move(proven)))
            return come_again("too many users at a time");
        auto response = http::Response::of(200, std::string(kBootstrappingInfoType), write(info));
        response.fields.add("Authentication-Info",
                            given.authentication_info(kMd5, ha1, response.body));
        response.fields.add("Expires", http_date(info.lifetime));
        return response;
    }

    // ---- Zn: TS 29.109 §5.2
    zn::BootstrappingInfoAnswer key_for(const std::string& peer,
                                        const zn::BootstrappingInfoRequest& bir) {
        zn::BootstrappingInfoAnswer bia;
        const auto refused = [&](diameter::ResultCode result, const std::string& why) {
            ++keys_refused_;
            services_.log(LogLevel::info, {}, "TS 29.109 §5.2", "no key for " + peer + ": " + why);
            bia.result = result;
            return bia;
        };
        const auto naf = NafId::from_octets(bir.naf_id);
        if (!naf) return refused(cx::result::invalid_avp_value, "its NAF-Id cannot be read");
        if (!may_be(peer, naf->name))
            return refused(zn::result::not_authorized, "it is not " + naf->name);
        const auto* known = bootstrappings_.find(bir.transaction_identifier, services_.now());
        if (known == nullptr)
            return refused(zn::result::transaction_identifier_invalid,
                           bir.transaction_identifier + " is not known, or not any more");
        ++keys_given_;
        bia.result = zn::result::success;
        bia.private_identity = known->private_identity;
        bia.me_key = naf_key(known->ks, known->rand, known->private_identity, *naf);
        bia.key_expiry = seconds_of(known->until);
        bia.created = seconds_of(known->created);
        bia.user_security_settings = settings_for(known->settings, bir.services);
        return bia;
    }

    // TS 33.220 §4.4.6: a server gets no key of another one's.
    bool may_be(const std::string& peer, const std::string& naf) const {
        if (sip::equals_ignoring_case(peer, naf)) return true;
        const auto names = settings_.names.find(peer);
        return names != settings_.names.end() && names->second.contains(naf);
    }

    const ServerSettings settings_;
    Bootstrappings challenges_, bootstrappings_;
    std::uint64_t refused_ = 0, keys_given_ = 0, keys_refused_ = 0;
};

}  // namespace

std::unique_ptr<as::Enabler> make_bootstrapping_server(as::Services& services,
                                                       std::string name,
                                                       ServerSettings settings) {
    return std::make_unique<BootstrappingServer>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::gba
