#include "with_processes.hpp"

#include <troika/async/map.hpp>
#include <troika/workers/job_context.hpp>
#include <troika/workers/shared_array.hpp>
#include <troika/workers/to_thread.hpp>

#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <stop_token>
#include <tuple>

// Every piece of code in framework/troika/workers/README.md stands here between two marks, so that it
// compiles and does what is said about it; tests/unit/async/readme_check.py compares the two.

using namespace troika;
using namespace troika::testing;
using namespace std::chrono_literals;

namespace {

// [snippet: thread]
std::string load(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

Task<std::size_t> size_of(std::string path) {
    const std::string text = co_await to_thread(load, path);
    co_return text.size();
}
// [end]

// [snippet: stoppable]
int count_until_asked(const std::stop_token& stop) {
    int rounds = 0;
    while (!stop.stop_requested()) ++rounds;
    return rounds;
}
// [end]

// [snippet: job]
std::int64_t sum_of_squares(const std::vector<std::int64_t>& numbers) {
    return std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), std::int64_t{0});
}
inline const auto squares_job = job<"readme.squares">(sum_of_squares);

Task<std::int64_t> squares(std::vector<std::int64_t> numbers) {
    co_return co_await to_process(squares_job, numbers);
}
// [end]

// [snippet: limits]
Task<std::int64_t> careful_squares(std::vector<std::int64_t> numbers) {
    const RunOptions limits{.deadline = 2s,         // of the run, from the moment a worker has it
                            .queue_wait = 500ms,    // of the wait for a worker
                            .max_memory = 1 << 30,  // beyond what the worker has already
                            .max_open_files = 64};
    co_return co_await to_process(limits, squares_job, numbers);
}
// [end]

// [snippet: errors]
Task<std::string> tell_how_it_ended(ProcessPool& pool, std::vector<std::int64_t> numbers) {
    try {
        const std::int64_t sum = co_await pool.run(squares_job, numbers);
        co_return std::to_string(sum);
    } catch (const RemoteError& error) {  // the job threw; its worker is fine
        co_return error.type() + ": " + error.text();
    } catch (const WorkerDied& died) {  // a signal, an exit, garbage on its channel
        co_return died.report().reason + " (" + died.report().usage + ")";
    } catch (const TimeoutError&) {  // asked to stop, and killed if it did not
        co_return "too slow";
    } catch (const Overloaded& full) {  // no room, no worker in time, or suspended by the breaker
        co_return full.what();
    }
}
// [end]

// [snippet: map]
int product(int a, int b) { return a * b; }
inline const auto product_job = job<"readme.product">(product);

Task<std::vector<int>> products(ProcessPool& pool) {
    const std::vector<std::tuple<int, int>> pairs{{1, 2}, {3, 4}, {5, 6}};
    auto mapped = pool.map(pairs, product_job, 2);  // two at a time, results in order
    co_return co_await std::move(mapped);
}
// [end]

// [snippet: pipeline]
std::vector<std::int64_t> numbers_in(const std::string& text) {
    std::istringstream words(text);
    return {std::istream_iterator<std::int64_t>(words), {}};
}

Task<std::int64_t> load_and_square(ProcessPool& pool, std::string path) {
    const std::string text = co_await to_thread(load, path);  // or a request to another service
    co_return co_await pool.run(squares_job, numbers_in(text));
}

Task<std::vector<Settled<std::int64_t>>> all_squares(ProcessPool& pool,
                                                     std::vector<std::string> paths) {
    const auto each = [&pool](std::string path) { return load_and_square(pool, std::move(path)); };
    auto settled = map_settled(paths, each, {.limit = 20});
    co_return co_await std::move(settled);
}
// [end]

// [snippet: shared]
void fill_slot(const SharedArray<double>& slots, int slot) {
    slots[static_cast<std::size_t>(slot)] = 10.0 * slot;
}
inline const auto fill_job = job<"readme.fill">(fill_slot);

Task<double> fill_all(ProcessPool& pool) {
    const SharedArray<double> slots(4);
    std::vector<std::tuple<SharedArray<double>, int>> calls;
    for (int slot = 0; slot < 4; ++slot) calls.emplace_back(slots, slot);
    co_await pool.map(calls, fill_job);
    co_return std::accumulate(slots.begin(), slots.end(), 0.0);
}
// [end]

// [snippet: polite]
int search() {
    int tried = 0;
    while (!stop_requested())
        ++tried;  // the deadline has passed, the caller left, or the pool stops
    return tried;
}
inline const auto search_job = job<"readme.search">(search);
// [end]

// [snippet: options]
ProcessPoolOptions for_reports() {
    ProcessPoolOptions options;
    options.processes = 2;
    options.queue_limit = 32;
    options.job_deadline = 30s;
    options.max_memory = std::size_t{2} << 30;
    options.recycle = {.jobs = 10'000, .memory = std::size_t{512} << 20, .age = 6h};
    options.name = "reports";
    return options;
}
// [end]

}  // namespace

TEST_CASE("the code of the workers' README does what is said about it") {
    const TemporaryFolder folder;
    std::ofstream(folder.file("text")) << "hello" << std::flush;
    with_processes(for_reports(), [&folder](ProcessPool& pool) -> Task<> {
        const std::vector<std::int64_t> numbers{1, 2, 3};
        const std::size_t size = co_await size_of(folder.file("text"));
        CHECK(size == 5);
        const std::int64_t sum = co_await squares(numbers);
        CHECK(sum == 14);
        const std::int64_t careful = co_await careful_squares(numbers);
        CHECK(careful == 14);
        const std::string told = co_await tell_how_it_ended(pool, numbers);
        CHECK(told == "14");
        const std::vector<int> multiplied = co_await products(pool);
        CHECK(multiplied == std::vector<int>{2, 12, 30});
        std::ofstream(folder.file("numbers")) << "1 2 3" << std::flush;
        const std::vector<std::string> paths{folder.file("numbers"), folder.file("none")};
        const auto all = co_await all_squares(pool, paths);
        CHECK(all.at(0).value == 14);
        CHECK(all.at(1).value == 0);
        const double filled = co_await fill_all(pool);
        CHECK(filled == 60);
        std::string outcome;
        auto counting = to_thread(count_until_asked);
        auto limited = with_timeout(20ms, std::move(counting));
        co_await tell(std::move(limited), outcome);
        CHECK(outcome.find("20 ms") != std::string::npos);
        const RunOptions soon{.deadline = 20ms};
        co_await tell(pool.run(soon, search_job), outcome);
        CHECK(outcome == "job readme.search: not finished in 20 ms");
        CHECK(pool.stats().kills == 0);
    });
}
