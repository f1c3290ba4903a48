#include <troika/app/app.hpp>
troika::Task<troika::Response> show(troika::Request&) { co_return troika::Response::no_content(); }
void configure(troika::App& app) { app.get("/", troika::on_process(show)); }
