#include <troika/app/app.hpp>
struct Documents {
    troika::Response show(const troika::Request&) { return troika::Response::no_content(); }
};
void configure(troika::App& app, Documents& documents) {
    app.get("/", troika::on_process(documents, &Documents::show));
}
