#pragma once

#include "verdicts.hpp"

#include <troika/async/task.hpp>
#include <troika/workers/process_pool.hpp>

#include <cstdint>
#include <random>

namespace chaos {

// Calls one random job after another until `done`, and judges how each call ended: in exactly one
// outcome, and in one that this kind of job may have.
class Caller final {
  public:
    // Hungry: there are jobs, too, that take memory until the kernel kills.
    Caller(troika::ProcessPool& pool, Verdicts& verdicts, std::uint64_t seed, bool hungry)
        : pool_(pool), verdicts_(verdicts), random_(seed), hungry_(hungry) {}

    troika::Task<> call_until(const bool& done);

  private:
    struct Kind;
    static const Kind kKinds[];

    troika::Task<> call(const Kind& kind);
    troika::Task<> attempt(const Kind& kind, std::uint64_t nonce);
    std::uint64_t deaths_of(const Kind& kind) const;
    std::uint64_t below(std::uint64_t limit) {
        return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
    }

    troika::ProcessPool& pool_;
    Verdicts& verdicts_;
    std::mt19937_64 random_;
    const bool hungry_;
};

}  // namespace chaos
