// Our client against our server.
#include "tests/unit/integrations/net/fixture.hpp"

#include <zlib.h>

namespace driftwarden::net::test {
namespace {

using Http = NetTest;

asio::awaitable<ServerReply> echo(ServerRequest request) {
  co_return ServerReply(200, "text/plain", request.method + " " + request.path + "?" + request.raw_query + " " + request.body);
}

TEST_F(Http, GetsAndPosts) {
  const auto base = serve(&echo);
  auto client = make_client();
  auto got = send(*client, HttpRequest("GET", base + "/a%20b?x=1"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200U);
  EXPECT_EQ(got->headers.find("content-type"), "text/plain");
  EXPECT_EQ(got->body, "GET /a b?x=1 ");
  HttpRequest post("POST", base + "/p");
  post.body = std::string(3'000'000, 'z');
  auto posted = send(*client, post);
  ASSERT_TRUE(posted) << posted.error().message;
  EXPECT_EQ(posted->body.size(), std::string("POST /p? ").size() + 3'000'000U);
}

TEST_F(Http, QueryAndHeadersReachTheHandler) {
  ServerRequest seen;
  const auto base = serve([&](ServerRequest request) -> asio::awaitable<ServerReply> {
    seen = std::move(request);
    co_return ServerReply(204, "text/plain", "");
  });
  auto client = make_client();
  HttpRequest request("DELETE", base + "/x?a=1+2&b=%2F&c");
  request.headers.add("X-One", "1");
  auto got = send(*client, request);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 204U);
  EXPECT_EQ(seen.query_or("a", ""), "1 2");
  EXPECT_EQ(seen.query_or("b", ""), "/");
  EXPECT_EQ(seen.query_or("d", "none"), "none");
  EXPECT_EQ(seen.headers.find("x-one"), "1");
  EXPECT_EQ(seen.headers.find("user-agent"), "driftwarden");
  EXPECT_EQ(seen.headers.find("host"), base.substr(7));
}

TEST_F(Http, HeadHasNoBody) {
  const auto base = serve(&echo);
  auto client = make_client();
  for (int i = 0; i < 2; ++i) {
    auto got = send(*client, HttpRequest("HEAD", base + "/h"));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "");
    EXPECT_EQ(got->headers.find("content-length"), "8");
  }
}

TEST_F(Http, StreamsArrivePieceByPiece) {
  int sent = 0;
  const auto base = serve([&](ServerRequest) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "application/json", "");
    reply.stream = [&](BodyWriter& writer) -> asio::awaitable<void> {
      for (sent = 0; sent < 3; ++sent) {
        auto written = co_await writer.write("piece " + std::to_string(sent) + "\n");
        if (!written) co_return;
        co_await clock.sleep_for(Duration{5});
      }
    };
    co_return reply;
  });
  auto client = make_client();
  auto opened = run(io, client->open_stream(HttpRequest("GET", base + "/watch")));
  ASSERT_TRUE(opened) << opened.error().message;
  auto& stream = **opened;
  EXPECT_EQ(stream.status(), 200U);
  std::string all;
  int pieces = 0;
  for (;; ++pieces) {
    auto piece = run(io, stream.read_some(clock.mono_now() + kPatience));
    ASSERT_TRUE(piece) << piece.error().message;
    if (piece->empty()) break;
    all += *piece;
  }
  EXPECT_EQ(all, "piece 0\npiece 1\npiece 2\n");
  EXPECT_EQ(pieces, 3);
}

TEST_F(Http, AStreamSurvivesAReadThatTimedOut) {
  std::shared_ptr<Signal> go = std::make_shared<Signal>(io.get_executor());
  const auto base = serve([&](ServerRequest) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "text/plain", "");
    reply.stream = [&](BodyWriter& writer) -> asio::awaitable<void> {
      (void)co_await go->wait();
      (void)co_await writer.write("late");
    };
    co_return reply;
  });
  auto client = make_client();
  auto opened = run(io, client->open_stream(HttpRequest("GET", base + "/watch")));
  ASSERT_TRUE(opened);
  auto first = run(io, (*opened)->read_some(clock.mono_now() + Duration{20}));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().kind, ErrorKind::Timeout);
  go->notify();
  auto second = run(io, (*opened)->read_some(clock.mono_now() + kPatience));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(*second, "late");
}

TEST_F(Http, ClosingAStreamEndsItsReadAndItsHandler) {
  bool handler_ended = false;
  const auto base = serve([&](ServerRequest) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "text/plain", "");
    reply.stream = [&](BodyWriter&) -> asio::awaitable<void> {
      struct AtEnd {
        bool& flag;
        ~AtEnd() { flag = true; }
      } at_end{handler_ended};
      (void)co_await clock.sleep_for(std::chrono::hours{1});
    };
    co_return reply;
  });
  auto client = make_client();
  auto opened = run(io, client->open_stream(HttpRequest("GET", base + "/watch")));
  ASSERT_TRUE(opened);
  tasks.spawn("closer", [](HttpStream& stream, Clock& time) -> asio::awaitable<void> {
    (void)co_await time.sleep_for(Duration{10});
    stream.close();
  }(**opened, clock));
  auto piece = run(io, (*opened)->read_some(clock.mono_now() + std::chrono::hours{1}));
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().kind, ErrorKind::Cancelled);
  for (int i = 0; i < kLooks && !handler_ended; ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_TRUE(handler_ended);
}

TEST_F(Http, AWriteToAGoneClientIsUnavailable) {
  bool ended = false;
  std::optional<ErrorKind> kind;
  const auto base = serve([&](ServerRequest) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "text/plain", "");
    reply.stream = [&](BodyWriter& writer) -> asio::awaitable<void> {
      struct AtEnd {
        bool& flag;
        ~AtEnd() { flag = true; }
      } at_end{ended};
      const std::string big(1U << 20U, 'x');
      while (!kind) {
        auto written = co_await writer.write(big);
        if (!written) kind = written.error().kind;
      }
    };
    co_return reply;
  });
  auto client = make_client();
  auto opened = run(io, client->open_stream(HttpRequest("GET", base + "/flood")));
  ASSERT_TRUE(opened);
  (*opened)->close();
  for (int i = 0; i < kLooks && !ended; ++i) (void)run(io, clock.sleep_for(Duration{5}));
  EXPECT_TRUE(ended);
  EXPECT_EQ(kind.value_or(ErrorKind::Unavailable), ErrorKind::Unavailable);
}

TEST_F(Http, AHandlersExceptionIsA500AndNoEnd) {
  const auto base = serve([](ServerRequest request) -> asio::awaitable<ServerReply> {
    if (request.path == "/bad") throw std::runtime_error("expected by the test");
    co_return ServerReply(200, "text/plain", "fine");
  });
  auto client = make_client();
  auto bad = send(*client, HttpRequest("GET", base + "/bad"));
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->status, 500U);
  EXPECT_EQ(bad->body.find("expected"), std::string::npos);
  EXPECT_EQ(send(*client, HttpRequest("GET", base + "/good"))->status, 200U);
}

TEST_F(Http, BodiesHaveALimit) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  const auto base = serve(&echo, options);
  auto client = make_client();
  HttpRequest request("POST", base + "/");
  request.body = std::string(4'000'000, 'x');
  auto got = send(*client, request);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 413U);
  request.body = std::string(1000, 'x');
  EXPECT_EQ(send(*client, request)->status, 200U);
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(Http, GzipBodiesComeDecoded) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  const auto base = serve(&echo, options);
  auto client = make_client();
  HttpRequest request("POST", base + "/z");
  request.headers.set("Content-Encoding", "gzip");
  request.body = gzip("want deadbeef\n");
  EXPECT_EQ(send(*client, request)->body, "POST /z? want deadbeef\n");
  request.body = gzip(std::string(2000, 'x'));
  EXPECT_EQ(send(*client, request)->status, 413U);
  request.body = "no gzip at all";
  EXPECT_EQ(send(*client, request)->status, 400U);
  request.body = gzip("want deadbeef\n").substr(0, 12);
  EXPECT_EQ(send(*client, request)->status, 400U);
  request.headers.set("Content-Encoding", "br");
  EXPECT_EQ(send(*client, request)->status, 415U);
}

struct RawRow {
  std::string name;
  std::string bytes;
  std::string starts_with;
  friend void PrintTo(const RawRow& row, std::ostream* out) { *out << row.name; }
};
class RawRequest : public NetTest, public testing::WithParamInterface<RawRow> {};
TEST_P(RawRequest, GetsItsAnswer) {
  serve(&echo);
  const auto answer = talk_raw(server->port(), GetParam().bytes);
  EXPECT_TRUE(answer.starts_with(GetParam().starts_with)) << answer;
}
INSTANTIATE_TEST_SUITE_P(
    Server, RawRequest,
    testing::Values(RawRow{"Nonsense", "hello\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
                    RawRow{"BadVersion", "GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400 "},
                    RawRow{"BadPath", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
                    RawRow{"BadLength", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
                    RawRow{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400 "},
                    RawRow{"EndlessHeader", "GET / HTTP/1.1\r\nA: " + std::string(100'000, 'x'), "HTTP/1.1 431 "},
                    RawRow{"OldVersion", "GET /x HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
                    RawRow{"AbsoluteTarget", "GET http://a.b/x HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
                    RawRow{"Pipelined", "GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Http, AnExpectedContinueIsGivenBeforeTheBody) {
  serve(&echo);
  const auto port = server->port();
  const auto answer = run(io, [](asio::io_context& io_, std::uint16_t to) -> asio::awaitable<std::string> {
    tcp::socket socket(io_);
    co_await socket.async_connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), to), asio::use_awaitable);
    co_await say(socket, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    auto first = co_await read_request_head(socket);
    co_await say(socket, "abc");
    auto second = co_await read_request_head(socket);
    co_return first + second;
  }(io, port));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(Http, AHandlerMayEndTheConnection) {
  const auto base = serve([](ServerRequest) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "text/plain", "bye");
    reply.headers.set("Connection", "close");
    co_return reply;
  });
  const auto answer = talk_raw(server->port(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\nbye")) << answer;
}

TEST_F(Http, StopEndsStreamsAndIdleConnections) {
  bool ended = false;
  const auto base = serve([&](ServerRequest request) -> asio::awaitable<ServerReply> {
    ServerReply reply(200, "text/plain", "hi");
    if (request.path == "/idle") co_return reply;
    reply.stream = [&](BodyWriter&) -> asio::awaitable<void> {
      auto slept = co_await clock.sleep_for(std::chrono::hours{1});
      ended = !slept;
    };
    co_return reply;
  });
  auto client = make_client();
  ASSERT_TRUE(send(*client, HttpRequest("GET", base + "/idle")));
  auto opened = run(io, client->open_stream(HttpRequest("GET", base + "/watch")));
  ASSERT_TRUE(opened);
  run(io, server->stop());
  EXPECT_TRUE(ended);
  auto refused = send(*client, HttpRequest("GET", base + "/idle"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
}

TEST_F(Http, ATakenPortIsAnError) {
  serve(&echo);
  HttpServerOptions options;
  options.port = server->port();
  auto second = start_http_server(io.get_executor(), clock, options, &echo);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("address already in use"), std::string::npos);
}

TEST_F(Http, IdleConnectionsAreClosed) {
  HttpServerOptions options;
  options.idle_timeout = Duration{30};
  serve(&echo, options);
  EXPECT_EQ(talk_raw(server->port(), ""), "");
  EXPECT_EQ(talk_raw(server->port(), "GET / HT"), "");
}

TEST_F(Http, TooManyConnectionsGetA503) {
  HttpServerOptions options;
  options.max_connections = 1;
  const auto base = serve(&echo, options);
  auto client = make_client();
  ASSERT_TRUE(send(*client, HttpRequest("GET", base + "/")));
  EXPECT_TRUE(talk_raw(server->port(), "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace driftwarden::net::test
