#pragma once

#include "../support.hpp"

#include <troika/app/detail/service.hpp>
#include <troika/base/unique_fd.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <future>
#include <string>
#include <thread>

// A whole service in the test's process, and a client on a thread of its own.
namespace app_checks {

struct Serving {
    explicit Serving(troika::App& app)
        : service(app, loop, troika::workers::Zygote::process_wide()) {}

    troika::EventLoop loop;
    troika::detail::Service service;
};

inline void load(troika::App& app) {
    troika::App::State& state = app.state();
    const auto outcome =
        state.settings.load(state.arguments, state.environment, state.default_file);
    INFO(outcome.text);
    REQUIRE(outcome.action == troika::config::Outcome::Action::run);
}

// Serves `app` until its end; `client(port)` runs on a thread once the service listens. Gives the
// exit code.
inline int serve(troika::App& app, Serving& serving,
                 const std::function<void(std::uint16_t)>& client) {
    std::promise<std::uint16_t> listening;
    troika::log::set_sink([&listening](const troika::log::Record& record) {
        if (record.message != "listening") return;
        for (const troika::log::Field& field : record.fields) {
            if (field.key != "url") continue;
            const auto url = std::get<std::string_view>(field.value.any());
            listening.set_value(
                static_cast<std::uint16_t>(std::stoi(std::string(url.substr(url.rfind(':') + 1)))));
        }
    });
    load(app);
    std::thread thread([&] { client(listening.get_future().get()); });
    const int exit_code = serving.loop.run(serving.service.serve());
    thread.join();
    troika::log::set_sink({});
    return exit_code;
}

// Sends `request` to a local port and gives all that comes back.
inline std::string talk(std::uint16_t port, const std::string& request) {
    const troika::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return "no connection";
    if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "not sent";
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 1; n > 0;) {
        n = ::recv(socket.get(), buffer, sizeof buffer, 0);
        if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
    }
    return answer;
}
inline std::string get(std::uint16_t port, const std::string& target) {
    std::string request("GET ");
    request.append(target).append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return talk(port, request);
}

}  // namespace app_checks
