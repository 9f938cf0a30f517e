// MILENAGE (TS 35.206): the authentication and key agreement functions f1, f1*, f2, f3, f4, f5,
// f5*, and the sequence number's concealment (TS 33.102 §6.3). Used by the HSS and by the lab's own
// UE.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct evp_cipher_ctx_st;

namespace imslab::aka {

using Key128 = std::array<std::uint8_t, 16>;
using Sqn = std::uint64_t;  // 48 bits

// OPc = OP xor E_K(OP) (TS 35.206 §4.1)
Key128 opc_from_op(const Key128& key, const Key128& op);

class Milenage {
public:
    Milenage(const Key128& key, const Key128& opc);
    ~Milenage();
    Milenage(const Milenage&) = delete;
    Milenage& operator=(const Milenage&) = delete;

    struct Output {
        std::array<std::uint8_t, 8> res{};        // f2
        Key128 ck{};                              // f3
        Key128 ik{};                              // f4
        std::array<std::uint8_t, 6> ak{};         // f5
        std::array<std::uint8_t, 6> ak_resync{};  // f5*
    };
    Output f2345(const Key128& rand) const;
    struct Macs {
        std::array<std::uint8_t, 8> mac_a{};  // f1
        std::array<std::uint8_t, 8> mac_s{};  // f1*
    };
    Macs f1(const Key128& rand, Sqn sqn, std::array<std::uint8_t, 2> amf) const;

    struct Free {
        void operator()(evp_cipher_ctx_st* schedule) const;
    };
    using Schedule = std::unique_ptr<evp_cipher_ctx_st, Free>;  // of AES, with the key

private:
    Key128 temp_of(const Key128& rand) const;

    Schedule schedule_;
    Key128 opc_;
};

// TS 33.102 §6.3.2: AUTN = SQN xor AK || AMF || MAC-A
struct Vector {
    Key128 rand{};
    Key128 autn{};
    std::array<std::uint8_t, 8> xres{};
    Key128 ck{}, ik{};
};
Vector make_vector(const Milenage& milenage,
                   const Key128& rand,
                   Sqn sqn,
                   std::array<std::uint8_t, 2> amf);

// HSS side of resynchronisation (TS 33.102 §6.3.5): AUTS = SQN_MS xor AK* || MAC-S with AMF 0000.
// nullopt: MAC-S is wrong.
std::optional<Sqn> sqn_from_auts(const Milenage& milenage,
                                 const Key128& rand,
                                 const std::array<std::uint8_t, 14>& auts);

// UE side (TS 33.102 §6.3.3): what the USIM makes of RAND and AUTN.
struct UsimAnswer {
    enum class Verdict : std::uint8_t { ok, mac_failure, sync_failure } verdict;
    std::array<std::uint8_t, 8> res{};
    Key128 ck{}, ik{};
    std::array<std::uint8_t, 14> auts{};  // sync_failure
    Sqn sqn = 0;                          // ok: the new highest SQN
};
UsimAnswer usim_answer(const Milenage& milenage,
                       const Key128& rand,
                       const Key128& autn,
                       Sqn highest_sqn);

}  // namespace imslab::aka
