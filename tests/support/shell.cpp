#include "shell.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>

namespace troika::testing {

std::string output_of(const std::string& command) {
    INFO(command);
    std::FILE* const pipe = ::popen(command.c_str(), "re");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> piece{};
    for (std::size_t count = 0; (count = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
        output.append(piece.data(), count);
    const int status = ::pclose(pipe);
    INFO(output);
    REQUIRE(status == 0);
    return output;
}

}  // namespace troika::testing
