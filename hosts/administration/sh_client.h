// An application server that does nothing but Sh, by hand: what its control socket is told it asks
// the HSS (diameter/sh_text.h), what it is notified of it keeps and accepts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/node.h"
#include "diameter/sh.h"
#include "hosts/asio/loop.h"

namespace imslab::host {

class ShClient final : public Node {
public:
    // Asked{sh::Request} by "control": to be asked of the HSS; by anybody else: a PNR.
    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

private:
    struct Told {
        std::string user, user_data;
    };
    struct Open {
        AskId asked_by;
        sh::Request request;
        Time give_up;  // until then a HSS that is away is asked again
    };
    void ask(Open open);

    std::map<AskId, Open> open_;  // by the number of our question
    std::vector<std::pair<Time, Open>> again_;
    std::vector<Told> told_;
    std::string last_answer_;
};

// The control socket's words: pull, update, subscribe, unsubscribe.
void provide_sh_commands(Loop& loop);

}  // namespace imslab::host
