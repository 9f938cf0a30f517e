// The node: commands of TS 29.228 §6.1 to §6.3 in, answers out, with the store's answers in
// between.
#include "hss/hss.h"

#include <nlohmann/json.hpp>

#include "diameter/dictionary.h"
#include "hss/procedures.h"

namespace imslab::hss {
namespace {

// What the HSS sends, it is not asked.
cx::Answer misdirected(const cx::Request& request) {
    if (std::holds_alternative<cx::PushProfileRequest>(request))
        return cx::PushProfileAnswer{cx::result::unable_to_comply};
    return cx::RegistrationTerminationAnswer{cx::result::unable_to_comply, {}};
}

cx::ResultCode result_of(const cx::Answer& answer) {
    return std::visit([](const auto& one) { return one.result; }, answer);
}

std::string_view name_of(const cx::Answer& answer) {
    static constexpr std::array<std::string_view, 6> names{
        "UAA", "LIA", "MAA", "SAA", "RTA", "PPA"};
    return names[answer.index()];
}

}  // namespace

Result<Config, std::string> Config::from(const nlohmann::json& settings,
                                         std::vector<std::string> domains) {
    Config config;
    config.home_networks = std::move(domains);
    if (settings.is_null()) return config;
    if (!settings.is_object())
        return failure(std::string("settings: found no object, expected one"));
    const std::map<std::string, bool*, std::less<>> switches{
        {"keep_server_name", &config.keep_server_name},
        {"res_without_nul", &config.res_without_nul}};
    const std::map<std::string, std::uint32_t*, std::less<>> numbers{
        {"max_repository_bytes", &config.max_repository_bytes},
        {"max_subscription_seconds", &config.max_subscription_seconds}};
    for (const auto& [key, value] : settings.items()) {
        const auto wrong = [&](const std::string& expected) {
            return failure("settings." + key + ": found " + value.dump() + ", expected " +
                           expected);
        };
        if (key == "max_vectors") {
            if (!value.is_number_unsigned() || value < 1 || value > 32) return wrong("1 to 32");
            config.max_vectors = value;
        } else if (const auto flag = switches.find(key); flag != switches.end()) {
            if (!value.is_boolean()) return wrong("true or false");
            *flag->second = value;
        } else if (const auto number = numbers.find(key); number != numbers.end()) {
            if (!value.is_number_unsigned() || value > 1U << 20U)
                return wrong("a number up to " + std::to_string(1U << 20U));
            *number->second = value;
        } else if (key == "application_servers") {
            auto permissions = Permissions::from(value);
            if (!permissions) return failure("settings." + permissions.error());
            config.permissions = std::move(*permissions);
        } else {
            return failure("settings." + key +
                           ": found an unknown key, expected max_vectors, keep_server_name, "
                           "res_without_nul, application_servers, max_repository_bytes or "
                           "max_subscription_seconds");
        }
    }
    return config;
}

Hss::Hss(Config config, Entropy& entropy)
    : procedures_(std::make_unique<Procedures>(std::move(config), entropy, outbox_)) {}
Hss::~Hss() = default;

void Hss::deliver(Event event, Time now) {
    procedures_->now = now;
    if (auto* asked = std::get_if<Asked>(&event)) {
        procedures_->on_asked(std::move(*asked));
    } else if (auto* answered = std::get_if<Answered>(&event)) {
        procedures_->asks.on_answered(std::move(*answered));
    } else if (std::holds_alternative<Woken>(event) && procedures_->next_expiry &&
               *procedures_->next_expiry <= now) {
        procedures_->next_expiry.reset();
        procedures_->tasks.spawn(procedures_->expire_notifications());
    }
}

std::optional<Time> Hss::next_deadline() const { return procedures_->next_expiry; }

nlohmann::ordered_json Hss::state() const {
    nlohmann::ordered_json state;
    state["procedures under way"] = procedures_->tasks.under_way();
    state["questions open"] = procedures_->asks.open();
    const auto watches = procedures_->watches.value_or(0);
    state["notifications"] =
        watches == 0 ? "nobody is subscribed" : std::to_string(watches) + " subscriptions";
    state["notifications sent"] = procedures_->notified;
    auto& answers = state["answers"] = nlohmann::ordered_json::object();
    for (const auto& [answer, count] : procedures_->answers)
        answers[std::string(answer.first)][diameter::result_name(answer.second)] = count;
    return state;
}

void Hss::Procedures::on_asked(Asked asked) {
    if (auto* request = std::any_cast<cx::Request>(&asked.request)) {
        tasks.spawn(answer(asked.id, std::move(asked.peer), std::move(*request)));
    } else if (auto* of_server = std::any_cast<sh::Request>(&asked.request)) {
        tasks.spawn(answer_sh(asked.id, std::move(asked.peer), std::move(*of_server)));
    } else if (auto* of_bootstrapping = std::any_cast<zh::Request>(&asked.request)) {
        tasks.spawn(answer_zh(asked.id, std::move(*of_bootstrapping)));
    } else if (auto* change = std::any_cast<Administration>(&asked.request)) {
        tasks.spawn(administer(asked.id, std::move(*change)));
    } else {
        outbox.log(LogLevel::error,
                   {},
                   {},
                   "asked something that is neither Cx, Sh, Zh nor administration by " + asked.peer);
    }
}

Task<void> Hss::Procedures::answer(AskId id, std::string peer, cx::Request request) {
    cx::Answer answer;
    std::optional<Watched> before;
    if (auto* uar = std::get_if<cx::UserAuthorizationRequest>(&request)) {
        answer = co_await user_authorization(std::move(*uar));
    } else if (auto* lir = std::get_if<cx::LocationInfoRequest>(&request)) {
        answer = co_await location_info(std::move(*lir));
    } else if (auto* mar = std::get_if<cx::MultimediaAuthRequest>(&request)) {
        before = co_await watched(mar->public_identity, mar->private_identity);
        answer = co_await multimedia_auth(std::move(*mar), std::move(peer));
    } else if (auto* sar = std::get_if<cx::ServerAssignmentRequest>(&request)) {
        const auto named =
            sar->public_identities.empty() ? std::string() : sar->public_identities.front();
        before = co_await watched(named, sar->private_identity);
        answer = co_await server_assignment(std::move(*sar), std::move(peer));
    } else {
        answer = misdirected(request);
    }
    count(name_of(answer), result_of(answer));
    outbox.emit(Reply{id, std::move(answer)});
    if (before) co_await notify_changes(std::move(*before), std::string());
}

}  // namespace imslab::hss
