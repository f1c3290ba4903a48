#pragma once

#include <troika/async/task.hpp>
#include <troika/workers/process_pool.hpp>
#include <troika/workers/zygote.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

namespace chaos {

// Kills workers, the zygote and its standby from outside, one at a time: what dies together with its
// stand-in is gone for good, as documented. What only stands still for a while, both of them too, is not.
class Saboteur final {
  public:
    Saboteur(troika::ProcessPool& pool, troika::workers::Zygote& zygote, std::uint64_t seed)
        : pool_(pool), zygote_(zygote), random_(seed) {}

    troika::Task<> work_until(const bool& done);

    std::uint64_t workers_killed() const noexcept { return workers_killed_; }
    std::uint64_t workers_asked() const noexcept { return workers_asked_; }
    std::uint64_t zygotes_killed() const noexcept { return zygotes_killed_; }
    std::uint64_t families_paused() const noexcept { return families_paused_; }

  private:
    void strike_worker();
    void strike_family();
    void pause(const troika::workers::Zygote::Stats& family);
    void resume();

    troika::ProcessPool& pool_;
    troika::workers::Zygote& zygote_;
    std::mt19937_64 random_;
    pid_t victim_ = -1;  // the last zygote or standby that was struck
    std::uint64_t workers_killed_ = 0;
    std::uint64_t workers_asked_ = 0;
    std::uint64_t zygotes_killed_ = 0;
    std::vector<pid_t> paused_;
    std::chrono::steady_clock::time_point resume_at_{};
    std::uint64_t families_paused_ = 0;
};

}  // namespace chaos
