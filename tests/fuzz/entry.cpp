#include "targets.hpp"

#include <cstddef>
#include <cstdint>

// libFuzzer's entry; TROIKA_FUZZ_TARGET is one of targets.hpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    troika::fuzz::TROIKA_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
