#include <troika/app/app.hpp>
troika::Response show(troika::Request&) { return troika::Response::no_content(); }
void configure(troika::App& app) { app.get("/", show); }
