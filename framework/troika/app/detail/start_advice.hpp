#pragma once

#include <exception>
#include <string>

namespace troika::detail {

// What to do about an error that kept a service from starting, to be put behind its text: ": choose
// another port ..."; empty when the error says all there is.
std::string start_advice(const std::exception& error);

}  // namespace troika::detail
