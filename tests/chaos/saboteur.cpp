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
    const auto choice = random_() % 4;
    if (choice == 3) return pause(family);
    victim_ = choice == 0 ? family.standby : family.zygote;
    ::kill(victim_, choice == 2 ? SIGSTOP : SIGKILL);
    ++zygotes_killed_;
}

// As on a machine that has no time for them: longer than the birth timeout, or not.
void Saboteur::pause(const troika::workers::Zygote::Stats& family) {
    paused_ = {family.zygote, family.standby};
    for (const pid_t pid : paused_) ::kill(pid, SIGSTOP);
    resume_at_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(random_() % 2500);
    ++families_paused_;
}

void Saboteur::resume() {
    for (const pid_t pid : paused_) ::kill(pid, SIGCONT);
    paused_.clear();
}

troika::Task<> Saboteur::work_until(const bool& done) {
    while (!done) {
        co_await troika::sleep_for(std::chrono::milliseconds(20 + random_() % 500));
        if (std::chrono::steady_clock::now() >= resume_at_) resume();
        const bool family = random_() % 6 == 0 && paused_.empty();
        family ? strike_family() : strike_worker();
    }
    resume();
}

}  // namespace chaos
