// One end of Cx in a process of its own, for the tests and for measuring what an exchange costs:
//   cx_peer CONFIG.json      kind "answerer" or "asker"; prints one JSON object when it ends.
// Settings of an asker: "exchanges", "in_flight", "per_second" (0: as fast as answers come),
// "command" ("UAR", "MAR", "SAR").
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "diameter/cx.h"
#include "hosts/asio/process.h"
#include "hosts/asio/settings.h"
#include "hosts/diameter/service.h"

namespace {

using namespace imslab;

constexpr const char* kHome = "ims.mnc001.mcc001.3gppnetwork.org";

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Answers whatever is asked at once, and asks an RTR back when it is told to.
class Answerer final : public Node {
public:
    ~Answerer() override {
        std::printf("{\"answered\": %zu, \"cpu_us_per_exchange\": %.1f}\n",
                    answered_,
                    answered_ == 0
                        ? 0.0
                        : (cpu_seconds() - cpu_at_first_) * 1e6 / static_cast<double>(answered_));
        std::fflush(stdout);
    }

    void deliver(Event event, Time) override {
        auto* asked = std::get_if<Asked>(&event);
        if (asked == nullptr) return;
        if (answered_++ == 0) cpu_at_first_ = cpu_seconds();
        const auto& request = std::any_cast<const cx::Request&>(asked->request);
        outbox_.emit(Reply{asked->id, answer_to(request)});
        // TS 29.228 §6.1.3: the HSS takes the registration back.
        const auto* sar = std::get_if<cx::ServerAssignmentRequest>(&request);
        if (sar == nullptr || sar->type != cx::ServerAssignmentType::unregistered_user) return;
        cx::RegistrationTerminationRequest rtr;
        rtr.destination_host = asked->peer;
        rtr.private_identity = sar->private_identity;
        outbox_.emit(Ask{outbox_.next_ask_id(), cx::Request(rtr)});
    }
    std::optional<Time> next_deadline() const override { return std::nullopt; }
    nlohmann::ordered_json state() const override { return {{"answered", answered_}}; }

private:
    static cx::Answer answer_to(const cx::Request& request) {
        if (const auto* mar = std::get_if<cx::MultimediaAuthRequest>(&request)) {
            cx::MultimediaAuthAnswer maa;
            maa.result = cx::result::success;
            maa.private_identity = mar->private_identity;
            maa.public_identity = mar->public_identity;
            cx::AuthVector vector;
            vector.item = 1;
            vector.auth_scheme = cx::scheme::aka;
            vector.rand_autn = std::string(32, 'r');
            vector.xres = std::string(8, 'x');
            vector.confidentiality_key = vector.integrity_key = std::string(16, 'k');
            maa.vectors.push_back(vector);
            return maa;
        }
        if (std::holds_alternative<cx::ServerAssignmentRequest>(request)) {
            cx::ServerAssignmentAnswer saa;
            saa.result = cx::result::success;
            saa.user_data = "<IMSSubscription/>";
            return saa;
        }
        cx::UserAuthorizationAnswer uaa;
        uaa.result = cx::result::first_registration;
        uaa.server_name = "sip:scscf." + std::string(kHome);
        return uaa;
    }

    std::size_t answered_ = 0;
    double cpu_at_first_ = 0;
};

struct Plan {
    std::uint64_t exchanges = 1, in_flight = 1, per_second = 0;
    std::string command = "UAR";
    bool stay = false;  // answers RTR until it is stopped
};

class Asker final : public Node {
public:
    explicit Asker(Plan plan) : plan_(std::move(plan)) {}
    void start(Time now) {
        next_ = started_ = ended_ = now;
        cpu_at_start_ = cpu_at_end_ = cpu_seconds();
        running_ = true;
    }
    ~Asker() override {
        const double seconds = static_cast<double>((ended_ - started_).count()) / 1e6;
        std::printf(
            "{\"exchanges\": %zu, \"failed\": %zu, \"unreachable\": %zu, \"rtr\": %zu, "
            "\"seconds\": %.3f, \"cpu_us_per_exchange\": %.1f, \"result\": \"%u/%u\"}\n",
            done_,
            failed_,
            unreachable_,
            terminated_,
            seconds,
            done_ == 0 ? 0.0 : (cpu_at_end_ - cpu_at_start_) * 1e6 / static_cast<double>(done_),
            last_.vendor,
            last_.code);
        std::fflush(stdout);
    }

    void deliver(Event event, Time now) override {
        if (auto* answered = std::get_if<Answered>(&event)) on_answered(*answered, now);
        if (auto* asked = std::get_if<Asked>(&event)) on_asked(*asked);
        while (running_ && asked_ < plan_.exchanges && asked_ - done_ < plan_.in_flight &&
               next_ <= now)
            ask();
    }
    std::optional<Time> next_deadline() const override {
        if (!running_ || asked_ >= plan_.exchanges || asked_ - done_ >= plan_.in_flight)
            return std::nullopt;
        return next_;
    }
    nlohmann::ordered_json state() const override { return {{"done", done_}}; }

private:
    void ask() {
        ++asked_;
        if (plan_.per_second > 0) next_ += Duration(1'000'000 / plan_.per_second);
        outbox_.emit(Ask{outbox_.next_ask_id(), request()});
    }
    cx::Request request() const {
        const std::string impi = "001010000000001@" + std::string(kHome);
        const std::string impu = "sip:alice@" + std::string(kHome);
        const std::string server = "sip:scscf." + std::string(kHome) + ":5060";
        if (plan_.command == "MAR") {
            cx::MultimediaAuthRequest mar;
            mar.private_identity = impi;
            mar.public_identity = impu;
            mar.server_name = server;
            return mar;
        }
        if (plan_.command == "SAR" || plan_.command == "SAR-RTR") {
            cx::ServerAssignmentRequest sar;
            sar.private_identity = impi;
            sar.public_identities = {impu};
            sar.server_name = server;
            sar.type = plan_.command == "SAR" ? cx::ServerAssignmentType::registration
                                              : cx::ServerAssignmentType::unregistered_user;
            return sar;
        }
        cx::UserAuthorizationRequest uar;
        uar.private_identity = impi;
        uar.public_identity = impu;
        uar.visited_network = kHome;
        return uar;
    }
    void on_answered(Answered& answered, Time now) {
        ++done_;
        if (const auto* failed = std::any_cast<AskFailed>(&answered.answer)) {
            ++failed_;
            unreachable_ += failed->why == AskFailed::Why::unreachable;
        } else {
            last_ = std::visit([](const auto& answer) { return answer.result; },
                               std::any_cast<const cx::Answer&>(answered.answer));
        }
        if (done_ < plan_.exchanges) return;
        ended_ = now;
        cpu_at_end_ = cpu_seconds();
        if (!plan_.stay && plan_.command != "SAR-RTR") ::raise(SIGTERM);
    }
    void on_asked(const Asked& asked) {
        ++terminated_;
        cx::RegistrationTerminationAnswer rta;
        rta.result = cx::result::success;
        outbox_.emit(Reply{asked.id, cx::Answer(rta)});
        if (!plan_.stay) ::raise(SIGTERM);
    }

    const Plan plan_;
    Time next_, started_, ended_;
    bool running_ = false;
    double cpu_at_start_ = 0, cpu_at_end_ = 0;
    std::size_t asked_ = 0, done_ = 0, failed_ = 0, unreachable_ = 0, terminated_ = 0;
    diameter::ResultCode last_;
};

Result<void, std::string> answer(host::Process& process) {
    if (auto cx = host::provide_cx(process, host::DiameterRole::listens); !cx) return cx;
    process.serve(std::make_unique<Answerer>());
    return {};
}

Result<void, std::string> ask(host::Process& process) {
    Plan plan;
    host::Settings settings(process.config().settings);
    settings.read("exchanges", plan.exchanges);
    settings.read("in_flight", plan.in_flight);
    settings.read("per_second", plan.per_second);
    settings.read("command", plan.command);
    settings.read("stay", plan.stay);
    if (!settings.mistake().empty()) return failure(settings.mistake());
    auto node = std::make_unique<Asker>(plan);
    process.on_ready([&process, &asker = *node] {
        asker.start(process.loop().now());
        process.loop().wake();
    });
    process.serve(std::move(node));
    return host::provide_cx(process, host::DiameterRole::connects);
}

}  // namespace

int main(int argc, char** argv) {
    const auto config =
        argc == 2 ? host::NodeConfig::load(argv[1]) : Result<host::NodeConfig, std::string>();
    const bool asks = config && config->kind == "asker";
    return host::run_process(argc, argv, asks ? "asker" : "answerer", asks ? ask : answer);
}
