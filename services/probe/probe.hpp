#pragma once

namespace troika {
class App;
}

// What load tools and conformance suites are pointed at: each route does one thing, to a limit.
namespace probe {

void configure(troika::App& app);

}  // namespace probe
