#include <troika/base/error.hpp>
#include <troika/workers/arguments.hpp>
#include <troika/workers/shared_array.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <memory>
#include <utility>

using namespace troika;
using workers::detail::SharedFile;

namespace {
int fill(const SharedArray<int>& first, SharedArray<double> second, int value) {
    for (int& number : first) number = value;
    second[0] = value / 2.0;
    return static_cast<int>(first.size() + second.size());
}
}  // namespace

TEST_CASE("a shared array begins with zeros, and its copies are the same numbers") {
    const SharedArray<int> numbers(1000);
    const auto copy = numbers;
    CHECK(numbers[999] == 0);
    numbers[999] = 7;
    CHECK(copy[999] == 7);
    CHECK(copy.span().size() == 1000);
    const SharedArray<int> empty(0);
    CHECK(empty.begin() == empty.end());
}

TEST_CASE("a packed call writes into the arrays of its caller") {
    const SharedArray<int> first(10);
    const SharedArray<double> second(3);
    const workers::Parcel input =
        workers::pack_arguments<SharedArray<int>, SharedArray<double>, int>(first, second, 5);
    CHECK(input.shared.size() == 2);
    CHECK(input.head.size() < 100);
    const workers::Parcel output = workers::call_with_parcel(&fill, input);
    CHECK(workers::decode_result<int>(output) == 13);
    CHECK(first[9] == 5);
    CHECK(second[0] == 2.5);
}

TEST_CASE("received memory that could shrink, or is too small, is not mapped") {
    UniqueFd open_file(::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::ftruncate(open_file.get(), 100) == 0);
    const SharedFile unsealed = std::make_shared<const UniqueFd>(std::move(open_file));
    CHECK_THROWS_WITH(SharedArray<char>(unsealed, 100), "received shared memory is not sealed");
    const SharedArray<char> small(100);
    CHECK_THROWS_WITH(SharedArray<char>(small.file(), 101),
                      "received shared memory holds 100 bytes where 101 were announced");
}
