#include "../service.hpp"

using namespace troika::config;
using namespace service_under_test;

TEST_CASE("a file that is named must exist, the default one need not") {
    Service s;
    CHECK(s.load({}, {}, s.folder + "/none.json").action == Outcome::Action::run);
    has(s.complaint({"--config", s.folder + "/none.json"}), "none.json: there is no such file\n");
    has(s.complaint({"--config"}), "--config: needs a value\n");
    has(s.complaint({"--config=" + s.folder}), "cannot be read: ");
    has(s.complaint({}, {}, s.file("{\"server\":\n {\"port\": }}")),
        "an error at line 2, column 11");
    has(s.complaint({}, {}, s.file("[]")), "expected sections");
    has(s.complaint({}, {}, s.file("")), "expected JSON");
    has(s.complaint({}, {}, s.file("{\"server\":{\"port\":1,\"port\":2}}")), "each member once");
    has(s.complaint({}, {}, s.file(std::string(1100 * 1024, ' '))), "larger than 1 MB");
}
