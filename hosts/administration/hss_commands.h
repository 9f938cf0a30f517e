// What an operator does to a running HSS, as lines on its control socket:
//   deregister IMPI [REASON 0..3 [IMPU …]]       TS 29.228 §6.1.3, RTR to the S-CSCF
//   push IMPI                                     TS 29.228 §6.2, PPR with what is stored
//   import FILE | import <subscribers>…           TS 29.228 §6.2, adds or replaces subscriptions;
//                                                 PPR to the S-CSCFs of those who are registered
//   remove SUBSCRIPTION                           TS 29.228 §6.1.3, RTR before it is gone
// The answer begins with "done: " or "error: ".
#pragma once

#include "core/result.h"
#include "hosts/asio/loop.h"
#include "hss/hss.h"

namespace imslab::host {

// One sentence if the line is none of these commands.
Result<hss::Administration, std::string> administration_from(const std::string& word,
                                                             const std::string& rest);

inline void provide_hss_commands(Loop& loop) {
    for (const char* word : {"deregister", "push", "import", "remove"}) {
        loop.control().provide(
            word,
            [&loop, word = std::string(word)](const std::string& rest, Control::Answer answer) {
                auto administration = administration_from(word, rest);
                if (!administration) return answer("error: " + administration.error());
                loop.ask(Question{"control",
                                  std::any(std::move(*administration)),
                                  [answer = std::move(answer)](std::any value) {
                                      const auto* result =
                                          std::any_cast<hss::AdministrationAnswer>(&value);
                                      if (result == nullptr) return answer("error: no answer");
                                      answer((result->done ? "done: " : "error: ") + result->text);
                                  }});
            });
    }
}

}  // namespace imslab::host
