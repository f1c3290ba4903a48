#include "detail/serving.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>

using namespace troika;
using namespace app_checks;

// unit_app_service, in a process of its own.
namespace {

std::string service_binary() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "unit_app_service";
}

class Child final {
  public:
    explicit Child(std::vector<std::string> arguments, const char* mistake = nullptr,
                   const std::string& binary = service_binary()) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        output_.reset(ends[0]);
        const UniqueFd write(ends[1]);
        arguments.insert(arguments.begin(), binary);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        if (mistake != nullptr) ::setenv("MISTAKE", mistake, 1);
        ::dup2(write.get(), 1);
        ::dup2(write.get(), 2);
        ::execv(binary.c_str(), words.data());
        ::_exit(126);
    }
    ~Child() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        wait();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // Reads on until `part` has been said; false when the output ended before.
    bool says(const std::string& part) {
        while (text.find(part) == std::string::npos)
            if (!read_more()) return false;
        return true;
    }
    int wait() {
        if (pid_ <= 0) return exit_code_;
        while (read_more()) {
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        return exit_code_;
    }
    void signal(int number) const { ::kill(pid_, number); }

    std::string text;

  private:
    bool read_more() {
        std::array<char, 4096> buffer{};
        const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
        if (n > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
        return n > 0;
    }

    UniqueFd output_;
    pid_t pid_ = -1;
    int exit_code_ = -1;
};

const std::vector<std::string> kServe{"--server.port", "0", "--log.format", "text"};

std::uint16_t port_of(Child& child) {
    REQUIRE(child.says("stops_within="));
    const std::size_t at = child.text.find("url=http://127.0.0.1:");
    REQUIRE(at != std::string::npos);
    return static_cast<std::uint16_t>(
        std::stoi(child.text.substr(at + std::string("url=http://127.0.0.1:").size())));
}

// Ends at once, with this exit code and these words.
void check_ends(std::vector<std::string> arguments, int exit_code, const std::string& words,
                const char* mistake = nullptr) {
    Child child(std::move(arguments), mistake);
    CHECK(child.wait() == exit_code);
    INFO(child.text);
    CHECK(child.text.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("run serves all three places until SIGTERM, then ends with 0") {
    Child child(kServe);
    const std::uint16_t port = port_of(child);
    for (const char* place : {"loop", "thread", "process"}) {
        const std::string answer = get(port, std::string("/") + place);
        CHECK(answer.starts_with("HTTP/1.1 200"));
        CHECK(answer.ends_with(place));
    }
    const std::string metrics = get(port, "/metrics");
    CHECK(metrics.find("process_") != std::string::npos);
    CHECK(metrics.find("route=\"/thread\",status=\"2xx\"} 1") != std::string::npos);
    check_ends({"--healthcheck", "--server.port", std::to_string(port)}, 0, "is ready");
    child.signal(SIGTERM);
    CHECK(child.wait() == 0);
    CHECK(child.text.find("stopped") != std::string::npos);
    check_ends({"--healthcheck", "--server.port", std::to_string(port)}, 1, "Connection refused");
}

TEST_CASE("SIGINT ends run as SIGTERM does") {
    Child child(kServe);
    port_of(child);
    child.signal(SIGINT);
    CHECK(child.wait() == 0);
}

TEST_CASE("flags that do not serve print and end with 0") {
    check_ends({"--help"}, 0, "--server.port");
    check_ends({"--version"}, 0, "unit_app_service");
    check_ends({"--print-config"}, 0, "\"port\"");
    check_ends({"--check-config"}, 0, "");
}

TEST_CASE("a service started by a link keeps its own name and settings file") {
    const std::filesystem::path link =
        std::filesystem::temp_directory_path() / ("troika-link-" + std::to_string(::getpid()));
    std::filesystem::create_symlink(service_binary(), link);
    Child child({"--version"}, nullptr, link);
    CHECK(child.wait() == 0);
    std::filesystem::remove(link);
    CHECK(child.text.starts_with("unit_app_service "));
}

TEST_CASE("wrong settings end with 2, naming the setting and the nearest known one") {
    check_ends({"--server.prot", "1"}, 2, "server.port");
    check_ends({"--server.port", "many"}, 2, "server.port");
    check_ends({"--server.address", "localhost"}, 2, "expected an IP address");
}

TEST_CASE("a failing configure ends with 1 and its text; wrong settings are told first") {
    check_ends(kServe, 1, "configure failed: the shop is sold", "throw");
    check_ends({"--server.port", "many"}, 2, "server.port", "throw");
    check_ends(kServe, 1, "/livez", "route");
}

TEST_CASE("a thread started in configure is refused, saying where to start it") {
    check_ends(kServe, 1, "app.on_start()", "thread");
}

TEST_CASE("a port in use ends with 1, naming address and port") {
    Child first(kServe);
    const std::string port = std::to_string(port_of(first));
    check_ends({"--server.port", port}, 1, "127.0.0.1:" + port);
}
