#pragma once

#include <troika/workers/job.hpp>

#include <cstdint>
#include <string>

// Jobs that do well, and jobs that do all a job must not do. What comes back carries the nonce of the
// call, so that no answer can be taken for another's.
namespace chaos {

std::uint64_t answer_to(std::uint64_t nonce) noexcept;
std::string large_answer_to(std::uint64_t nonce);

std::uint64_t compute(std::uint64_t nonce);
std::string send_much(const std::string& text);
std::uint64_t throw_it(std::uint64_t nonce);
std::uint64_t segfault(std::uint64_t nonce);
std::uint64_t abort_it(std::uint64_t nonce);
std::uint64_t leave(std::uint64_t nonce);
std::uint64_t loop(std::uint64_t nonce);
std::uint64_t loop_politely(std::uint64_t nonce);
std::uint64_t take_all_memory(std::uint64_t nonce);
std::uint64_t take_until_killed(std::uint64_t nonce);
std::uint64_t close_all(std::uint64_t nonce);
std::uint64_t write_garbage(std::uint64_t nonce);
std::uint64_t fork_children(std::uint64_t nonce);
std::uint64_t print(std::uint64_t nonce);

inline const auto compute_job = troika::job<"chaos.compute">(compute);
inline const auto send_much_job = troika::job<"chaos.send_much">(send_much);
inline const auto throw_job = troika::job<"chaos.throw">(throw_it);
inline const auto segfault_job = troika::job<"chaos.segfault">(segfault);
inline const auto abort_job = troika::job<"chaos.abort">(abort_it);
inline const auto leave_job = troika::job<"chaos.leave">(leave);
inline const auto loop_job = troika::job<"chaos.loop">(loop);
inline const auto polite_job = troika::job<"chaos.polite">(loop_politely);
inline const auto memory_job = troika::job<"chaos.memory">(take_all_memory);
inline const auto hungry_job = troika::job<"chaos.hungry">(take_until_killed);
inline const auto close_job = troika::job<"chaos.close">(close_all);
inline const auto garbage_job = troika::job<"chaos.garbage">(write_garbage);
inline const auto fork_job = troika::job<"chaos.fork">(fork_children);
inline const auto print_job = troika::job<"chaos.print">(print);

}  // namespace chaos
