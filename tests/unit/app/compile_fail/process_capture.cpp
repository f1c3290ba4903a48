#include <troika/app/app.hpp>
void configure(troika::App& app) {
    int count = 0;
    app.get("/", troika::on_process([count](const troika::Request&) {
                return troika::Response::text(std::to_string(count));
            }));
}
