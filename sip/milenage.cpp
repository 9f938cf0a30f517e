// MILENAGE (TS 35.206 §4.1) on OpenSSL's AES-128, and what the HSS and the USIM do with it
// (TS 33.102 §6.3). By EVP it is the processor's AES; the cipher is looked up once, since that
// costs more than many challenges.
#include "sip/milenage.h"

#include <openssl/evp.h>

#include <algorithm>

#include "core/invariant.h"

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

EVP_CIPHER_CTX* new_schedule(const Key128& key) {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr);
    auto* schedule = EVP_CIPHER_CTX_new();
    IMSLAB_INVARIANT(cipher != nullptr && schedule != nullptr);
    IMSLAB_INVARIANT(EVP_EncryptInit_ex2(schedule, cipher, key.data(), nullptr, nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(schedule, 0);
    return schedule;
}

// Each block for itself.
void encrypt(EVP_CIPHER_CTX* schedule, std::span<Key128> blocks) {
    auto* octets = blocks.front().data();
    const auto size = static_cast<int>(blocks.size_bytes());
    int written = 0;
    IMSLAB_INVARIANT(EVP_EncryptUpdate(schedule, octets, &written, octets, size) == 1);
    IMSLAB_INVARIANT(written == size);
}

Key128 encrypted(EVP_CIPHER_CTX* schedule, Key128 block) {
    encrypt(schedule, {&block, 1});
    return block;
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

Key128 opc_from_op(const Key128& key, const Key128& op) {
    const Milenage::Schedule schedule(new_schedule(key));
    return exclusive_or(op, encrypted(schedule.get(), op));
}

void Milenage::Free::operator()(evp_cipher_ctx_st* schedule) const {
    EVP_CIPHER_CTX_free(schedule);  // cleanses the key
}

Milenage::Milenage(const Key128& key, const Key128& opc)
    : schedule_(new_schedule(key)), opc_(opc) {}

Milenage::~Milenage() = default;

// E_K(RAND xor OPc)
Key128 Milenage::temp_of(const Key128& rand) const {
    return encrypted(schedule_.get(), exclusive_or(rand, opc_));
}

// OUTn = E_K(rot(E_K(RAND xor OPc) xor OPc, rn) xor cn) xor OPc, where cn is one bit in the last
// octet.
Milenage::Output Milenage::f2345(const Key128& rand) const {
    const Key128 masked = exclusive_or(temp_of(rand), opc_);
    std::array out{masked, rotated(masked, 4), rotated(masked, 8), rotated(masked, 12)};
    for (std::size_t i = 0; i < out.size(); ++i) out[i][15] ^= static_cast<std::uint8_t>(1U << i);
    encrypt(schedule_.get(), out);
    for (auto& block : out) block = exclusive_or(block, opc_);
    Output output;
    std::copy_n(out[0].begin() + 8, 8, output.res.begin());
    std::copy_n(out[0].begin(), 6, output.ak.begin());
    output.ck = out[1];
    output.ik = out[2];
    std::copy_n(out[3].begin(), 6, output.ak_resync.begin());
    return output;
}

Milenage::Macs Milenage::f1(const Key128& rand, Sqn sqn, std::array<std::uint8_t, 2> amf) const {
    const auto sqn_octets = octets_of(sqn);
    Key128 in1;
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
        std::copy_n(sqn_octets.begin(), 6, in1.begin() + half);
        std::copy_n(amf.begin(), 2, in1.begin() + half + 6);
    }
    const Key128 block = exclusive_or(temp_of(rand), rotated(exclusive_or(in1, opc_), 8));
    const Key128 out1 = exclusive_or(encrypted(schedule_.get(), block), opc_);
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
