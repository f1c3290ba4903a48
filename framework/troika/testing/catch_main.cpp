// Compiled where no package brings Catch2's runner.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

extern "C" int troika_catch_main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
