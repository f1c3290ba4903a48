#include <troika/http/message/bytes.hpp>

#include <catch2/catch.hpp>

#include <new>
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

TEST_CASE("bytes with space of their own stay where they are while they grow into it") {
    constexpr std::size_t kMegabyte = std::size_t{1} << 20;
    Bytes bytes;
    bytes.reserve_space(64 * kMegabyte);
    CHECK(bytes.capacity() == 0);
    bytes.reserve(kMegabyte);
    bytes.append(std::string(kMegabyte, 'x'));
    const char* const place = bytes.view().data();
    bytes.reserve(64 * kMegabyte);
    bytes.append(std::string(63 * kMegabyte, 'y'));
    CHECK(bytes.view().data() == place);
    CHECK(bytes.view().substr(kMegabyte - 1, 2) == "xy");

    bytes.append("");
    CHECK(bytes.view().data() == place);
    bytes.append("and more than was expected");
    CHECK(bytes.size() == 64 * kMegabyte + 26);
    CHECK(bytes.view().substr(64 * kMegabyte - 1) == "yand more than was expected");
    CHECK(bytes.view().substr(kMegabyte - 1, 2) == "xy");
}

TEST_CASE("space goes with its bytes when they are moved, and is given back by clear") {
    Bytes first;
    first.reserve_space(1 << 20);
    first.append("content" + std::string(700'000, ' '));
    const char* const place = first.view().data();
    first.append(
        std::string((1 << 20) - 700'007, ' '));  // half as much again is more than there is
    Bytes second("other");
    second = std::move(first);
    CHECK(second.view().data() == place);
    CHECK(second.view().starts_with("content "));
    CHECK(first.empty());
    first.append("again");
    CHECK(first.view() == "again");
    Bytes third(std::move(second));
    CHECK(third.view().data() == place);
    CHECK(second.capacity() == 0);
    third.clear(1 << 20);
    CHECK(third.capacity() == 0);
    third.append("anew");
    CHECK(third.view() == "anew");
    third.clear(0);
    third.reserve_space(1 << 20);
    third.clear(1 << 20);
    third.reserve_space(1 << 20);  // that of before is gone, opened or not
    CHECK(third.capacity() == 0);
}

TEST_CASE("space that cannot be had is told as too little memory") {
    Bytes bytes;
    CHECK_THROWS_AS(bytes.reserve_space(std::size_t{1} << 60), std::bad_alloc);
    CHECK(bytes.empty());
    bytes.append("usable");
    CHECK(bytes.view() == "usable");
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
