// What both servers of Ut have in common (TS 24.623 §5.2.3, TS 33.222 §6): whoever asks is
// identified first, and refused or served.
#pragma once

#include <functional>
#include <memory>

#include "as/enabler.h"
#include "as/xdm/authentication.h"

namespace imslab::xdm {

class UtEnabler : public as::Enabler {
public:
    UtEnabler(as::Services& services, std::string name, AuthenticationSettings settings)
        : Enabler(services, std::move(name)), authenticator_(services, std::move(settings)) {}

    bool on_asked(Asked& asked) final {
        auto* request = std::any_cast<http::Request>(&asked.request);
        if (request == nullptr) return false;
        services_.tasks().spawn(
            identify(asked.id, std::make_shared<http::Request>(std::move(*request))));
        return true;
    }
    void on_time(Time now) override { authenticator_.forget_expired(now); }
    std::optional<Time> next_deadline() const override { return authenticator_.next_deadline(); }

protected:
    using Answer = std::function<void(http::Response)>;
    using Identities = std::vector<std::string>;  // canonical

    // The answer comes once, now or later.
    virtual void serve(http::Request request, Identities identities, Answer answer) = 0;
    std::uint64_t refused() const { return refused_; }
    std::size_t sessions() const { return authenticator_.sessions(); }

private:
    Task<void> identify(AskId id, std::shared_ptr<http::Request> request) {
        auto who = co_await authenticator_.identify(request);
        if (who.refusal) {
            ++refused_;
            services_.reply(id, std::move(*who.refusal));
            co_return;
        }
        auto identities = std::move(who.identities);
        const auto answer = [this, id, who = std::move(who)](http::Response response) {
            who.add_authentication_info(response);
            services_.reply(id, std::move(response));
        };
        serve(std::move(*request), std::move(identities), answer);
    }

    Authenticator authenticator_;
    std::uint64_t refused_ = 0;
};

}  // namespace imslab::xdm
