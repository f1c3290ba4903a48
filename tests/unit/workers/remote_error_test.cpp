#include <troika/workers/remote_error.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace troika::workers;

namespace {

struct TeapotError : troika::Error {
    TeapotError(int cups, const std::string& text) : Error(text), cups(cups) {}
    int cups;
};

const ErrorCodec teapot(
    "teapot",
    [](const std::exception& error) -> std::optional<ErrorData> {
        const auto* mine = dynamic_cast<const TeapotError*>(&error);
        if (mine == nullptr) return std::nullopt;
        return ErrorData{.text = mine->what(), .detail = std::to_string(mine->cups)};
    },
    [](const ErrorData& data) { throw TeapotError(std::stoi(data.detail), data.text); });

template <typename E>
ErrorData thrown(const E& error) {
    try {
        throw error;
    } catch (const std::exception& caught) {
        return describe(caught);
    }
}

}  // namespace

TEST_CASE(
    "an exception crosses as its kind, readable type and text and comes back as RemoteError") {
    const ErrorData data = decode_error(encode_error(thrown(std::out_of_range("row 7"))));
    CHECK(data.kind == "exception");
    CHECK(data.type == "std::out_of_range");
    try {
        rethrow_remote("archive.digest", data);
    } catch (const RemoteError& error) {
        CHECK(std::string(error.what()) == "job archive.digest: std::out_of_range: row 7");
        CHECK(error.job() == "archive.digest");
        CHECK_FALSE(error.retry_safe());
    }
}

TEST_CASE("an error of a layer above crosses through its codec and is rebuilt as itself") {
    const ErrorData data = decode_error(encode_error(thrown(TeapotError(3, "short and stout"))));
    CHECK(data.kind == "teapot");
    try {
        rethrow_remote("brew", data);
    } catch (const TeapotError& error) {
        CHECK(error.cups == 3);
        CHECK(std::string(error.what()) == "short and stout");
    }
}

TEST_CASE("an error report cut at any byte gives an error that says so") {
    const std::string bytes = encode_error(thrown(std::runtime_error("text")));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(decode_error(bytes.substr(0, size)).text ==
              "the worker's error report is unreadable");
    }
    CHECK(decode_error(bytes + "x").kind == "unknown");
}

TEST_CASE("a dead worker's error names job, pid, signal and cause") {
    const WorkerDied died({.job = "digest",
                           .pid = 42,
                           .signal = SIGKILL,
                           .reason = "SIGKILL: perhaps out of memory",
                           .usage = "peak memory 31 MB"});
    CHECK(std::string(died.what()) ==
          "job digest: worker 42 died: SIGKILL: perhaps out of memory (peak memory 31 MB)");
    CHECK(signal_name(SIGSEGV) == "SIGSEGV");
    CHECK(signal_name(63) == "signal 63");
}
