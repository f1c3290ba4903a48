#include "../service.hpp"

using namespace troika::config;
using namespace service_under_test;

TEST_CASE("a file that is named must exist, the default one need not") {
    Service s;
    CHECK(s.load({}, {}, s.folder + "/none.json").action == Outcome::Action::run);
    has(s.complaint({"--config", s.folder + "/none.json"}), "none.json: there is no such file\n");
    has(s.complaint({"--config"}), "--config: needs a value\n");
    has(s.complaint({"--config=" + s.folder}), "cannot be read: ");
    const std::string broken = s.file("{\"server\":\n {\"port\": }}");
    has(s.complaint({}, {}, broken), broken + ":2:11: not JSON: syntax error");
    has(s.complaint({}, {}, s.file("[]")), "expected sections");
    has(s.complaint({}, {}, s.file(" \n")), "is empty; the least it may say is {}");
    has(s.complaint({}, {}, s.file("{\n\"server\":{\n\"port\":1,\"port\":2}}")),
        ":3: server.port: expected each member once");
    has(s.complaint({}, {}, s.file(std::string(1100 * 1024, ' '))), "larger than 1 MB");
}
