#pragma once

namespace troika {
class App;
}

// A document archive: stores what it is given, gives it back, and computes about it.
namespace archive {

void configure(troika::App& app);

}  // namespace archive
