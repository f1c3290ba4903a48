#include <troika/workers/job.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace troika::workers;

namespace {

std::string repeat(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}
const auto repeat_job = troika::job<"unit.repeat">(repeat);
const auto negate_job = troika::job<"unit.negate">([](int n) { return -n; });

}  // namespace

TEST_CASE("a job is known by its name and can be called where it is") {
    CHECK(repeat_job.name() == "unit.repeat");
    CHECK(repeat_job("ab", 3) == "ababab");
    CHECK(negate_job(7) == -7);
    const auto all = registered_jobs();
    CHECK(std::count(all.begin(), all.end(), "unit.repeat") == 1);
    CHECK(std::is_sorted(all.begin(), all.end()));
}

TEST_CASE("a job's trampoline decodes its arguments and encodes its result") {
    const JobRef ref = repeat_job.ref();
    Parcel input{Payload(encode_arguments<std::string, int>("ab", 2)), {}};
    const Parcel output = ref.run(ref.function, std::move(input));
    CHECK(decode_result<std::string>(output) == "abab");
}

TEST_CASE("arguments that are cut short are an error, not a wrong call") {
    const JobRef ref = repeat_job.ref();
    Parcel input{Payload(encode_arguments<std::string>("ab")), {}};
    CHECK_THROWS_AS(ref.run(ref.function, std::move(input)), troika::Error);
}
