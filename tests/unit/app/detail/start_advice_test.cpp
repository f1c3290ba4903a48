#include <troika/app/detail/start_advice.hpp>
#include <troika/base/error.hpp>

#include <boost/system/system_error.hpp>

#include <catch2/catch.hpp>

#include <cerrno>
#include <system_error>

using namespace troika;
using Catch::Contains;

namespace {

std::string advice(int number, const char* doing = "listen on 127.0.0.1:80") {
    const boost::system::error_code code(number, boost::system::system_category());
    return detail::start_advice(IoError(code, doing));
}

}  // namespace

TEST_CASE("what keeps a service from listening comes with what to do") {
    CHECK_THAT(advice(EADDRINUSE), Contains("--server.port"));
    CHECK_THAT(advice(EADDRNOTAVAIL), Contains("--server.address"));
    CHECK_THAT(advice(EACCES), Contains("below 1024"));
    CHECK(advice(EACCES, "open data/archive.db").empty());
    CHECK_THAT(advice(EMFILE), Contains("ulimit -n"));
    CHECK_THAT(advice(ENFILE), Contains("fs.file-max"));
    CHECK(advice(EIO).empty());
}

TEST_CASE("the errors of other libraries are understood, others are left as they are") {
    CHECK_THAT(detail::start_advice(std::system_error(EAGAIN, std::system_category())),
               Contains("ulimit -u"));
    const boost::system::error_code code(EMFILE, boost::system::system_category());
    CHECK_THAT(detail::start_advice(boost::system::system_error(code, "epoll")),
               Contains("ulimit -n"));
    CHECK(detail::start_advice(Error("no power")).empty());
}
