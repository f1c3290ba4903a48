#include "corpus.hpp"
#include "request_reader.hpp"
#include "test_server.hpp"

#include <troika/http/server/pipeline.hpp>

#include <random>

using namespace troika;
using namespace troika::http;
using namespace troika::http::test;
using troika::testing::CorpusCase;
using troika::testing::RequestReader;

// Every request of tests/corpus/http1.txt through the codec alone and through a server, whole and split.
namespace {

struct Result {
    std::vector<int> statuses;
    CorpusCase::End end = CorpusCase::End::open;
    std::string body;
};

const std::vector<CorpusCase>& corpus() {
    static const std::vector<CorpusCase> cases = testing::read_corpus(TROIKA_CORPUS "/http1.txt");
    return cases;
}

Task<Response> part(Request& request) {
    co_return Response::text("part=" + std::string(request.parameter("part")));
}
// So that a reader of answers knows which have no body.
Task<Response> echo_method(Request& request) {
    Task<Response> answer = echo(request);
    Response response = co_await std::move(answer);
    response.headers().add("x-method", to_string(request.method()));
    co_return response;
}

void corpus_routes(Router& router) {
    for (const Method method :
         {Method::get, Method::post, Method::put, Method::delete_, Method::patch})
        add(router, method, "/echo", echo_method);
    add(router, Method::get, "/echo/{part}", part);
    add(router, Method::get, "/get", echo_method);
    add(router, Method::get, "/end",
        [](Request&) -> Task<Response> { co_return Response::text("the end"); });
}

// Without a socket: codec, router and pipeline.
class InMemory final {
  public:
    InMemory() { corpus_routes(router_); }

    Result run(const std::vector<std::string_view>& pieces) {
        Result result;
        RequestReader reader([&](const RequestReader::Outcome& outcome) {
            Request request;
            request.head() = outcome.head;
            request.body() = RequestBody(Bytes(outcome.body));
            Response response = loop_.run(pipeline_.respond(request, std::chrono::seconds(30)));
            result.statuses.push_back(to_int(response.status()));
            result.body = request.method() == Method::head ? "" : response.body_view();
        });
        for (const std::string_view piece : pieces) {
            if (!reader.feed(piece)) break;
        }
        if (reader.refused() != 0) result.statuses.push_back(reader.refused());
        if (reader.closed()) result.end = CorpusCase::End::close;
        if (!reader.closed() && (reader.in_the_middle() || result.statuses.empty()))
            result.end = CorpusCase::End::silent;
        return result;
    }

  private:
    EventLoop loop_;
    Router router_;
    Pipeline pipeline_{router_.resolver()};
};

// What came, 100 Continue left out.
Result parse_answers(std::string_view all) {
    Result result;
    while (!all.empty()) {
        const std::size_t end = all.find("\r\n\r\n");
        REQUIRE(end != std::string_view::npos);
        const std::string_view head = all.substr(0, end + 2);
        REQUIRE(head.starts_with("HTTP/1.1 "));
        const int status = std::stoi(std::string(head.substr(9, 3)));
        all.remove_prefix(end + 4);
        if (status == 100) continue;
        result.statuses.push_back(status);
        CHECK(head.find("\r\ndate: ") != std::string_view::npos);
        const std::size_t field = head.find("\r\ncontent-length: ");
        const bool has_body = head.find("x-method: HEAD") == std::string_view::npos &&
                              field != std::string_view::npos;
        const std::size_t length =
            has_body ? std::stoul(std::string(head.substr(field + 18))) : std::size_t{0};
        REQUIRE(length <= all.size());
        result.body = all.substr(0, length);
        all.remove_prefix(length);
    }
    return result;
}

Result over_sockets(TestServer& server, const CorpusCase& wanted,
                    const std::vector<std::string_view>& pieces) {
    Client client = server.connect();
    for (const std::string_view piece : pieces) {
        if (!client.send(piece)) break;
        server.call([] {});  // the loop has turned
    }
    if (wanted.end == CorpusCase::End::open)
        client.send("GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    if (wanted.end == CorpusCase::End::silent) client.end();
    Result result = parse_answers(client.read_all());
    CHECK_FALSE(client.was_reset());
    result.end = wanted.end;
    if (wanted.end != CorpusCase::End::open) return result;
    CHECK(result.body == "the end");
    if (!result.statuses.empty()) result.statuses.pop_back();
    return result;
}

void check(const CorpusCase& wanted, const Result& got) {
    CHECK(got.statuses == wanted.statuses);
    CHECK(got.end == wanted.end);
}

// Another one each time; --rng-seed repeats a run.
unsigned seed() {
    static const unsigned chosen =
        Catch::rngSeed() != 0 ? Catch::rngSeed() : std::random_device{}();
    return chosen;
}

// At up to three places.
std::vector<std::string_view> split(std::string_view bytes, std::mt19937& random) {
    std::vector<std::size_t> cuts{bytes.size()};
    for (int i = 0; i < 3; ++i) cuts.push_back(random() % (bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    std::vector<std::string_view> pieces;
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
        if (cut > from) pieces.push_back(bytes.substr(from, cut - from));
        from = cut;
    }
    return pieces;
}

}  // namespace

TEST_CASE("the corpus is large, and every case has a name of its own and a source") {
    std::vector<std::string> names;
    for (const CorpusCase& each : corpus()) {
        INFO(each.name);
        CHECK(each.source.size() > 3);
        CHECK((each.end == CorpusCase::End::silent) == each.statuses.empty());
        names.push_back(each.name);
    }
    CHECK(names.size() >= 200);
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_CASE("the corpus in memory, whole, byte by byte and split at random") {
    std::mt19937 random(seed());
    InMemory memory;
    for (const CorpusCase& each : corpus()) {
        INFO(each.name << " (" << each.source << "), --rng-seed " << seed());
        const std::string_view bytes = each.bytes;
        const Result whole = memory.run({bytes});
        check(each, whole);
        if (!each.body.empty()) CHECK(whole.body == each.body);
        std::vector<std::string_view> single;
        for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
        check(each, memory.run(single));
        for (int i = 0; i < 20; ++i) check(each, memory.run(split(bytes, random)));
    }
}

TEST_CASE("the corpus over sockets, whole and split at random") {
    std::mt19937 random(seed());
    ServerOptions options;
    options.linger = std::chrono::milliseconds(50);
    options.head_timeout = options.body_grace = std::chrono::seconds(5);  // ends what goes wrong
    TestServer server(corpus_routes, options);
    for (const CorpusCase& each : corpus()) {
        INFO(each.name << " (" << each.source << "), --rng-seed " << seed());
        check(each, over_sockets(server, each, {each.bytes}));
        for (int i = 0; i < 3; ++i)
            check(each, over_sockets(server, each, split(each.bytes, random)));
    }
    CHECK(server.reaches([](const ServerStats& stats) { return stats.connections == 0; }));
}
