#pragma once

#include <cstdint>
#include <source_location>
#include <string>

namespace troika {

// Where in the source a task was spawned, for live_tasks() and the report of a blocked loop:
//
//     void spawn(Task<> task, SpawnPlace where = std::source_location::current());
//
// Kept where TROIKA_SPAWN_PLACES is defined, which builds of type Debug do; elsewhere the type is
// empty, so a release has no byte and no instruction of it. The definition changes the size of a
// Scope: it is one for the library and for all that is linked with it.
class SpawnPlace final {
  public:
    constexpr SpawnPlace() noexcept = default;  // not known

#ifdef TROIKA_SPAWN_PLACES
    static constexpr bool kKept = true;
    constexpr SpawnPlace(
        const std::source_location& where) noexcept  // implicit: a default argument
        : file_(where.file_name()), line_(where.line()) {}
    // "services/archive/documents.cpp:42"; empty where it is not known.
    std::string text() const {
        return file_ == nullptr ? std::string() : std::string(file_) + ":" + std::to_string(line_);
    }

  private:
    const char* file_ = nullptr;
    std::uint_least32_t line_ = 0;
#else
    static constexpr bool kKept = false;
    constexpr SpawnPlace(const std::source_location& /*where*/) noexcept {}
    std::string text() const { return {}; }
#endif
};

}  // namespace troika
