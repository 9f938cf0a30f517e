// Forking, reaping and replacing the engine. Here is one thread and no event loop: signals are
// waited for.
#include "hosts/kamailio/keeper.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "hosts/kamailio/engine.h"

namespace imslab::kamailio {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kCannotStart = 2;
constexpr milliseconds kShortLife{1000}, kLongestPause{5000}, kStop{2000};

class Keeper {
public:
    Keeper(const host::NodeConfig& config,
           const ims_kamailio& kamailio,
           Shared& shared,
           int arrivals)
        : config_(config), kamailio_(kamailio), shared_(shared), arrivals_(arrivals) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::sigemptyset(&waited_);
        for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&waited_, signal);
        ::sigprocmask(SIG_BLOCK, &waited_, &before_);
    }

    int run() {
        while (true) {
            const auto born = steady_clock::now();
            const pid_t engine = start();
            if (engine < 0) return kCannotStart;
            int status = 0;
            if (!wait_for_end(engine, status)) return stop(engine);
            shared_.ready = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == kCannotStart) {
                kamailio_.log(0, "the IMS engine cannot start; Kamailio stops");
                return kCannotStart;
            }
            on_death(status);
            const bool was_short = steady_clock::now() - born < kShortLife;
            pause_ = was_short ? std::min(2 * pause_ + milliseconds(50), kLongestPause)
                               : milliseconds(0);
            if (was_told_to_stop(pause_)) return 0;
        }
    }

private:
    pid_t start() {
        const pid_t keeper = ::getpid();
        const pid_t engine = ::fork();
        if (engine < 0)
            kamailio_.log(0, (std::string("no IMS engine: ") + std::strerror(errno)).c_str());
        if (engine != 0) return engine;
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != keeper) ::_exit(0);
        ::sigprocmask(SIG_SETMASK, &before_, nullptr);
        host::NodeConfig config = config_;
        if (lives_ > 0) {
            config.ready_fd = -1;  // it was written and closed by the first
            config.dies_at_message = 0;
        }
        ::_exit(run_engine(std::move(config), kamailio_, shared_, arrivals_));
    }

    // False: somebody wants us to stop.
    bool wait_for_end(pid_t engine, int& status) {
        while (true) {
            const int signal = ::sigwaitinfo(&waited_, nullptr);
            if (signal == SIGTERM || signal == SIGINT) return false;
            if (::waitpid(engine, &status, WNOHANG) == engine) return true;
        }
    }

    bool was_told_to_stop(milliseconds within) {
        const auto end = steady_clock::now() + within;
        while (true) {
            const auto left = std::max(steady_clock::duration(0), end - steady_clock::now());
            const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
            const timespec wait{static_cast<time_t>(ns / 1'000'000'000), ns % 1'000'000'000};
            const int signal = ::sigtimedwait(&waited_, nullptr, &wait);
            if (signal == SIGTERM || signal == SIGINT) return true;
            if (signal < 0 && errno == EAGAIN) return false;
        }
    }

    void on_death(int status) {
        ++lives_;
        ++shared_.restarts;
        const std::string how = WIFSIGNALED(status)
                                    ? std::string("of ") + ::strsignal(WTERMSIG(status))
                                    : "with status " + std::to_string(WEXITSTATUS(status));
        std::size_t answered = 0;
        answer_in_flight(shared_, [&](const ims_flow& flow, const std::string& response) {
            kamailio_.send(&flow, response.data(), static_cast<unsigned>(response.size()));
            ++answered;
        });
        kamailio_.log(0,
                      ("the IMS engine died " + how + "; " + std::to_string(answered) +
                       " requests in flight were answered 503; it is started again")
                          .c_str());
    }

    int stop(pid_t engine) {
        ::kill(engine, SIGTERM);
        const auto end = steady_clock::now() + kStop;
        int status = 0;
        while (::waitpid(engine, &status, WNOHANG) == 0) {
            if (steady_clock::now() > end) ::kill(engine, SIGKILL);
            const timespec moment{0, 5'000'000};
            ::sigtimedwait(&waited_, nullptr, &moment);
        }
        return 0;
    }

    const host::NodeConfig& config_;
    const ims_kamailio& kamailio_;
    Shared& shared_;
    const int arrivals_;
    sigset_t waited_{}, before_{};
    int lives_ = 0;
    milliseconds pause_{0};
};

}  // namespace

int keep_engine(const host::NodeConfig& config,
                const ims_kamailio& kamailio,
                Shared& shared,
                int arrivals) {
    return Keeper(config, kamailio, shared, arrivals).run();
}

}  // namespace imslab::kamailio
