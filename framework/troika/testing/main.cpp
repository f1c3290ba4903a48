#include <troika/workers/zygote.hpp>

// Catch2's own main(), under another name (CMakeLists.txt).
extern "C" int troika_catch_main(int argc, char** argv);

// The zygote comes before everything else, so that any test may make process pools.
int main(int argc, char** argv) {
    troika::workers::Zygote::start();
    return troika_catch_main(argc, argv);
}
