#include "outside.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troika::testing;
using Catch::Matchers::Contains;

namespace {

// nginx on a unix socket in the service's folder, with connections to the service kept alive; it ends
// with the script.
std::string behind_nginx(const ServiceProcess& service, const std::string& script) {
    const std::string folder = service.folder().path();
    service.folder().write("nginx.conf", R"(
daemon off; master_process off; error_log stderr warn;
pid )" + folder + R"(/nginx.pid;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path )" + folder + R"(/body; proxy_temp_path )" +
                                             folder + R"(/proxy;
    fastcgi_temp_path )" + folder + R"(/f; uwsgi_temp_path )" +
                                             folder + R"(/u; scgi_temp_path )" + folder + R"(/s;
    client_max_body_size 10m;
    upstream service { server 127.0.0.1:)" + std::to_string(service.port()) +
                                             R"(; keepalive 8; }
    server {
        listen unix:)" + folder + R"(/nginx.sock;
        location / {
            proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For 203.0.113.7; proxy_request_buffering off;
        }
    }
}
)");
    return run(service,
               "PATH=$PATH:/usr/sbin nginx -p . -c nginx.conf 2>nginx.log &\nnginx=$!\ntrap 'kill "
               "$nginx' EXIT\n"
               "alias ask='curl -sf --unix-socket nginx.sock'\n"
               "until curl -s -o /dev/null --unix-socket nginx.sock http://s/livez; do "
               "kill -0 $nginx || { cat nginx.log; exit 1; }; done\n" +
                   script);
}

}  // namespace

TEST_CASE("behind nginx probe answers over connections that are kept") {
    if (!is_here("nginx") || !is_here("curl")) return;
    const ServiceProcess service = start_probe();
    const std::string out = behind_nginx(service, R"(
for i in $(seq 200); do ask http://s/plaintext > /dev/null; done
head -c 2000000 /dev/zero > upload
ask --data-binary @upload http://s/echo | cmp - upload && echo same
ask -T upload -X POST -H 'Transfer-Encoding: chunked' http://s/consume
ask http://s/lines/1000 | wc -l
ask -I http://s/json | grep -c '200 OK'
ask -N -m 1 http://s/events/20 | grep -m1 'tick 2'
)");
    CHECK_THAT(out, Contains("same\n2000000\n1000\n1\ndata: tick 2\n"));
    CHECK(service.metric("troika_connections_opened_total") < 100);
}

TEST_CASE("behind nginx the archive stores and gives documents") {
    if (!is_here("nginx") || !is_here("curl")) return;
    const ServiceProcess service = start_archive();
    const std::string out = behind_nginx(service, R"(
head -c 300000 /dev/urandom > document
place=$(ask -i --data-binary @document http://s/documents | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
ask http://s${place#http://*/} | cmp - document && echo same
)");
    CHECK_THAT(out, Contains("same"));
}
