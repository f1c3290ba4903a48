#include "chaos_jobs.hpp"

#include <troika/workers/job_context.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace chaos {

std::uint64_t answer_to(std::uint64_t nonce) noexcept {
    return (nonce ^ (nonce >> 29)) * 0x9e3779b97f4a7c15U + 1;
}

std::string large_answer_to(std::uint64_t nonce) {
    std::string text(1000 + nonce % 400'000, static_cast<char>('a' + nonce % 26));
    return text += std::to_string(nonce);
}

std::uint64_t compute(std::uint64_t nonce) {
    volatile std::uint64_t waste = 0;
    for (std::uint64_t i = 0; i < nonce % 200'000; ++i) waste = waste + i;
    return answer_to(nonce);
}

std::string send_much(const std::string& text) { return {text.rbegin(), text.rend()}; }

std::uint64_t throw_it(std::uint64_t nonce) {
    throw std::runtime_error("chaos " + std::to_string(nonce));
}

std::uint64_t segfault(std::uint64_t nonce) {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would print and leave by exit
    ::raise(SIGSEGV);
    return nonce;
}

std::uint64_t abort_it(std::uint64_t) {
    ::signal(SIGABRT, SIG_DFL);
    std::abort();
}

std::uint64_t leave(std::uint64_t) { ::_exit(0); }

std::uint64_t loop(std::uint64_t nonce) {
    while (::getppid() != 0) {
    }
    return nonce;
}

std::uint64_t loop_politely(std::uint64_t nonce) {
    while (!troika::stop_requested()) ::usleep(200);
    return answer_to(nonce);
}

std::uint64_t take_all_memory(std::uint64_t) {
    std::vector<std::vector<char>> kept;
    while (true) kept.emplace_back(1 << 20, 1);
}

std::uint64_t take_until_killed(std::uint64_t nonce) { return take_all_memory(nonce); }

// Half of them wait to be killed, the others return as if nothing were amiss.
std::uint64_t close_all(std::uint64_t nonce) {
    ::close_range(0, ~0U, 0);
    while (nonce % 2 == 0) ::pause();
    return answer_to(nonce);
}

std::uint64_t write_garbage(std::uint64_t nonce) {
    const std::string garbage(40 + nonce % 200, 'g');
    for (int fd = 0; fd < 16; ++fd) {
        if (::write(fd, garbage.data(), garbage.size()) < 0) continue;
    }
    while (nonce % 2 == 0) ::pause();
    return answer_to(nonce);
}

// One that stays, one that leaves a zombie to its worker.
std::uint64_t fork_children(std::uint64_t nonce) {
    for (int i = 0; i < 2; ++i) {
        if (::fork() != 0) continue;
        if (i == 1) ::_exit(0);
        while (true) ::pause();
    }
    return answer_to(nonce);
}

std::uint64_t print(std::uint64_t nonce) {
    std::printf("nonce %llu\n", static_cast<unsigned long long>(nonce));
    std::fprintf(stderr, "nonce %llu\n", static_cast<unsigned long long>(nonce));
    return answer_to(nonce);
}

}  // namespace chaos
