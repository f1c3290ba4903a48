#include <troika/app/detail/reaper.hpp>
#include <troika/async/sleep.hpp>
#include <troika/observe/log.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

namespace troika::detail {

namespace {
constexpr auto kPatience = std::chrono::seconds(5);
}

Task<> reap_orphans() {
    if (::getpid() != 1) co_return;
    pid_t seen = 0;
    for (;;) {
        co_await sleep_for(kPatience);
        siginfo_t info{};
        while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
               info.si_pid == seen) {
            const auto zombie = static_cast<id_t>(info.si_pid);
            ::waitid(P_PID, zombie, &info, WEXITED | WNOHANG);
            log::debug("collected an orphan", {{"pid", static_cast<int>(zombie)}});
            info = {};
        }
        seen = info.si_pid;
    }
}

}  // namespace troika::detail
