#include "integrations/net/byte_stream.hpp"
#include "tests/support/certificates/certificates.hpp"
#include "tests/unit/integrations/net/fixture.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstdlib>

namespace driftwarden::net::test {
namespace {

namespace ssl = asio::ssl;

class Tls : public NetTest {
 protected:
  /// A TLS server that answers each request with "hello NAME", NAME being the client certificate's subject if any.
  std::uint16_t secure(const Identity& identity, bool want_client_certificate = false) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    context->use_certificate_chain(asio::buffer(identity.certificate_pem));
    context->use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
    if (want_client_certificate) {
      context->add_certificate_authority(asio::buffer(authority.certificate_pem));
      context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    }
    return listen([this, context](tcp::socket socket) { return answer(std::move(socket), context); });
  }

  asio::awaitable<void> answer(tcp::socket socket, std::shared_ptr<ssl::context> context) {
    ssl::stream<tcp::socket> stream(std::move(socket), *context);
    auto [failed] = co_await stream.async_handshake(ssl::stream_base::server, kAwait);
    if (failed) co_return;
    const char* sni = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
    seen_name = sni == nullptr ? "" : sni;
    for (;;) {
      std::string head;
      auto [unread, bytes] = co_await asio::async_read_until(stream, asio::dynamic_buffer(head), "\r\n\r\n", kAwait);
      if (unread) co_return;
      const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      co_await asio::async_write(stream, asio::buffer(reply), kAwait);
    }
  }

  HttpClientOptions trusting() const {
    HttpClientOptions options;
    options.tls.ca_pem = authority.certificate_pem;
    return options;
  }
  Result<HttpResponse> get(HttpClientOptions options, const std::string& host, std::uint16_t port) {
    auto client = make_client(std::move(options));
    return send(*client, HttpRequest("GET", "https://" + host + ":" + std::to_string(port) + "/"));
  }

  Identity authority = make_authority("test authority");
  std::string seen_name;
};

TEST_F(Tls, TrustsAnAddressAndANameOfTheCertificate) {
  const auto port = secure(issue(authority, "server", "DNS:localhost,IP:127.0.0.1"));
  auto by_address = get(trusting(), "127.0.0.1", port);
  ASSERT_TRUE(by_address) << by_address.error().message;
  EXPECT_EQ(by_address->body, "hello");
  EXPECT_EQ(seen_name, "");
  auto by_name = get(trusting(), "localhost", port);
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(seen_name, "localhost");
}

TEST_F(Tls, ReusesAConnection) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1"));
  auto client = make_client(trusting());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(*client, HttpRequest("GET", "https://127.0.0.1:" + std::to_string(port)))->body, "hello");
  EXPECT_EQ(accepted, 1);
}

TEST_F(Tls, RefusesAnotherNameAddressOrAuthority) {
  const auto named = secure(issue(authority, "server", "DNS:other.example"));
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    auto got = get(trusting(), host, named);
    ASSERT_FALSE(got) << host;
    EXPECT_EQ(got.error().kind, ErrorKind::Denied);
    EXPECT_NE(got.error().message.find("mismatch"), std::string::npos) << got.error().message;
  }
  const auto stranger = secure(issue(make_authority("somebody else"), "server", "IP:127.0.0.1"));
  auto got = get(trusting(), "127.0.0.1", stranger);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Denied);
  EXPECT_EQ(get(HttpClientOptions{}, "127.0.0.1", stranger).error().kind, ErrorKind::Denied) << "the system's roots";
}

TEST_F(Tls, AGivenServerNameIsVerifiedInstead) {
  const auto port = secure(issue(authority, "server", "DNS:other.example"));
  auto options = trusting();
  options.tls.server_name = "other.example";
  ASSERT_TRUE(get(options, "127.0.0.1", port));
  EXPECT_EQ(seen_name, "other.example");
}

TEST_F(Tls, VerificationCanBeSkipped) {
  const auto port = secure(issue(make_authority("somebody else"), "server", "DNS:x"));
  HttpClientOptions options;
  options.tls.insecure_skip_verify = true;
  EXPECT_TRUE(get(options, "127.0.0.1", port));
}

TEST_F(Tls, ShowsItsClientCertificate) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1"), true);
  auto without = get(trusting(), "127.0.0.1", port);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::Denied) << without.error().message;
  const auto me = issue(authority, "driftwarden", "");
  auto options = trusting();
  options.tls.client_certificate_pem = me.certificate_pem;
  options.tls.client_key_pem = Secret<std::string>(me.key_pem);
  auto with = get(options, "127.0.0.1", port);
  ASSERT_TRUE(with) << with.error().message;
  options.tls.client_key_pem = Secret<std::string>(authority.key_pem);
  auto wrong_key = get(options, "127.0.0.1", port);
  ASSERT_FALSE(wrong_key);
  EXPECT_EQ(wrong_key.error().kind, ErrorKind::InvalidInput);
}

TEST_F(Tls, AGivenAuthorityIsTrustedBesideTheSystems) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1"));
  HttpClientOptions options;
  ASSERT_FALSE(get(options, "127.0.0.1", port)) << "the system's roots alone";
  const auto other = make_authority("another authority");
  options.tls.more_ca_pem = other.certificate_pem + authority.certificate_pem;
  EXPECT_TRUE(get(options, "127.0.0.1", port)) << "the second of a bundle";
  options.tls.more_ca_pem = other.certificate_pem;
  EXPECT_FALSE(get(options, "127.0.0.1", port));
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  const auto port = secure(issue_expired(authority, "server", "IP:127.0.0.1"));
  auto got = get(trusting(), "127.0.0.1", port);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Denied);
  EXPECT_NE(got.error().message.find("expired"), std::string::npos) << got.error().message;
}

TEST_F(Tls, ACertificateForOneHostIsShownToNoOther) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1,DNS:localhost"), true);
  const auto me = issue(authority, "driftwarden", "");
  auto options = trusting();
  options.tls.clients["localhost"] = {me.certificate_pem, Secret<std::string>(me.key_pem)};
  EXPECT_TRUE(get(options, "localhost", port));
  EXPECT_TRUE(get(options, "LOCALHOST", port)) << "hosts have no case";
  EXPECT_FALSE(get(options, "127.0.0.1", port));
}

TEST_F(Tls, OldProtocolsAreRefused) {
  const auto identity = issue(authority, "server", "IP:127.0.0.1");
  const auto port_with = [&](int newest) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    // What OpenSSL itself forbids by default is allowed here, so that it is the client who refuses.
    SSL_CTX_set_security_level(context->native_handle(), 0);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context->native_handle(), newest);
    SSL_CTX_set_cipher_list(context->native_handle(), "ALL:@SECLEVEL=0");
    context->use_certificate_chain(asio::buffer(identity.certificate_pem));
    context->use_private_key(asio::buffer(identity.key_pem), ssl::context::pem);
    return listen([this, context](tcp::socket socket) { return answer(std::move(socket), context); });
  };
  EXPECT_FALSE(get(trusting(), "127.0.0.1", port_with(TLS1_1_VERSION)));
  EXPECT_TRUE(get(trusting(), "127.0.0.1", port_with(TLS1_2_VERSION)));
}

TEST_F(Tls, AByteStreamTrustsAndProvesTheSame) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1"), true);
  const auto me = issue(authority, "driftwarden", "");
  const auto open = [&](const TlsOptions& tls) { return run(io, connect(clock, parse_url("wss://127.0.0.1:" + std::to_string(port)).value(), tls, clock.mono_now() + kPatience)); };
  TlsOptions tls;
  EXPECT_FALSE(open(tls)) << "an unknown authority";
  tls.more_ca_pem = authority.certificate_pem;
  tls.clients["127.0.0.1"] = {me.certificate_pem, Secret<std::string>(me.key_pem)};
  EXPECT_TRUE(open(tls));
}

TEST_F(Tls, UnusablePemIsInvalid) {
  HttpClientOptions options;
  options.tls.ca_pem = "nonsense";
  EXPECT_EQ(get(options, "127.0.0.1", 1).error().kind, ErrorKind::InvalidInput);
}

TEST_F(Tls, APlainServerIsNoTls) {
  serve([](ServerRequest) -> asio::awaitable<ServerReply> { co_return ServerReply(200, "text/plain", "x"); });
  auto got = get(trusting(), "127.0.0.1", server->port());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Unavailable);
}

asio::awaitable<void> relay(tcp::socket& from, tcp::socket& to) {
  std::string bytes(4096, '\0');
  for (;;) {
    auto [failed, got] = co_await from.async_read_some(asio::buffer(bytes), kAwait);
    if (failed) break;
    co_await asio::async_write(to, asio::buffer(bytes, got), kAwait);
  }
  boost::system::error_code ignored;
  to.shutdown(tcp::socket::shutdown_both, ignored);
}

TEST_F(Tls, GoesThroughAProxysTunnel) {
  const auto target = secure(issue(authority, "server", "DNS:example.invalid"));
  std::string head;
  const auto proxy = listen([&, target](tcp::socket client) -> asio::awaitable<void> {
    head = co_await read_request_head(client);
    tcp::socket upstream(io);
    co_await upstream.async_connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), target), kAwait);
    (void)co_await say(client, "HTTP/1.1 200 Connection established\r\n\r\n");
    auto back = asio::co_spawn(io, relay(upstream, client), asio::deferred);
    auto race = asio::experimental::make_parallel_group(asio::co_spawn(io, relay(client, upstream), asio::deferred), std::move(back));
    co_await race.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  });
  ::setenv("https_proxy", ("http://u:p@127.0.0.1:" + std::to_string(proxy)).c_str(), 1);
  auto got = get(trusting(), "example.invalid", 443);
  auto direct = get(trusting(), "127.0.0.1", target);
  ::unsetenv("https_proxy");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(head.starts_with("CONNECT example.invalid:443 HTTP/1.1\r\nHost: example.invalid:443\r\nProxy-Authorization: Basic dTpw\r\n")) << head;
  ASSERT_FALSE(direct) << "loopback isn't proxied, and the certificate is for another name";
  EXPECT_EQ(direct.error().kind, ErrorKind::Denied);
}

TEST_F(Tls, AProxyMayRefuse) {
  const auto proxy = listen([](tcp::socket client) -> asio::awaitable<void> {
    (void)co_await read_request_head(client);
    (void)co_await say(client, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  ::setenv("https_proxy", ("127.0.0.1:" + std::to_string(proxy)).c_str(), 1);
  auto got = get(trusting(), "example.invalid", 443);
  ::unsetenv("https_proxy");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::Denied);
}

TEST_F(Tls, AByteStreamReadsAndWrites) {
  const auto port = secure(issue(authority, "server", "IP:127.0.0.1"));
  auto connected = run(io, connect(clock, parse_url("wss://127.0.0.1:" + std::to_string(port)).value(), trusting().tls, clock.mono_now() + kPatience));
  ASSERT_TRUE(connected) << connected.error().message;
  auto& stream = **connected;
  ASSERT_TRUE(run(io, stream.write("GET / HTTP/1.1\r\n\r\n")));
  auto bytes = run(io, stream.read_some());
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_TRUE(bytes->starts_with("HTTP/1.1 200 OK\r\n"));
  tasks.spawn("closer", [](ByteStream& ending, Clock& time) -> asio::awaitable<void> {
    (void)co_await time.sleep_for(Duration{5});
    ending.close();
  }(stream, clock));
  auto ended = run(io, stream.read_some());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::Cancelled);
}

TEST_F(Tls, AHandshakeThatNeverEndsIsATimeout) {
  const auto port = listen([this](tcp::socket socket) -> asio::awaitable<void> {
    (void)co_await clock.sleep_for(std::chrono::hours{1});
    socket.close();
  });
  auto connected = run(io, connect(clock, parse_url("wss://127.0.0.1:" + std::to_string(port)).value(), trusting().tls, clock.mono_now() + Duration{30}));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::Timeout);
}

TEST_F(Tls, APlainByteStreamEndsCleanly) {
  const auto port = listen([](tcp::socket socket) -> asio::awaitable<void> { (void)co_await say(socket, "bye"); });
  auto connected = run(io, connect(clock, parse_url("ws://127.0.0.1:" + std::to_string(port)).value(), TlsOptions{}, clock.mono_now() + kPatience));
  ASSERT_TRUE(connected);
  EXPECT_EQ(run(io, (*connected)->read_some()).value(), "bye");
  EXPECT_EQ(run(io, (*connected)->read_some()).value(), "");
}

}  // namespace
}  // namespace driftwarden::net::test
