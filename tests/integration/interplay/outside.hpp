#pragma once

#include "service_process.hpp"

#include <string>

// Programs of others that the machine may or may not have.
namespace troika::testing {

// False, with a line that says so, where the program is missing.
bool is_here(const std::string& program);

ServiceProcess start_probe();
ServiceProcess start_archive();

// "http://127.0.0.1:<port>".
std::string origin(const ServiceProcess& service);

// Runs a script with sh, $URL being the service's origin, and gives what it prints, errors included.
std::string run(const ServiceProcess& service, const std::string& script);

}  // namespace troika::testing
