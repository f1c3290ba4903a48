#include "ledger.hpp"

#include <troika/app/app.hpp>
#include <troika/app/run.hpp>
#include <troika/app/with_json.hpp>
#include <troika/async/guard.hpp>
#include <troika/async/sleep.hpp>
#include <troika/http/message/file_response.hpp>
#include <troika/http/message/http_error.hpp>
#include <troika/http/message/lines.hpp>
#include <troika/http/middleware/rate_limit.hpp>
#include <troika/observe/metrics.hpp>
#include <troika/workers/files.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

// Files sent and lines taken, in the folder that the variable FIXTURE_FOLDER names.
namespace fixture {

using troika::App;
using troika::Request;
using troika::Response;
using troika::Task;

namespace {

std::filesystem::path folder() {
    const char* const variable = std::getenv("FIXTURE_FOLDER");
    return variable != nullptr ? variable : ".";
}

Response ping(const Request&) { return Response::literal("pong\n"); }

Task<Response> send_chunks(Request&) {
    co_return Response::stream(troika::read_chunks(folder() / "file"), "application/octet-stream");
}

Response send_file(const Request& request) {
    return troika::http::file_response(request, folder() / "file", "application/octet-stream");
}

// Every line of the body, or none.
Task<std::uint64_t> add_lines(Transaction& transaction, Request& request) {
    troika::Flow<std::string> lines = troika::http::lines_of(request);
    std::uint64_t count = 0;
    while (std::optional<std::string> line = co_await lines.next()) {
        if (*line == "bad")
            throw troika::HttpError(troika::Status::unprocessable_content, "a bad line");
        co_await transaction.add(std::move(*line));
        ++count;
    }
    co_return count;
}

Task<Response> take_lines(Ledger& ledger, Request& request) {
    Transaction transaction(ledger);
    const auto body = [&request](Transaction& open) { return add_lines(open, request); };
    const std::uint64_t count = co_await troika::use(transaction, body);
    co_return Response::text(std::to_string(count) + " lines");
}

// A page of 100 words and as many as its number says, after a while; half of them come out of their turn.
Task<Response> send_page(Request& request) {
    const int number = request.parameter<int>("number");
    const std::chrono::milliseconds time(number % 2 == 0 ? 40 : 10);
    co_await troika::sleep_for(time);
    std::string page;
    for (int i = 0; i < 100 + number; ++i)
        page += "page" + std::to_string(number) + "-word" + std::to_string(i) + "\n";
    co_return Response::text(page);
}

// Where the test has made the pipe `gate`: from when the test opens it until it closes it.
void wait_at(const char* gate) { std::ifstream(folder() / gate).get(); }

// A document that tells when its parse begins and when it is destroyed: whoever sent it must be
// served by somebody else than the loop, from the first to the last.
struct Numbers {
    Numbers() { wait_at("parsing"); }
    Numbers(Numbers&&) = default;
    Numbers& operator=(Numbers&&) = default;
    ~Numbers() {
        if (!numbers.empty()) wait_at("destroying");
    }
    nlohmann::json numbers{};
};
BOOST_DESCRIBE_STRUCT(Numbers, (), (numbers))

std::size_t count_numbers(const Numbers& value) {
    wait_at("using");
    return value.numbers.size();
}

Task<Response> take_numbers(Request& request) {
    const std::size_t count = co_await troika::with_json<Numbers>(request, count_numbers);
    co_return Response::text(std::to_string(count));
}

void configure(App& app) {
    auto& ledger = app.make<Ledger>(folder() / "ledger.db");
    const auto watch = [&](const char* name, std::uint64_t (Ledger::*count)() const noexcept) {
        app.metrics().watch(troika::MetricKind::counter, name, "What the ledger did.", {},
                            [&ledger, count] { return static_cast<double>((ledger.*count)()); });
    };
    watch("ledger_added_total", &Ledger::added);
    watch("ledger_commits_total", &Ledger::commits);
    watch("ledger_rollbacks_total", &Ledger::rollbacks);

    troika::RouteOptions lines;
    lines.stream_body = true;
    lines.on_client_gone = troika::http::OnClientGone::cancel;
    app.post("/lines", [&ledger](Request& request) { return take_lines(ledger, request); }, lines);
    app.get("/page/{number}", send_page);
    app.post("/numbers", take_numbers, {.max_body = std::size_t{32} << 20});
    app.get("/chunks", send_chunks);
    app.get("/file", troika::on_thread(send_file));
    troika::RouteOptions limited;
    limited.middleware = {troika::rate_limit(app.metrics(), {.rate = 0.001, .burst = 3})};
    app.get("/limited", troika::on_loop(ping), limited);
    app.get("/ping", troika::on_loop(ping));
}

}  // namespace

}  // namespace fixture

int main(int argc, char** argv) { return troika::run(argc, argv, fixture::configure); }
