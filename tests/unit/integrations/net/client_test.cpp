// Our client against peers that say what a test wants.
#include "tests/unit/integrations/net/fixture.hpp"

#include <cstdlib>

namespace driftwarden::net::test {
namespace {

std::string at(std::uint16_t port, const std::string& target = "/") { return "http://127.0.0.1:" + std::to_string(port) + target; }

/// Answers every request on the connection with `answer`.
asio::awaitable<void> always(tcp::socket socket, std::string answer) {
  for (;;) {
    const auto head = co_await read_request_head(socket);
    if (head.empty() || !co_await say(socket, answer)) co_return;
  }
}
/// Answers the first request, waits for the next one and hangs up on it; or hangs up at once.
asio::awaitable<void> once_then_die(tcp::socket socket, bool after_next_request) {
  (void)co_await read_request_head(socket);
  (void)co_await say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  if (after_next_request) (void)co_await read_request_head(socket);
}
asio::awaitable<void> stay_silent(tcp::socket socket) {
  char byte = 0;
  for (;;) {
    auto [failed, bytes] = co_await socket.async_read_some(asio::buffer(&byte, 1), kAwait);
    if (failed) co_return;
  }
}

class Client : public NetTest {
 protected:
  std::uint16_t answering(std::string answer, bool close = false) {
    return listen([=](tcp::socket socket) -> asio::awaitable<void> { return close ? last_words(std::move(socket), answer) : always(std::move(socket), answer); });
  }
  static asio::awaitable<void> last_words(tcp::socket socket, std::string answer) {
    (void)co_await read_request_head(socket);
    (void)co_await say(socket, answer);
  }
};

TEST_F(Client, ReusesAConnection) {
  const auto port = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  auto client = make_client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(*client, HttpRequest("GET", at(port)))->body, "ok");
  EXPECT_EQ(accepted, 1);
}

TEST_F(Client, ARedirectToTheMetadataServiceIsAnAnswerAndNoMore) {
  const auto port = answering("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/iam\r\nContent-Length: 0\r\n\r\n");
  auto client = make_client();
  HttpRequest request("GET", at(port));
  request.headers.set("Authorization", "Bearer t0ken");
  const auto answer = send(*client, request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 302U);
  EXPECT_EQ(accepted, 1);
}

TEST_F(Client, DoesNotReuseAClosedOrExpiredOne) {
  const auto closing = answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  auto client = make_client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(*client, HttpRequest("GET", at(closing)))->body, "ok");
  EXPECT_EQ(accepted, 3);
  HttpClientOptions options;
  options.idle_for = Duration{0};
  auto hasty = make_client(options);
  const auto port = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(send(*hasty, HttpRequest("GET", at(port)))->body, "ok");
    (void)run(io, clock.sleep_for(Duration{2}));
  }
  EXPECT_EQ(accepted, 6);
}

TEST_F(Client, ReplacesAnIdleConnectionThatThePeerClosed) {
  const auto port = listen([](tcp::socket socket) { return once_then_die(std::move(socket), false); });
  auto client = make_client();
  for (int i = 0; i < 3; ++i) {
    HttpRequest request("POST", at(port));
    auto got = send(*client, request);
    ASSERT_TRUE(got) << got.error().message;
    (void)run(io, clock.sleep_for(Duration{5}));
  }
  EXPECT_EQ(accepted, 3);
}

TEST_F(Client, RepeatsOnlyWhatMayBeRepeatedWhenAReusedConnectionDies) {
  const auto port = listen([](tcp::socket socket) { return once_then_die(std::move(socket), true); });
  auto client = make_client();
  ASSERT_TRUE(send(*client, HttpRequest("GET", at(port))));
  EXPECT_TRUE(send(*client, HttpRequest("GET", at(port))));
  EXPECT_EQ(accepted, 2);
  auto refused = send(*client, HttpRequest("POST", at(port)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  ASSERT_TRUE(send(*client, HttpRequest("GET", at(port))));
  HttpRequest patch("PATCH", at(port));
  patch.idempotent = true;
  EXPECT_TRUE(send(*client, patch));
}

TEST_F(Client, WhoMayNotSpeakSendsNothing) {
  bool may = true;
  int asked = 0;
  HttpClientOptions options;
  options.may_send = [&] {
    ++asked;
    return may;
  };
  const auto port = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  auto client = make_client(std::move(options));
  EXPECT_TRUE(send(*client, HttpRequest("POST", at(port))));
  may = false;
  const auto refused = send(*client, HttpRequest("POST", at(port)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Cancelled);
  may = true;
  EXPECT_TRUE(send(*client, HttpRequest("POST", at(port))));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(accepted, 1) << "the connection stayed as it was";
}

TEST_F(Client, ASilentServerIsATimeout) {
  const auto port = listen(&stay_silent);
  auto client = make_client();
  HttpRequest request("GET", at(port, "/slow?token=secret"));
  request.timeout = Duration{50};
  auto got = send(*client, request);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Timeout);
  EXPECT_EQ(got.error().message, "GET http://127.0.0.1:" + std::to_string(port) + "/slow: no answer within 50ms");
}

TEST_F(Client, CancellingEndsACall) {
  const auto port = listen(&stay_silent);
  auto client = make_client();
  std::optional<Result<HttpResponse>> got;
  TaskGroup group(io.get_executor());
  group.spawn("caller", [](HttpClient& http, HttpRequest request, std::optional<Result<HttpResponse>>& into) -> asio::awaitable<void> {
    auto result = co_await http.send(std::move(request));
    into = std::move(result);
  }(*client, HttpRequest("GET", at(port)), got));
  (void)run(io, clock.sleep_for(Duration{10}));
  run(io, group.join());
  ASSERT_TRUE(got);
  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error().kind, ErrorKind::Cancelled);
}

TEST_F(Client, NobodyThereIsUnavailable) {
  std::uint16_t free_port = 0;
  {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
    free_port = acceptor.local_endpoint().port();
  }
  auto client = make_client();
  auto got = send(*client, HttpRequest("GET", at(free_port)));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(got.error().message.find("Connection refused"), std::string::npos) << got.error().message;
  auto nowhere = send(*client, HttpRequest("GET", "http://no-such-host.invalid/"));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, ErrorKind::Unavailable);
}

TEST_F(Client, RefusesWhatCannotBeSent) {
  auto client = make_client();
  HttpRequest broken("GET", "http://127.0.0.1:1/");
  broken.headers.add("X", "a\r\nY: b");
  EXPECT_EQ(send(*client, broken).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(send(*client, HttpRequest("GET /", "http://127.0.0.1:1/")).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(send(*client, HttpRequest("GET", "nonsense")).error().kind, ErrorKind::InvalidInput);
}

struct AnswerRow {
  std::string name;
  std::string bytes;
  std::string body;  ///< or "!Kind"
  friend void PrintTo(const AnswerRow& row, std::ostream* out) { *out << row.name; }
};
class Answers : public Client, public testing::WithParamInterface<AnswerRow> {};
TEST_P(Answers, AreUnderstood) {
  const auto port = answering(GetParam().bytes, true);
  auto client = make_client();
  HttpRequest request("GET", at(port));
  request.max_response_bytes = 100;
  auto got = send(*client, request);
  EXPECT_EQ(got ? got->body : "!" + std::string(to_string(got.error().kind)), GetParam().body);
}
INSTANTIATE_TEST_SUITE_P(
    Client, Answers,
    testing::Values(AnswerRow{"Length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
                    AnswerRow{"UntilClose", "HTTP/1.1 200 OK\r\n\r\nall of it", "all of it"},
                    AnswerRow{"Chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n", "abc"},
                    AnswerRow{"NoContent", "HTTP/1.1 204 No Content\r\n\r\n", ""},
                    AnswerRow{"ContinueFirst", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x"},
                    AnswerRow{"CutShort", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf", "!unavailable"},
                    AnswerRow{"CutChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "!unavailable"},
                    AnswerRow{"CutHeader", "HTTP/1.1 200 OK\r\nConte", "!unavailable"}, AnswerRow{"Nothing", "", "!unavailable"},
                    AnswerRow{"TooLong", "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'), "!corrupt"},
                    AnswerRow{"TooLongUntilClose", "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'), "!corrupt"},
                    AnswerRow{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "!corrupt"},
                    AnswerRow{"BadChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "!corrupt"},
                    AnswerRow{"EndlessHeader", "HTTP/1.1 200 OK\r\nA: " + std::string(300'000, 'x') + "\r\n\r\n", "!corrupt"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Client, AnEarlyRefusalOfALongBodyIsAnAnswer) {
  const auto port = listen([this](tcp::socket socket) -> asio::awaitable<void> {
    (void)co_await read_request_head(socket);
    (void)co_await say(socket, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    (void)co_await clock.sleep_for(std::chrono::hours{1});
  });
  auto client = make_client();
  HttpRequest request("POST", at(port));
  request.body = std::string(20'000'000, 'x');
  for (int i = 0; i < 2; ++i) {
    auto got = send(*client, request);
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 401U);
  }
  EXPECT_EQ(accepted, 2) << "a connection with half a request on it isn't used again";
}

TEST_F(Client, APeerThatStopsReadingALongBodyIsATimeout) {
  const auto port = listen([this](tcp::socket socket) -> asio::awaitable<void> {
    (void)co_await clock.sleep_for(std::chrono::hours{1});
    socket.close();
  });
  auto client = make_client();
  HttpRequest request("POST", at(port));
  request.body = std::string(20'000'000, 'x');
  request.timeout = Duration{50};
  EXPECT_EQ(send(*client, request).error().kind, ErrorKind::Timeout);
}

TEST_F(Client, APeerThatHangsUpOnALongBodyIsUnavailable) {
  const auto port = answering("", true);
  auto client = make_client();
  HttpRequest request("POST", at(port));
  request.body = std::string(20'000'000, 'x');
  EXPECT_EQ(send(*client, request).error().kind, ErrorKind::Unavailable);
}

TEST_F(Client, HttpThroughAProxyUsesTheWholeUrl) {
  std::string head;
  const auto port = listen([&](tcp::socket socket) -> asio::awaitable<void> {
    head = co_await read_request_head(socket);
    (void)co_await say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  ::setenv("http_proxy", ("http://u:p@127.0.0.1:" + std::to_string(port)).c_str(), 1);
  auto client = make_client();
  ::unsetenv("http_proxy");
  auto got = send(*client, HttpRequest("GET", "http://example.invalid/x?y"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(head.starts_with("GET http://example.invalid/x?y HTTP/1.1\r\nHost: example.invalid\r\n")) << head;
  EXPECT_NE(head.find("Proxy-Authorization: Basic dTpw\r\n"), std::string::npos);
}

TEST_F(Client, AStreamGivesItsConnectionBack) {
  const auto port = answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
  auto client = make_client();
  for (int i = 0; i < 3; ++i) {
    auto opened = run(io, client->open_stream(HttpRequest("GET", at(port))));
    ASSERT_TRUE(opened);
    EXPECT_EQ(run(io, (*opened)->read_some(clock.mono_now() + Duration{1000})).value(), "ab");
    EXPECT_EQ(run(io, (*opened)->read_some(clock.mono_now() + Duration{1000})).value(), "");
    EXPECT_EQ(run(io, (*opened)->read_some(clock.mono_now() + Duration{1000})).value(), "");
  }
  EXPECT_EQ(accepted, 1);
}

}  // namespace
}  // namespace driftwarden::net::test
