#include "digest.hpp"

#include <troika/base/error.hpp>
#include <troika/workers/job_context.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

namespace archive {

namespace {

constexpr std::array<std::string_view, 2> kAlgorithms{"sha256", "sha512"};
constexpr std::size_t kStep = 1 << 20;  // bytes between two looks at stop_requested()

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

void require(int result, const char* doing) {
    if (result != 1) throw troika::Error(std::string("OpenSSL cannot ") + doing);
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace

std::span<const std::string_view> digest_algorithms() noexcept { return kAlgorithms; }

bool is_digest_algorithm(std::string_view name) noexcept {
    return std::find(kAlgorithms.begin(), kAlgorithms.end(), name) != kAlgorithms.end();
}

Digest digest(const std::string& algorithm, std::string_view content) {
    if (!is_digest_algorithm(algorithm)) throw troika::Error("no digest algorithm " + algorithm);
    const EVP_MD* method = algorithm == "sha512" ? EVP_sha512() : EVP_sha256();
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    require(EVP_DigestInit_ex(context.get(), method, nullptr), "begin a digest");
    for (std::string_view rest = content; !rest.empty();) {
        if (troika::stop_requested()) throw troika::Stopped("the digest was asked to stop");
        const std::string_view step = rest.substr(0, kStep);
        require(EVP_DigestUpdate(context.get(), step.data(), step.size()), "go on with a digest");
        rest.remove_prefix(step.size());
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(context.get(), bytes.data(), &length), "finish a digest");
    return {algorithm, hexadecimal(std::span(bytes).first(length)),
            static_cast<std::int64_t>(content.size())};
}

}  // namespace archive
