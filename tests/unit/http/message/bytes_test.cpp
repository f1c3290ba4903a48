#include <troika/http/message/bytes.hpp>

#include <catch2/catch.hpp>

#include <string>

using troika::Bytes;

TEST_CASE("bytes grow by append and by filling their spare room") {
    Bytes bytes("ab");
    bytes.append("cd");
    const std::span<char> room = bytes.spare(3);
    room[0] = 'e';
    bytes.commit(1);
    CHECK(bytes.view() == "abcde");
    const std::string large(1000000, 'x');
    bytes.append(large);
    CHECK(bytes.size() == 1000005);
    CHECK(bytes.view().substr(0, 6) == "abcdex");
}

TEST_CASE("moved-from bytes are empty and usable again") {
    Bytes first("content");
    Bytes second(std::move(first));
    CHECK(second.view() == "content");
    CHECK(first.empty());
    first.append("again");
    CHECK(first.view() == "again");
    second = std::move(first);
    CHECK(second.view() == "again");
}

TEST_CASE("clear keeps small memory and gives large memory back") {
    Bytes bytes(std::string(100, 'x'));
    bytes.clear(4096);
    CHECK(bytes.capacity() >= 100);
    bytes.append(std::string(10000, 'y'));
    bytes.clear(4096);
    CHECK(bytes.capacity() == 0);
}
