#include "saboteur.hpp"

#include <troika/async/sleep.hpp>

#include <signal.h>

#include <chrono>

namespace chaos {

using namespace std::chrono_literals;

void Saboteur::strike_worker() {
    const auto pids = pool_.stats().pids;
    if (pids.empty()) return;
    const pid_t pid = pids[random_() % pids.size()];
    const bool gently = random_() % 4 == 0;
    if (::kill(pid, gently ? SIGTERM : SIGKILL) != 0) return;
    ++(gently ? workers_asked_ : workers_killed_);
}

void Saboteur::strike_family() {
    zygote_.check();
    const auto family = zygote_.stats();
    if (family.zygote <= 0 || family.standby <= 0) return;
    if (victim_ == family.zygote || victim_ == family.standby) return;  // not yet noticed
    const auto choice = random_() % 3;
    victim_ = choice == 0 ? family.standby : family.zygote;
    ::kill(victim_, choice == 2 ? SIGSTOP : SIGKILL);
    ++zygotes_killed_;
}

troika::Task<> Saboteur::work_until(const bool& done) {
    while (!done) {
        co_await troika::sleep_for(std::chrono::milliseconds(20 + random_() % 500));
        random_() % 6 == 0 ? strike_family() : strike_worker();
    }
}

}  // namespace chaos
