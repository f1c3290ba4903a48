#include <archive/statistics.hpp>

#include "temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

using archive::Statistics;
using archive::statistics;
using archive::WordCount;
using archive_test::TemporaryFolder;

namespace {

constexpr const char* kText = "/usr/share/common-licenses/GPL-3";

std::string output_of(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        output.append(buffer.data(), count);
    REQUIRE(::pclose(pipe) == 0);
    return output;
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The statistics as the README's pipelines tell them; `words` prints one word a line.
std::string told_by_shell(const std::string& words, const std::string& file) {
    const std::string sorted = words + " | LC_ALL=C sort";
    return output_of("wc -l < " + file) + output_of(words + " | wc -l") +
           output_of(sorted + " -u | wc -l") +
           output_of(sorted +
                     " | LC_ALL=C uniq -c | LC_ALL=C sort -k1,1nr -k2 | head -n 20 | "
                     "awk '{print $1, $2}'");
}

std::string told_by_us(const Statistics& result) {
    std::ostringstream text;
    text << result.lines << '\n' << result.words << '\n' << result.distinct_words << '\n';
    for (const WordCount& word : result.frequent_words)
        text << word.count << ' ' << word.word << '\n';
    return text.str();
}

}  // namespace

TEST_CASE("statistics of GPL-3 are what tr, sort and uniq say") {
    const std::string words = std::string("tr -cs '[:alnum:]' '\\n' < ") + kText +
                              " | tr '[:upper:]' '[:lower:]' | grep .";
    const Statistics result = statistics(contents_of(kText));
    CHECK(told_by_us(result) == told_by_shell(words, kText));
    CHECK(result.words > 5000);
    CHECK(result.frequent_words.size() == 20);
    CHECK(result.invalid_bytes == 0);
}

TEST_CASE("statistics of UTF-8 with flaws are what grep and sed say in C.UTF-8") {
    const TemporaryFolder folder;
    const std::string file = folder.path() / "text";
    const std::string text =
        "Größe GRÖSSE größe, Ελλάδα ελλάδα; Москва МОСКВА москва\nnaïve café CAFÉ 東京 東京\n"
        "x\xffy half\xc3 over\xc0\x80long sur\xed\xa0\x80rogate 12,5 don't \xf0\x9f\x98\x80 ٣٤ end";
    std::ofstream(file, std::ios::binary) << text;
    const std::string words =
        "LC_ALL=C.UTF-8 grep -aoE '[[:alnum:]]+' " + file + " | LC_ALL=C.UTF-8 sed 's/.*/\\L&/'";
    const Statistics result = statistics(text);
    CHECK(told_by_us(result) == told_by_shell(words, file));
    CHECK(result.invalid_bytes == 7);
    CHECK(result.frequent_words.front().word == "москва");
    CHECK(result.frequent_words.front().count == 3);
}

TEST_CASE("no text has no words, and one word is a word without a line") {
    CHECK(told_by_us(statistics("")) == "0\n0\n0\n");
    CHECK(told_by_us(statistics("Word")) == "0\n1\n1\n1 word\n");
    CHECK(told_by_us(statistics("\n,\n")) == "2\n0\n0\n");
}

TEST_CASE("words of equal count come in the order of their bytes") {
    CHECK(told_by_us(statistics("b a c b a é z")) == "0\n7\n5\n2 a\n2 b\n1 c\n1 z\n1 é\n");
}

TEST_CASE("at most twenty words are shown and all are counted") {
    std::string text;
    for (int i = 100; i < 160; ++i) text += std::to_string(i) + ' ';
    const Statistics result = statistics(text);
    CHECK(result.words == 60);
    CHECK(result.distinct_words == 60);
    CHECK(result.frequent_words.size() == 20);
    CHECK(result.frequent_words.back().word == "119");
}
