#pragma once

#include <troika/observe/trace_context.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace troika {

// Makes identifiers that are unique, not secret: never a token or a password.
//
//   Lifetime      A value; one per loop or worker. A fork copies its state: reseed() in the child.
//   Threads       One at a time.
class IdSource final {
  public:
    IdSource() { reseed(); }
    // From the kernel's generator.
    void reseed();

    // UUID version 7 (RFC 9562 section 5.7): those of one source sort in the order they were made,
    // also when several fall into one millisecond or the clock steps back.
    std::string uuid(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());
    // A new trace, with us as its first caller.
    TraceContext start_trace(bool sampled = false);
    // The same trace, with a new id for what we are about to call.
    TraceContext continue_trace(const TraceContext& from);

  private:
    std::uint64_t next();
    void fill_parent(TraceContext& context);

    std::uint64_t state_[4]{};
    std::int64_t last_ms_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace troika
