#pragma once

#include <functional>
#include <string>

namespace troika::testing {

// What a child process that runs `body` writes to standard error until it aborts; "no abort: ..." when it
// ends otherwise. Fork first: no thread of ours may be at work.
std::string text_of_abort(const std::function<void()>& body);

}  // namespace troika::testing
