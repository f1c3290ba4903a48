#pragma once

#include "service_process.hpp"
#include "socket_client.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

// The archive as its users run it, and what tests want of it again and again.
namespace archive_test {

troika::testing::ServiceProcess start_archive(std::vector<std::string> arguments = {});

constexpr std::size_t kLongest = std::size_t{64} << 20;  // bytes of a document
std::string random_bytes(std::size_t size);

// Stores a document and gives its target, "/documents/1".
std::string store(const troika::testing::ServiceProcess& service, std::string_view content);
// The body of an answer, which has to be JSON.
nlohmann::json json_of(const troika::testing::Reply& reply);
// What sha256sum and the like print for these bytes; `program` reads a file.
std::string sum_of(const std::string& program, std::string_view content);

// A digest whose worker is stopped (SIGSTOP) in the middle of it: it has computed for a while, and its
// answer has not come although the service looks. For a service with one worker.
struct HeldDigest {
    troika::testing::SocketClient client;
    pid_t worker;
};
HeldDigest hold_digest(const troika::testing::ServiceProcess& service, const std::string& target);

}  // namespace archive_test
