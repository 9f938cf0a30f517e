// The bootstrapping client of the lab's UE (TS 24.109 §4): proves on Ub that it has its USIM, keeps
// the key until it expires, and makes the mistakes a scenario wants to see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lab/http_client.h"
#include "lab/procedure.h"
#include "lab/ue.h"
#include "sip/bootstrapped_keys.h"

namespace imslab::lab {

// Where it bootstraps.
struct BootstrappingPlace {
    Address address;
    std::string host;
};

class UeBootstrapping {
public:
    UeBootstrapping(Ue& ue, Entropy& entropy) : ue_(ue), entropy_(entropy) {}

    // What was agreed on (TS 33.220 §4.5.2).
    struct Agreed {
        std::string transaction_identifier, ks, rand;
        std::int64_t lifetime = 0;  // until when, in seconds since 1970
    };
    // A command's mistakes are made on Ub.
    Ue::Outcome perform(const DocumentCommand& command,
                        const BootstrappingPlace& place,
                        Deadline deadline);
    // Whatever is good still, or was; nullptr: nothing.
    const Agreed* agreed(bool though_expired = false) const;
    void forget() { agreed_.reset(); }
    // Of this UE with that server.
    std::string password_for(const gba::NafId& naf) const;

private:
    struct Answer {
        std::string authorization, ha1, ks, rand, cnonce;
        bool is_good = false;  // has a response that is right
    };
    http::Request request_to(const BootstrappingPlace& place,
                             const std::string& authorization) const;
    std::string first_words(const DocumentCommand& command, const BootstrappingPlace& place) const;
    std::optional<Answer> answer(const http::Message& challenge,
                                 const DocumentCommand& command,
                                 RegisterCommand::Answer mistake);
    // A sentence if that is no bootstrapping, or not with whom it was meant.
    std::string agree(const http::Message& response, const Answer& given);

    Ue& ue_;
    Entropy& entropy_;
    std::unique_ptr<HttpClient> client_;
    std::optional<Agreed> agreed_;
    std::string last_authorization_;
};

}  // namespace imslab::lab
