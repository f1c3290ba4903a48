#include "outside.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troika::testing;
using Catch::Matchers::Contains;

TEST_CASE("curl: every way it sends and reads") {
    if (!is_here("curl")) return;
    const ServiceProcess service = start_probe();
    CHECK(run(service, "curl -sf $URL/plaintext") == "Hello, World!");
    CHECK(run(service, "curl -sf0 $URL/plaintext") == "Hello, World!");
    CHECK_THAT(run(service, "curl -sfI $URL/plaintext"), Contains("content-length: 13"));
    CHECK(run(service,
              "curl -sf -o /dev/null -o /dev/null -w '%{num_connects} ' $URL/json "
              "$URL/plaintext") == "1 0 ");
    // Long enough for Expect: 100-continue.
    CHECK(run(service,
              "head -c 3000000 /dev/zero > body\n"
              "curl -sf --data-binary @body -H 'Expect: 100-continue' $URL/echo | cmp - "
              "body && echo same") == "same\n");
    CHECK(run(service, "curl -sf -T body -H 'Transfer-Encoding: chunked' -X POST $URL/consume") ==
          "3000000\n");
    CHECK(run(service, "curl -sf $URL/lines/3 | tail -1") == "{\"message\":\"3\"}\n");
    CHECK_THAT(run(service, "curl -sN -m 1 $URL/events/20 || true"),
               Contains("id: 2\ndata: tick 2"));
    CHECK(run(service,
              "curl -s -o /dev/null -w '%{http_code}' -X OPTIONS --request-target '*' "
              "$URL/") == "204");
    CHECK(run(service, "curl -s -o /dev/null -w '%{http_code}' $URL/nowhere") == "404");
}

TEST_CASE("curl stores a document in the archive and gets it back") {
    if (!is_here("curl")) return;
    const ServiceProcess service = start_archive();
    CHECK(run(service,
              "head -c 200000 /dev/urandom > document\n"
              "place=$(curl -sf -i --data-binary @document $URL/documents | tr -d '\\r' | "
              "sed -n 's/^[Ll]ocation: //p')\n"
              "curl -sf $URL$place | cmp - document && echo same") == "same\n");
}

TEST_CASE("h2load, wrk, hey and ab get every answer they ask for") {
    const ServiceProcess service = start_probe();
    if (is_here("h2load"))
        CHECK_THAT(run(service, "h2load --h1 -n4000 -c16 -m4 $URL/plaintext"),
                   Contains("4000 succeeded, 0 failed, 0 errored, 0 timeout"));
    if (is_here("wrk"))
        CHECK_THAT(run(service, "wrk -t1 -c16 -d1s $URL/plaintext"),
                   Contains("requests in") && !Contains("Socket errors") && !Contains("Non-2xx"));
    if (is_here("hey"))
        CHECK_THAT(run(service, "hey -n 4000 -c 16 $URL/plaintext"),
                   Contains("[200]\t4000 responses") && !Contains("Error distribution"));
    if (is_here("ab"))
        CHECK_THAT(run(service, "ab -q -k -n 4000 -c 16 $URL/plaintext"),
                   Contains("Complete requests:      4000") &&
                       Contains("Failed requests:        0") &&
                       Contains("Keep-Alive requests:    4000"));
}

TEST_CASE("Python's http.client keeps its connection and sends chunks") {
    if (!is_here("python3")) return;
    const ServiceProcess service = start_probe();
    service.folder().write("client.py", R"(
import http.client, os, urllib.parse
place = urllib.parse.urlsplit(os.environ["URL"])
connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
def ask(*arguments, **more):
    connection.request(*arguments, **more)
    answer = connection.getresponse()
    return answer.status, answer.read()
assert ask("GET", "/plaintext") == (200, b"Hello, World!")
socket = connection.sock
assert ask("POST", "/echo", body=b"x" * 100000) == (200, b"x" * 100000)
assert ask("POST", "/consume", body=(b"y" * 1000 for _ in range(50)), encode_chunked=True,
           headers={"Transfer-Encoding": "chunked"}) == (200, b"50000\n")
assert ask("HEAD", "/json")[1] == b""
assert ask("GET", "/empty") == (204, b"")
assert ask("GET", "/bytes/1000000")[1][:16] == b"0123456789abcdef"
assert ask("GET", "/lines/2")[1].count(b"\n") == 2
assert connection.sock is socket, "it connected anew"
print("fine")
)");
    CHECK(run(service, "python3 client.py") == "fine\n");
}

TEST_CASE("Node's fetch streams both ways") {
    if (!is_here("node")) return;
    const ServiceProcess service = start_probe();
    service.folder().write("client.mjs", R"(
const url = process.env.URL;
const same = (one, other) => { if (one !== other) throw new Error(`${one} is not ${other}`); };
same(await (await fetch(url + "/plaintext")).text(), "Hello, World!");
same((await (await fetch(url + "/json")).json()).message, "Hello, World!");
const pieces = async function* () { for (let i = 0; i < 50; i++) yield new Uint8Array(1000); };
const sent = await fetch(url + "/consume", {method: "POST", body: pieces(), duplex: "half"});
same(await sent.text(), "50000\n");
same((await (await fetch(url + "/bytes/1000000")).arrayBuffer()).byteLength, 1000000);
const stop = new AbortController();
const events = await fetch(url + "/events/10", {signal: stop.signal});
same(events.headers.get("content-type"), "text/event-stream");
let text = "";
for await (const piece of events.body) {
    text += new TextDecoder().decode(piece);
    if (text.includes("tick 3")) break;
}
stop.abort();
same(text.startsWith("id: 1\ndata: tick 1\n\n"), true);
same((await fetch(url + "/empty")).status, 204);
console.log("fine");
process.exit(0);
)");
    CHECK(run(service, "node client.mjs") == "fine\n");
    // The client that went away in the middle of its events is gone here too.
    service.wait_in_flight(0);
}
