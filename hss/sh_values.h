// What an HSS says of a user on Sh, reference by reference (TS 29.328 §7.6), as a function of what
// was read from the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diameter/sh.h"
#include "diameter/sh_data.h"
#include "hss/sh_store.h"

namespace imslab::hss {

// Whether the user is one that has such data at all, and was named by a key that leads to it:
// DIAMETER_ERROR_OPERATION_NOT_ALLOWED, or DSAI_NOT_AVAILABLE.
std::optional<sh::ResultCode> objection_to(const ShUser& user,
                                           sh::DataReference reference,
                                           const sh::Selection& selection);

// Adds all that is selected, repository data excepted. What is not there is left out; of what is
// watched its absence is said (an S-CSCF that serves no more).
struct ValueOptions {
    std::optional<sh::RequestedDomain> domain;
    bool say_absence = false;
};
void add_value(const ShUser& user,
               sh::DataReference reference,
               const sh::Selection& selection,
               const ValueOptions& options,
               sh::ShData& into);

// Whose repository data it is; empty: the user has no alias group.
std::string owner_of(const ShUser& user, sh::DataReference reference);

// The watches that a subscription makes, and what each selects.
std::vector<Watch> watches_of(const ShUser& user,
                              const sh::UserIdentity& asked,
                              const sh::Selection& selection,
                              const std::string& server);
sh::Selection selection_of(const Watch& watch);

}  // namespace imslab::hss
