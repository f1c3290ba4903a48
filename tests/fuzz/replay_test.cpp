#include "targets.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace troika;

TEST_CASE("every seed of every fuzz target keeps its promise") {
    for (const fuzz::Target& target : fuzz::kTargets) {
        const std::filesystem::path folder =
            std::filesystem::path(TROIKA_FUZZ_CORPUS) / std::string(target.name);
        int seeds = 0;
        for (const auto& file : std::filesystem::directory_iterator(folder)) {
            INFO(file.path().string());
            std::ifstream input(file.path(), std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(input), {}};
            target.run(bytes);  // aborts where it does not
            for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 50)
                target.run(std::string_view(bytes).substr(0, cut));
            ++seeds;
        }
        INFO(target.name);
        CHECK(seeds >= 5);
    }
}
