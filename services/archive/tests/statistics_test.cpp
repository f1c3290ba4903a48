#include <archive/statistics.hpp>

#include "shell_statistics.hpp"
#include "temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

using archive::Statistics;
using archive::statistics;
using archive::WordCount;
using archive_test::ascii_words;
using archive_test::told_by_shell;
using archive_test::utf8_words;
using troika::testing::read_file;
using troika::testing::TemporaryFolder;

namespace {

constexpr const char* kText = "/usr/share/common-licenses/GPL-3";

std::string told_by_us(const Statistics& result) {
    std::ostringstream text;
    text << result.lines << '\n' << result.words << '\n' << result.distinct_words << '\n';
    for (const WordCount& word : result.frequent_words)
        text << word.count << ' ' << word.word << '\n';
    return text.str();
}

}  // namespace

TEST_CASE("statistics of GPL-3 are what tr, sort and uniq say") {
    const Statistics result = statistics(read_file(kText));
    CHECK(told_by_us(result) == told_by_shell(ascii_words(kText), kText));
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
    const Statistics result = statistics(text);
    CHECK(told_by_us(result) == told_by_shell(utf8_words(file), file));
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
