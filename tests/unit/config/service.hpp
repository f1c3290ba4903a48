#pragma once

#include "json.hpp"

#include <troika/config/settings.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace service_under_test {

using troika::config::Environment;
using troika::config::Outcome;
using troika::config::Secret;
using troika::config::Settings;

enum class Form { text, json };
BOOST_DESCRIBE_ENUM(Form, text, json)

struct Limits {
    troika::data::ByteSize body = 1 << 20;
    std::chrono::milliseconds head = std::chrono::seconds(10);
};
BOOST_DESCRIBE_STRUCT(Limits, (), (body, head))

struct Server {
    std::uint16_t port = 8080;
    std::string host = "0.0.0.0";
    Limits limits;
    bool crash = false;
};
BOOST_DESCRIBE_STRUCT(Server, (), (port, host, limits, crash))

struct Store {
    std::filesystem::path folder = "data";
    Secret password;
    Form form = Form::text;
    std::vector<std::string> tags;
    std::vector<int> sizes;
    std::optional<int> processes;
    double ratio = 0.5;
};
BOOST_DESCRIBE_STRUCT(Store, (), (folder, password, form, tags, sizes, processes, ratio))

// A service's settings, with a folder for its files.
struct Service {
    Service() {
        std::string name = "/tmp/troika-config-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        settings.section("server", server,
                         {{"port", "TCP port; 0 takes a free one"},
                          {"host", "address to listen on"},
                          {"limits.body", "largest body"},
                          {"limits.head", "time for the head"},
                          {"crash", "may crash"}});
        settings.section("store", store,
                         {{"folder", "where the data is"},
                          {"password", "of the store"},
                          {"form", "how it is written"},
                          {"tags", "some words"},
                          {"sizes", "some numbers"},
                          {"processes", "how many"},
                          {"ratio", "a ratio"}});
        settings.command("healthcheck", "ask the running service");
    }
    ~Service() { std::filesystem::remove_all(folder); }

    std::string file(const std::string& text) {
        const std::string name = folder + "/probe.json";
        std::ofstream(name) << text;
        return name;
    }
    Outcome load(const std::vector<std::string>& arguments, const Environment& environment = {},
                 const std::string& default_file = "") {
        return settings.load(arguments, environment, default_file);
    }
    std::string complaint(const std::vector<std::string>& arguments,
                          const Environment& environment = {},
                          const std::string& default_file = "") {
        const Outcome outcome = load(arguments, environment, default_file);
        CHECK(outcome.action == Outcome::Action::print);
        CHECK(outcome.exit_code == 2);
        return outcome.text;
    }

    Server server;
    Store store;
    Settings settings{"probe", "1.2.3"};
    std::string folder;
};

inline bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return true;
}

}  // namespace service_under_test
