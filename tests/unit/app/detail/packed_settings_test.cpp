#include "../support.hpp"

#include <troika/app/detail/packed_settings.hpp>

using namespace troika;

TEST_CASE("packed settings are found by their path, with the value in use") {
    App app("shop", {"--server.port", "8123"});
    const std::string packed = detail::pack_settings(app.config());
    CHECK(detail::find_packed_setting(packed, "server.port") == "8123");
    CHECK(detail::find_packed_setting(packed, "processes.stop_grace") == "\"1s\"");
    CHECK(!detail::find_packed_setting(packed, "server.colour"));
}
