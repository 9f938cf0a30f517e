// The commands of a procedure, performed on a running topology.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/chance.h"
#include "lab/lab.h"
#include "lab/procedure.h"
#include "lab/sipp.h"
#include "lab/soft_phone.h"
#include "lab/ue.h"
#include "lab/ue_documents.h"

namespace imslab::lab {

// Plain registrations with a password are SIPp's where it plays the phone, all else the lab's own.
bool registers_with_sipp(const RegisterCommand& command, const TopologyUe& ue);

class Performance {
public:
    // `folder`: for what SIPp writes. A sentence if a UE of the topology has no subscription.
    static Result<Performance, std::string> prepare(const Topology& topology,
                                                    Lab* lab,
                                                    const std::string& folder,
                                                    std::optional<std::uint64_t> seed);

    struct Outcome {
        int status = 0;       // of a registration
        std::string problem;  // why the command could not be performed to its end; empty: it was
    };
    Outcome perform(const Command& command);
    Ue* ue(std::string_view name);

private:
    Outcome on(const RegisterCommand& command);
    Outcome on(const ConnectionCommand& command);
    Outcome on(const PlayCommand& command);
    Outcome on(const SoloPlay& solo);
    Outcome on(const SendCommand& command);
    Outcome on(const SessionCommand& command);
    Outcome on(const NodeCommand& command);
    Outcome on(const DeregisterCommand& command);
    Outcome on(const WaitCommand& command);
    Outcome on(const ShCommand& command);
    Outcome on(const ImportCommand& command);
    // performance_documents.cpp
    Outcome on(const DocumentCommand& command);
    Outcome bootstrap(const DocumentCommand& command);
    std::optional<BootstrappingPlace> bootstrapping_place() const;
    UeDocuments& documents_of(const std::string& name);
    std::string with_names(std::string text) const;
    Chance chance_of(const Part& part);
    SippPlay play_of(const Part& part, const PlayCommand& command);
    std::string uri_of(const std::string& ue_or_uri);
    Outcome register_with_sipp(const RegisterCommand& command);
    // performance_soft_phones.cpp
    bool is_soft(std::string_view name);
    Result<SoftPhone*, std::string> soft_phone(const std::string& name);
    Outcome register_soft_phone(const RegisterCommand& command);
    std::string begin_soft_phone(const PlayCommand& command);
    Outcome play_with_soft_phones(PlayCommand command);
    std::optional<std::string> death_before_end(Process& process, Deadline deadline);

    const Topology* topology_ = nullptr;
    Lab* lab_ = nullptr;
    std::string folder_;
    std::optional<std::uint64_t> seed_;
    std::unique_ptr<Chance> chance_;
    std::map<std::string, unsigned> plays_;  // how often a phone has played a script
    std::map<std::string, Ue, std::less<>> ues_;
    std::map<std::string, std::unique_ptr<SoftPhone>, std::less<>> soft_phones_;
    std::map<std::string, UeDocuments, std::less<>> documents_;
};

}  // namespace imslab::lab
