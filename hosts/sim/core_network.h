// The core topology on the simulator: P-CSCF, I-CSCF, S-CSCF, HSS with a store that survives it,
// and any number of phones, with the addresses and names that the lab's own topology has. Of the
// I-CSCF and the S-CSCF there may be several, which then have numbers, as in the topology `shared`.
#pragma once

#include <memory>
#include <string>

#include "hosts/sim/phone.h"
#include "hosts/sim/simulator.h"
#include "hss/memory_store.h"
#include "pcscf/pcscf.h"
#include "scscf/scscf.h"

namespace imslab::sim {

class CoreNetwork {
public:
    struct Options {
        Simulator::Options simulator;
        std::size_t phones = 2;
        std::size_t icscfs = 1, scscfs = 1;
        bool reregister = true;
        std::uint32_t reregister_seconds = 0;  // 0: as TS 24.229 §5.1.1.4 has it
        Duration min_expires = std::chrono::seconds(1);
    };
    explicit CoreNetwork(Options options);

    static constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";
    static std::string phone_name(std::size_t index);  // "phone0"
    static std::string identity(std::size_t index);    // "sip:user0@…"
    Simulator& simulator() { return simulator_; }
    const Phone::Seen& seen(std::size_t index) { return phone(index).seen(); }
    Phone& phone(std::size_t index);
    pcscf::Pcscf& pcscf() { return simulator_.node_as<pcscf::Pcscf>("P-CSCF"); }
    scscf::Scscf& scscf(std::string_view name = "S-CSCF") {
        return simulator_.node_as<scscf::Scscf>(name);
    }

    // Has a phone do something: Register, Call, SendMessage.
    template <class Command>
    void tell(std::size_t index, Command command) {
        simulator_.deliver(phone_name(index), Asked{0, "test", std::any(std::move(command))});
    }
    std::size_t registered_phones();

private:
    void add_core(const Options& options);
    void add_icscf(std::size_t index, const Options& options);
    void add_scscf(std::size_t index, const Options& options);
    void add_phone(std::size_t index, const Options& options);

    std::size_t phones_;
    hss::MemoryStore store_;
    Simulator simulator_;
};

}  // namespace imslab::sim
