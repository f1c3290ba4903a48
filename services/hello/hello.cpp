#include "hello.hpp"

#include <troika/app/app.hpp>

#include <unistd.h>

namespace hello {

troika::Response greet(const troika::Request& request) {
    return troika::Response::text("Hello, " + std::string(request.parameter("name")) +
                                  ", from process " + std::to_string(::getpid()) + ", thread " +
                                  std::to_string(::gettid()) + "\n");
}

void configure(troika::App& app) {
    app.get("/loop/{name}", troika::on_loop(greet));        // never blocks
    app.get("/thread/{name}", troika::on_thread(greet));    // may block
    app.get("/process/{name}", troika::on_process(greet));  // computes
}

}  // namespace hello
