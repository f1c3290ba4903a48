#include <troika/app/run.hpp>
#include <troika/base/error.hpp>

#include <chrono>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

// The service that run_test.cpp starts; the variable MISTAKE makes it one that must be refused.
namespace {

using namespace troika;

void start_a_thread() {
    static std::promise<void> never;
    std::thread([waiting = never.get_future()]() mutable { waiting.wait(); }).detach();
}

void configure(App& app) {
    const char* const set = std::getenv("MISTAKE");
    const std::string mistake = set == nullptr ? "" : set;
    if (mistake == "thread") start_a_thread();
    if (mistake == "throw") throw Error("the shop is sold");
    app.get("/loop", [](Request&) -> Task<Response> { co_return Response::text("loop"); });
    app.get("/thread", on_thread([](Request&) { return Response::text("thread"); }));
    app.get("/process", on_process([](const Request&) { return Response::text("process"); }));
    if (mistake == "route")
        app.get("/livez", [](Request&) -> Task<Response> { co_return Response::no_content(); });
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, configure); }
