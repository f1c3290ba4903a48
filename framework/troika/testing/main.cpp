#define CATCH_CONFIG_RUNNER
#include <troika/workers/zygote.hpp>

#include <catch2/catch.hpp>

// The zygote comes before everything else, so that any test may make process pools.
int main(int argc, char** argv) {
    troika::workers::Zygote::start();
    return Catch::Session().run(argc, argv);
}
