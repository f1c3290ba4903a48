#include "archive_service.hpp"
#include "metrics_text.hpp"
#include "shell.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>
#include <vector>

using namespace troika::testing;
using Catch::Contains;

TEST_CASE("the metrics of a busy archive are in the exposition format, to the letter") {
    const ServiceProcess service = archive_test::start_archive();
    const std::string location = archive_test::store(service, "some words");
    for (const std::string& target :
         {location, location + "/digest", location + "/statistics",
          std::string("/documents?limit=x"), std::string("/nowhere"), std::string("/metrics")})
        REQUIRE(get(service.port(), target).status > 0);
    const Reply reply = get(service.port(), "/metrics");
    CHECK(reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK_THAT(reply.body, Contains("route=\"/documents/{id}/digest\"") && Contains("_bucket{"));
    CHECK(flaws_of_metrics(reply.body) == std::vector<std::string>());
    if (std::system("command -v promtool > /dev/null") == 0) {
        const std::string file = service.folder().write("metrics", reply.body);
        CHECK(output_of("promtool check metrics < " + file + " 2>&1") == "");
    }
}

TEST_CASE("each kind of flaw in a metrics text is seen") {
    const std::string head = "# HELP a_total Things.\n# TYPE a_total counter\n";
    const std::string histogram = "# HELP h Seconds.\n# TYPE h histogram\n";
    REQUIRE(flaws_of_metrics(head + "a_total{b=\"c\"} 1\n") == std::vector<std::string>());
    REQUIRE(flaws_of_metrics(histogram +
                             "h_bucket{x=\"y\",le=\"0.5\"} 1\nh_bucket{x=\"y\",le=\"+Inf\"} 2\n"
                             "h_sum{x=\"y\"} 3.5\nh_count{x=\"y\"} 2\n")
                .empty());
    const std::string flawed = GENERATE_COPY(
        std::string("a_total 1\n"), head + "a_total 1\na_total 1\n", head + "b_total 1\n", head,
        head + "a_total one\n", head + "a_total 1", head + "a_total{b=c} 1\n",
        head + "a_total 1\n" + head + "a_total 1\n",
        std::string("# HELP a Things.\n# TYPE a counter\na 1\n"),
        std::string("# HELP a Things.\na 1\n"),
        std::string("# HELP a_sum Things.\n# TYPE a_sum gauge\na_sum 1\n"),
        std::string("# HELP a_total Things.\n# TYPE a_total gauge\na_total 1\n"),
        histogram + "h_bucket{le=\"1\"} 2\nh_sum 1\nh_count 2\n",
        histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
        histogram +
            "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\n"
            "h_count 1\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
        histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n");
    INFO(flawed);
    CHECK_FALSE(flaws_of_metrics(flawed).empty());
}
