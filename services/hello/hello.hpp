#pragma once

namespace troika {
class App;
}

// The smallest service: one handler, in each of the three places.
namespace hello {

void configure(troika::App& app);

}  // namespace hello
