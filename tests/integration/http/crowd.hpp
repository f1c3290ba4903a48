#pragma once

#include "service_process.hpp"

#include <troika/base/unique_fd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// Thousands of clients at once, from this process against a service in another one.
namespace troika::testing {

// How many of `wanted` connections the descriptor limit lets both sides have, `at_once` such crowds together.
// Raises the soft limit of this process; the service raises its own.
std::size_t crowd_size(std::size_t wanted, std::size_t at_once = 1);

// Many sockets that do the same.
class Crowd final {
  public:
    // Connected all. `window`: bytes their kernel takes of an answer nobody reads; 0: as many as it likes.
    Crowd(std::uint16_t port, std::size_t size, int window = 0);

    std::size_t size() const noexcept { return sockets_.size(); }
    // On each `step`th, as far as its socket takes it at once; gives how many took all of it.
    std::size_t send(std::string_view bytes, std::size_t step = 1);
    // Until one has something to read or is ended; false when the bound has passed.
    bool wait_for_one(std::chrono::milliseconds bound) const;
    // Reads each to its end: how many got this status line first, an end without a byte, or a reset.
    struct Endings {
        std::size_t answered = 0;
        std::size_t ended = 0;
        std::size_t reset = 0;
        std::size_t other = 0;
    };
    Endings read_all(std::string_view status);
    // Reads the first to its end and looks meanwhile; gives how many bytes came.
    std::size_t drain(const std::function<void()>& look);
    // Sends these bytes over and over on all of them until the server ends or resets each; false when the bound
    // has passed.
    bool pour(std::string_view bytes, std::chrono::milliseconds bound);
    void reset();

  private:
    std::vector<UniqueFd> sockets_;
};

// What a process uses.
struct Usage {
    int descriptors = 0;
    std::size_t resident = 0;              // bytes
    std::chrono::nanoseconds processor{};  // user and system time of all its threads
};
Usage usage_of(pid_t pid);

}  // namespace troika::testing
