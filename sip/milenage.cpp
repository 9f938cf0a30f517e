// MILENAGE (TS 35.206 §4.1) on OpenSSL's AES-128, and what the HSS and the USIM do with it
// (TS 33.102 §6.3). The block function is called directly: an EVP context for each challenge would
// cost more than the challenge.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sip/milenage.h"

#include <openssl/aes.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace imslab::aka {

namespace {

constexpr Sqn kSqnMask = 0xFFFF'FFFF'FFFF;

Key128 exclusive_or(const Key128& a, const Key128& b) {
    Key128 out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
    return out;
}

// Rotation towards the most significant bit; all of MILENAGE's rotations are whole octets.
Key128 rotated(const Key128& block, std::size_t octets) {
    Key128 out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = block[(i + octets) % out.size()];
    return out;
}

Key128 encrypted(const AES_KEY& schedule, const Key128& block) {
    Key128 out;
    AES_encrypt(block.data(), out.data(), &schedule);
    return out;
}

std::array<std::uint8_t, 6> octets_of(Sqn sqn) {
    std::array<std::uint8_t, 6> out;
    for (std::size_t i = 0; i < 6; ++i) out[i] = static_cast<std::uint8_t>(sqn >> (8 * (5 - i)));
    return out;
}

Sqn sqn_of(const std::uint8_t* octets) {
    Sqn sqn = 0;
    for (std::size_t i = 0; i < 6; ++i) sqn = sqn << 8 | octets[i];
    return sqn;
}

// Takes as long for a wrong first octet as for a wrong last one.
bool equal_octets(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < size; ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

}  // namespace

struct Milenage::Impl {
    static_assert(sizeof(AES_KEY) <= sizeof storage_ && alignof(AES_KEY) <= 8);
    static const AES_KEY& schedule(const Milenage& milenage) {
        return *std::launder(reinterpret_cast<const AES_KEY*>(milenage.storage_.data()));
    }
    // OUTn = E_K(rot(E_K(RAND xor OPc) xor OPc, rn) xor cn) xor OPc, where cn is one bit in the
    // last octet.
    static Key128 out(const Milenage& milenage,
                      const Key128& temp,
                      std::size_t octets,
                      std::uint8_t constant) {
        Key128 block = rotated(exclusive_or(temp, milenage.opc_), octets);
        block[15] ^= constant;
        return exclusive_or(encrypted(schedule(milenage), block), milenage.opc_);
    }
};

Key128 opc_from_op(const Key128& key, const Key128& op) {
    AES_KEY schedule;
    AES_set_encrypt_key(key.data(), 128, &schedule);
    const Key128 opc = exclusive_or(op, encrypted(schedule, op));
    OPENSSL_cleanse(&schedule, sizeof schedule);
    return opc;
}

Milenage::Milenage(const Key128& key, const Key128& opc) : opc_(opc) {
    auto* schedule = new (storage_.data()) AES_KEY;
    AES_set_encrypt_key(key.data(), 128, schedule);
}

Milenage::~Milenage() { OPENSSL_cleanse(storage_.data(), storage_.size()); }

Milenage::Output Milenage::f2345(const Key128& rand) const {
    const Key128 temp = encrypted(Impl::schedule(*this), exclusive_or(rand, opc_));
    const Key128 out2 = Impl::out(*this, temp, 0, 1);
    const Key128 out5 = Impl::out(*this, temp, 12, 8);
    Output output;
    output.ck = Impl::out(*this, temp, 4, 2);
    output.ik = Impl::out(*this, temp, 8, 4);
    std::copy_n(out2.begin() + 8, 8, output.res.begin());
    std::copy_n(out2.begin(), 6, output.ak.begin());
    std::copy_n(out5.begin(), 6, output.ak_resync.begin());
    return output;
}

Milenage::Macs Milenage::f1(const Key128& rand, Sqn sqn, std::array<std::uint8_t, 2> amf) const {
    const auto sqn_octets = octets_of(sqn);
    Key128 in1;
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
        std::copy_n(sqn_octets.begin(), 6, in1.begin() + half);
        std::copy_n(amf.begin(), 2, in1.begin() + half + 6);
    }
    const Key128 temp = encrypted(Impl::schedule(*this), exclusive_or(rand, opc_));
    const Key128 block = exclusive_or(temp, rotated(exclusive_or(in1, opc_), 8));
    const Key128 out1 = exclusive_or(encrypted(Impl::schedule(*this), block), opc_);
    Macs macs;
    std::copy_n(out1.begin(), 8, macs.mac_a.begin());
    std::copy_n(out1.begin() + 8, 8, macs.mac_s.begin());
    return macs;
}

// TS 33.102 §6.3.2: an authentication vector.
Vector make_vector(const Milenage& milenage,
                   const Key128& rand,
                   Sqn sqn,
                   std::array<std::uint8_t, 2> amf) {
    const auto output = milenage.f2345(rand);
    const auto macs = milenage.f1(rand, sqn, amf);
    const auto sqn_octets = octets_of(sqn);
    Vector vector;
    vector.rand = rand;
    for (std::size_t i = 0; i < 6; ++i) vector.autn[i] = sqn_octets[i] ^ output.ak[i];
    std::copy_n(amf.begin(), 2, vector.autn.begin() + 6);
    std::copy_n(macs.mac_a.begin(), 8, vector.autn.begin() + 8);
    vector.xres = output.res;
    vector.ck = output.ck;
    vector.ik = output.ik;
    return vector;
}

// TS 33.102 §6.3.5: the HSS takes over SQN_MS only if MAC-S proves it.
std::optional<Sqn> sqn_from_auts(const Milenage& milenage,
                                 const Key128& rand,
                                 const std::array<std::uint8_t, 14>& auts) {
    const auto ak = milenage.f2345(rand).ak_resync;
    std::array<std::uint8_t, 6> octets;
    for (std::size_t i = 0; i < 6; ++i) octets[i] = auts[i] ^ ak[i];
    const Sqn sqn = sqn_of(octets.data());
    const auto mac_s = milenage.f1(rand, sqn, {0, 0}).mac_s;
    if (!equal_octets(mac_s.data(), auts.data() + 6, 8)) return std::nullopt;
    return sqn;
}

// TS 33.102 §6.3.3: MAC first, then freshness.
UsimAnswer usim_answer(const Milenage& milenage,
                       const Key128& rand,
                       const Key128& autn,
                       Sqn highest_sqn) {
    const auto output = milenage.f2345(rand);
    std::array<std::uint8_t, 6> octets;
    for (std::size_t i = 0; i < 6; ++i) octets[i] = autn[i] ^ output.ak[i];
    const Sqn sqn = sqn_of(octets.data());

    UsimAnswer answer{};
    const auto mac_a = milenage.f1(rand, sqn, {autn[6], autn[7]}).mac_a;
    if (!equal_octets(mac_a.data(), autn.data() + 8, 8)) {
        answer.verdict = UsimAnswer::Verdict::mac_failure;
        return answer;
    }
    if (sqn <= highest_sqn) {
        const auto highest = octets_of(highest_sqn & kSqnMask);
        const auto mac_s = milenage.f1(rand, highest_sqn & kSqnMask, {0, 0}).mac_s;
        answer.verdict = UsimAnswer::Verdict::sync_failure;
        for (std::size_t i = 0; i < 6; ++i) answer.auts[i] = highest[i] ^ output.ak_resync[i];
        std::copy_n(mac_s.begin(), 8, answer.auts.begin() + 6);
        return answer;
    }
    answer.verdict = UsimAnswer::Verdict::ok;
    answer.res = output.res;
    answer.ck = output.ck;
    answer.ik = output.ik;
    answer.sqn = sqn;
    return answer;
}

}  // namespace imslab::aka
