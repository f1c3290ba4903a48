#pragma once

#include <string>

namespace troika::testing {

// What a shell command prints on its standard output; a command that fails fails the test.
std::string output_of(const std::string& command);

}  // namespace troika::testing
