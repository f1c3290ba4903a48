#pragma once

#include <cstddef>

// Calls of operator new in this program so far.
std::size_t allocations() noexcept;
// Bytes they hold now, as malloc rounds them.
std::size_t allocated_bytes() noexcept;
