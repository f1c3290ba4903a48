#include <troika/base/error.hpp>
#include <troika/observe/id_source.hpp>

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstring>

namespace troika {

void IdSource::reseed() {
    do {
        ssize_t got = -1;
        do {
            got =
                ::getrandom(state_, sizeof state_, 0);  // up to 256 bytes come whole (getrandom(2))
        } while (got < 0 && errno == EINTR);
        if (got != static_cast<ssize_t>(sizeof state_)) throw_errno("getrandom");
    } while ((state_[0] | state_[1] | state_[2] | state_[3]) == 0);
}

// xoshiro256** (Blackman, Vigna): 256 bits of state, passes the usual batteries.
std::uint64_t IdSource::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

// 48 bits of milliseconds, version, 12 bits of counter, variant, 62 random bits. The counter starts
// below 2048, so that a millisecond has room; one that is used up borrows the next (RFC 9562
// section 6.2, method 1).
std::string IdSource::uuid(std::chrono::system_clock::time_point now) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    if (ms > last_ms_) {
        last_ms_ = ms;
        counter_ = static_cast<std::uint32_t>(next() & 0x7ff);
    } else if (++counter_ > 0xfff) {
        ++last_ms_;
        counter_ = static_cast<std::uint32_t>(next() & 0x7ff);
    }
    const std::uint64_t high =
        static_cast<std::uint64_t>(last_ms_) << 16 | 0x7000 | static_cast<std::uint64_t>(counter_);
    const std::uint64_t low = (next() & 0x3fffffffffffffff) | 0x8000000000000000;
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) out += '-';
        const std::uint64_t word = nibble < 16 ? high : low;
        out += kDigits[word >> (60 - 4 * (nibble % 16)) & 15];
    }
    return out;
}

void IdSource::fill_parent(TraceContext& context) {
    std::uint64_t parent = 0;
    while (parent == 0) parent = next();
    std::memcpy(context.parent_id.data(), &parent, sizeof parent);
}

TraceContext IdSource::start_trace(bool sampled) {
    TraceContext context;
    const std::uint64_t words[2] = {next() | 1, next()};  // never all zeros
    std::memcpy(context.trace_id.data(), words, sizeof words);
    context.sampled = sampled;
    fill_parent(context);
    return context;
}

TraceContext IdSource::continue_trace(const TraceContext& from) {
    TraceContext context = from;
    fill_parent(context);
    return context;
}

}  // namespace troika
