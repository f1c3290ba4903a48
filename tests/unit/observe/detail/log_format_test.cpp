#include "../log_checks.hpp"

using namespace log_checks;
using namespace std::chrono_literals;

TEST_CASE("text is time, level, message and fields on one line") {
    const std::string line = written(log::Format::text, [] {
        log::info("stored a document", {{"id", "a b"},
                                        {"bytes", 17U},
                                        {"change", -2},
                                        {"ratio", 0.5},
                                        {"fresh", true},
                                        {"took", 1500us},
                                        {"owner", ""}});
    });
    REQUIRE(line.size() > 25);
    CHECK(line[10] == 'T');
    CHECK(line[23] == 'Z');
    CHECK(line.substr(24) ==
          " info     stored a document id=\"a b\" bytes=17 change=-2 ratio=0.5 fresh=true "
          "took=1.5ms owner=\"\"\n");
}

TEST_CASE("json lines hold the same, and every byte sequence stays valid JSON") {
    const std::string line = written(log::Format::json, [] {
        log::warning("a \"quoted\"\r\nmessage \x1b[31m \xff \xc3\xa9 \\",
                     {{"bytes", 17}, {"took", 1500ms}, {"level", "mine"}, {"none", 0.0 / 0.0}});
    });
    CHECK(lines(line) == 1);
    const auto json = nlohmann::json::parse(line);
    CHECK(json["level"] == "warning");
    CHECK(json["msg"] == "a \"quoted\"\r\nmessage \x1b[31m \xef\xbf\xbd\xc3\xbf \xc3\xa9 \\");
    CHECK(json["bytes"] == 17);
    CHECK(json["took"] == 1.5);
    CHECK(json["level_"] == "mine");
    CHECK(json["none"].is_null());
    CHECK(json["ts"].get<std::string>().size() == 24);
}

TEST_CASE("a message cannot begin a line of its own or move the cursor") {
    const std::string line = written(log::Format::text, [] {
        log::info("one\nfake info", {{"k\r\n", "v\x1b[2J\x7f\xc2\x9b\xff"}});
    });
    CHECK(lines(line) == 1);
    CHECK(line.find("one\\nfake info k\\r\\n=v\\x1b[2J\\x7f\\x9b\\xff\n") != std::string::npos);
}

TEST_CASE("a line is cut at 16 KB and still JSON") {
    const std::string huge(100'000, 'x');
    const std::string line =
        written(log::Format::json, [&] { log::info(huge, {{"a", huge}, {"b", huge}}); });
    CHECK(line.size() < 16 * 1024);
    CHECK(nlohmann::json::parse(line)["cut"] == true);
}
