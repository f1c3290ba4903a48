#include <troika/app/app.hpp>
int count(int left) { return left; }
void configure(troika::App& app) { app.get("/", troika::on_loop(count)); }
