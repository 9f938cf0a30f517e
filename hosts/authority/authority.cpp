// Elliptic keys, because making one takes no time; certificates that hold for a month.
#include "hosts/authority/authority.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace imslab::host {
namespace {

constexpr long kBefore_seconds = 3600, kAfter_seconds = 30L * 24 * 3600;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(std::FILE* file) const { std::fclose(file); }
    void operator()(BIO* memory) const { BIO_free(memory); }
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

std::string why() {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return text;
}

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Version, number, time, key and name; who signs it comes later.
Certificate blank(EVP_PKEY* key, const std::string& name) {
    Certificate certificate(X509_new());
    std::uint64_t number = 0;
    if (!certificate || RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1)
        return nullptr;
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBefore_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kAfter_seconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()),
                               "CN",
                               MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()),
                               -1,
                               -1,
                               0);
    return certificate;
}

std::string alternative_names(const CertificateNames& names) {
    std::string text;
    const auto add = [&](const std::string& entry) { text += (text.empty() ? "" : ",") + entry; };
    for (const auto& domain : names.domains) add("URI:sip:" + domain);
    for (const auto& host : names.hosts) add("DNS:" + host);
    for (const auto& address : names.addresses) add("IP:" + address.to_string());
    return text;
}

template <class Write>
Result<void, std::string> write_file(const std::string& path, mode_t mode, Write write) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    const std::unique_ptr<std::FILE, Free> file(descriptor < 0 ? nullptr
                                                               : ::fdopen(descriptor, "w"));
    if (!file) return failure("cannot write " + path + ": " + std::strerror(errno));
    if (write(file.get()) != 1) return failure("cannot write " + path + ": " + why());
    return {};
}

}  // namespace

Result<SelfSigned, std::string> self_signed(const std::string& uri) {
    const Key key(EVP_EC_gen("P-256"));
    if (!key) return failure("no key can be made: " + why());
    const auto certificate = blank(key.get(), "imslab");
    X509* own = certificate.get();
    const bool made = own != nullptr &&
                      X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
                      extend(own, own, NID_basic_constraints, "critical,CA:FALSE") &&
                      extend(own, own, NID_subject_alt_name, "URI:" + uri) &&
                      X509_sign(own, key.get(), EVP_sha256()) != 0;
    if (!made) return failure("no certificate can be made: " + why());
    SelfSigned pair;
    const auto write = [](std::string& into, auto put) {
        const std::unique_ptr<BIO, Free> memory(BIO_new(BIO_s_mem()));
        char* text = nullptr;
        if (!memory || put(memory.get()) != 1) return false;
        const auto size = BIO_get_mem_data(memory.get(), &text);
        into.assign(text, static_cast<std::size_t>(size));
        return true;
    };
    const bool written =
        write(pair.certificate, [&](BIO* to) { return PEM_write_bio_X509(to, own); }) &&
        write(pair.key, [&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    if (!written) return failure("no certificate can be made: " + why());
    return pair;
}

std::vector<std::string> names_vouched_for(const std::string& certificate,
                                           const std::string& authority_file) {
    const auto* octets = reinterpret_cast<const unsigned char*>(certificate.data());
    const Certificate own(d2i_X509(nullptr, &octets, static_cast<long>(certificate.size())));
    const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
    const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
    std::vector<std::string> names;
    if (!own || !store || !context ||
        X509_STORE_load_file(store.get(), authority_file.c_str()) != 1 ||
        X509_STORE_CTX_init(context.get(), store.get(), own.get(), nullptr) != 1 ||
        X509_verify_cert(context.get()) != 1)
        return names;
    auto* all = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(own.get(), NID_subject_alt_name, nullptr, nullptr));
    for (int at = 0; at < sk_GENERAL_NAME_num(all); ++at) {
        const auto* name = sk_GENERAL_NAME_value(all, at);
        if (name->type != GEN_DNS) continue;
        names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
    GENERAL_NAMES_free(all);
    return names;
}

struct Authority::Impl {
    Key key;
    Certificate certificate;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;
Authority::~Authority() = default;

Result<Authority, std::string> Authority::create(const std::string& name) {
    auto impl = std::make_unique<Impl>();
    impl->key.reset(EVP_EC_gen("P-256"));
    if (!impl->key) return failure("no key can be made: " + why());
    impl->certificate = blank(impl->key.get(), name);
    X509* own = impl->certificate.get();
    const bool made = own != nullptr && X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
                      extend(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                      extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                      extend(own, own, NID_subject_key_identifier, "hash") &&
                      X509_sign(own, impl->key.get(), EVP_sha256()) != 0;
    if (!made) return failure("no certificate can be made: " + why());
    return Authority(std::move(impl));
}

Result<void, std::string> Authority::write(const std::string& certificate_file) const {
    return write_file(certificate_file, 0644, [&](std::FILE* file) {
        return PEM_write_X509(file, impl_->certificate.get());
    });
}

Result<void, std::string> Authority::issue(const CertificateNames& names,
                                           const std::string& certificate_file,
                                           const std::string& key_file) const {
    const Key key(EVP_EC_gen("P-256"));
    if (!key) return failure("no key can be made: " + why());
    const auto certificate = blank(key.get(), names.hosts.empty() ? "" : names.hosts.front());
    X509* own = certificate.get();
    X509* issuer = impl_->certificate.get();
    const bool made =
        own != nullptr && X509_set_issuer_name(own, X509_get_subject_name(issuer)) == 1 &&
        extend(own, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        extend(own, issuer, NID_key_usage, "critical,digitalSignature") &&
        extend(own, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
        extend(own, issuer, NID_authority_key_identifier, "keyid") &&
        extend(own, issuer, NID_subject_alt_name, alternative_names(names)) &&
        X509_sign(own, impl_->key.get(), EVP_sha256()) != 0;
    if (!made) return failure("no certificate can be made: " + why());
    const auto written = write_file(certificate_file, 0644, [&](std::FILE* file) {
        return PEM_write_X509(file, own);
    });
    if (!written) return written;
    return write_file(key_file, 0600, [&](std::FILE* file) {
        return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

}  // namespace imslab::host
