#include <troika/async/detail/stack_sampler.hpp>

#include <troika/async/scope.hpp>
#include <troika/base/error.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace troika::detail {

namespace {

constexpr std::size_t kFramesOfHandler = 2;  // the handler and the kernel's trampoline to it

int sample_signal() noexcept { return SIGRTMIN + 7; }

SpawnPlace spawn_place_of(const Scope* stretch) noexcept {
    while (stretch != nullptr && !stretch->is_task()) stretch = stretch->parent();
    return stretch != nullptr ? stretch->spawned_at() : SpawnPlace();
}

// On the thread that is asked. Nothing here may allocate or lock: since GCC 12 and glibc 2.35
// unwinding does neither once backtrace() was called for the first time.
void answer(int /*signal*/, siginfo_t* info, void* /*context*/) {
    auto* const answer = static_cast<StackSampler::Answer*>(info->si_value.sival_ptr);
    if (info->si_code != SI_QUEUE || answer == nullptr || !answer->asked) return;
    const int saved = errno;
    answer->count = static_cast<std::size_t>(
        ::backtrace(answer->frames.data(), static_cast<int>(answer->frames.size())));
    answer->task_size = 0;
    answer->spawned_at = SpawnPlace();
    if (const Scope* const scope = current_scope(); scope != nullptr) {
        const std::string_view name = scope->name();
        answer->task_size = std::min(name.size(), answer->task.size());
        std::copy_n(name.data(), answer->task_size, answer->task.data());
        answer->spawned_at = spawn_place_of(scope);
    }
    answer->given.store(true, std::memory_order_release);
    errno = saved;
}

std::string describe_frame(void* address, bool innermost) {
    // A return address may lie behind its function when the call was the last thing in it.
    const auto place = reinterpret_cast<std::uintptr_t>(address) - (innermost ? 0 : 1);
    Dl_info info{};
    char text[32];
    if (::dladdr(reinterpret_cast<void*>(place), &info) == 0 || info.dli_fname == nullptr) {
        std::snprintf(text, sizeof text, "0x%zx", place);
        return text;
    }
    std::snprintf(text, sizeof text, "+0x%zx",
                  place - reinterpret_cast<std::uintptr_t>(info.dli_fbase));
    const std::string_view file(info.dli_fname);
    std::string frame = std::string(file.substr(file.rfind('/') + 1)) + text;
    if (info.dli_sname == nullptr) return frame;
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable(
        abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), &std::free);
    return frame + " " + (status == 0 ? readable.get() : info.dli_sname);
}

}  // namespace

StackSampler::StackSampler() {
    ::backtrace(answer_.frames.data(), 1);  // loads the unwinder, which allocates
    struct sigaction action{};
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    if (::sigaction(sample_signal(), &action, &previous_) != 0)
        throw_errno("prepare to sample stacks");
}

StackSampler::~StackSampler() { ::sigaction(sample_signal(), &previous_, nullptr); }

std::optional<ThreadStack> StackSampler::sample(pid_t thread, std::chrono::milliseconds patience) {
    if (!answer_.asked || answer_.given) {  // else the last question still waits for its answer
        answer_.given = false;
        answer_.asked = true;
        siginfo_t info{};
        info.si_code = SI_QUEUE;
        info.si_pid = ::getpid();
        info.si_uid = ::getuid();
        info.si_value.sival_ptr = &answer_;
        if (::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, sample_signal(), &info) != 0) {
            answer_.asked = false;
            return std::nullopt;
        }
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!answer_.given.load(std::memory_order_acquire)) {
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        ::poll(nullptr, 0, 1);
    }
    ThreadStack stack;
    stack.task.assign(answer_.task.data(), answer_.task_size);
    stack.spawned_at = answer_.spawned_at.text();
    for (std::size_t i = std::min(kFramesOfHandler, answer_.count); i < answer_.count; ++i)
        stack.frames.push_back(describe_frame(answer_.frames[i], i == kFramesOfHandler));
    return stack;
}

}  // namespace troika::detail
