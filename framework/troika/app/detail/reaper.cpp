#include <troika/app/detail/reaper.hpp>
#include <troika/async/sleep.hpp>
#include <troika/observe/log.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace troika::detail {

namespace {

constexpr auto kPatience = std::chrono::seconds(5);

// Leaves it a zombie. 0: no zombie is a child of ours, or not this one.
pid_t look_at(idtype_t type, pid_t child) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(child);
    return ::waitid(type, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

// waitid() shows any one child only, always the same; so /proc gives the numbers to ask for, and
// waitid() alone says whose zombies they are. Without /proc it is that one child.
std::set<pid_t> zombies() {
    std::set<pid_t> found;
    const pid_t any = look_at(P_ALL, 0);
    if (any == 0) return found;
    found.insert(any);
    std::error_code ended;
    std::filesystem::directory_iterator entry("/proc", ended);
    for (; !ended && entry != std::filesystem::directory_iterator(); entry.increment(ended)) {
        const std::string name = entry->path().filename();
        pid_t pid = 0;
        const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (problem != std::errc() || rest != name.data() + name.size()) continue;
        if (look_at(P_PID, pid) == pid) found.insert(pid);
    }
    return found;
}

}  // namespace

Task<> reap_orphans() {
    if (::getpid() != 1) co_return;
    std::set<pid_t> seen;
    for (;;) {
        co_await sleep_for(kPatience);
        std::set<pid_t> fresh;
        for (const pid_t zombie : zombies()) {
            if (!seen.contains(zombie)) {
                fresh.insert(zombie);
                continue;
            }
            siginfo_t info{};
            ::waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOHANG);
            log::debug("collected an orphan", {{"pid", static_cast<int>(zombie)}});
        }
        seen = std::move(fresh);
    }
}

}  // namespace troika::detail
