#include "integrations/net/http_client.hpp"

#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/connection_pool.hpp"
#include "integrations/net/exchange.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <map>

namespace driftwarden::net {

namespace {

bool is_token(std::string_view text) {
  const auto known = [](char c) { return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos; };
  return !text.empty() && std::all_of(text.begin(), text.end(), known);
}

Result<void> check_headers(const HttpRequest& request) {
  if (!is_token(request.method)) return Error{ErrorKind::InvalidInput, "the HTTP method holds a character that none has"};
  for (const auto& [name, value] : request.headers.all()) {
    if (!is_token(name)) return Error{ErrorKind::InvalidInput, "an HTTP header's name holds a character that none has"};
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return Error{ErrorKind::InvalidInput, "the value of HTTP header " + name + " holds a line break"};
    }
  }
  return Result<void>{};
}

std::string make_head(const HttpRequest& request, const Route& route, const std::string& user_agent) {
  const bool absolute = route.proxy && !route.url.secure();
  std::string head = request.method + " " + (absolute ? "http://" + route.url.authority() : "") + route.url.target + " HTTP/1.1\r\n";
  if (!request.headers.find("Host")) head += "Host: " + route.url.authority() + "\r\n";
  if (!request.headers.find("User-Agent")) head += "User-Agent: " + user_agent + "\r\n";
  if (!request.headers.find("Accept")) head += "Accept: */*\r\n";
  if (absolute && !route.proxy->authorization.empty()) head += "Proxy-Authorization: " + route.proxy->authorization.reveal() + "\r\n";
  const bool has_length = request.headers.find("Content-Length").has_value();
  const bool bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "DELETE" || request.method == "OPTIONS";
  if (!has_length && (!request.body.empty() || !bodiless)) head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers.all()) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

/// What names the call in an error: the query stays out, it may hold a token.
std::string step_of(const HttpRequest& request, const Url& url) {
  return request.method + " " + url.scheme + "://" + url.authority() + url.target.substr(0, url.target.find('?'));
}

struct ClientState {
  ClientState(Clock& clock_, HttpClientOptions options_)
      : clock(clock_),
        options(std::move(options_)),
        pool(std::make_shared<ConnectionPool>(clock_, options.max_idle_per_host, options.idle_for)),
        proxies(options.tls.use_environment_proxy ? read_proxy_environment() : ProxyEnvironment{}) {}

  Result<Route> find_route(const std::string& text) {
    Route route;
    TRY(route.url, parse_url(text));
    TRY(route.proxy, find_proxy(route.url, proxies));
    if (!route.url.secure()) return route;
    // One for each host that we prove ourselves to, and one for all others.
    const auto own = options.tls.clients.find(to_lower(route.url.host));
    auto& tls = contexts[own == options.tls.clients.end() ? std::string() : own->first];
    if (!tls) {
      TRY(tls, make_tls_context(options.tls, identity_for(options.tls, route.url.host)));
    }
    route.tls = tls;
    route.server_name = options.tls.server_name.empty() ? route.url.host : options.tls.server_name;
    route.skip_verify = options.tls.insecure_skip_verify;
    return route;
  }

  Clock& clock;
  HttpClientOptions options;
  std::shared_ptr<ConnectionPool> pool;
  ProxyEnvironment proxies;
  std::map<std::string, std::shared_ptr<asio::ssl::context>> contexts;
};

using StatePtr = std::shared_ptr<ClientState>;
using ExchangePtr = std::shared_ptr<Exchange>;

/// A running exchange with the connection it came on.
struct Call {
  std::string key;
  std::shared_ptr<Transport> transport;
  ExchangePtr exchange;
};
using CallPtr = std::shared_ptr<Call>;

/// The end of a call, also of one that was broken off; then there is nothing to give back.
void finish(ConnectionPool& pool, Call& call) {
  auto transport = std::exchange(call.transport, nullptr);
  if (!transport) return;
  if (call.exchange->reusable()) {
    pool.put(call.key, std::move(transport));
  } else {
    call.exchange->close();
  }
}

asio::awaitable<Result<Call>> begin(StatePtr state, const HttpRequest& request, Route route) {
  const std::string head = make_head(request, route, state->options.user_agent);
  const bool repeatable = request.idempotent || request.method == "GET" || request.method == "HEAD";
  Call call;
  call.key = route.url.scheme + "://" + route.url.authority();
  call.transport = state->pool->take(call.key);
  bool reused = call.transport != nullptr;
  for (;;) {
    if (!call.transport) {
      CO_TRY(call.transport, co_await open_transport(state->clock, route));
    }
    if (state->options.may_send && !state->options.may_send()) {
      state->pool->put(call.key, std::move(call.transport));
      co_return Error{ErrorKind::Cancelled, "this instance may not speak: another one leads"};
    }
    call.exchange = create_exchange(call.transport);
    auto started = co_await call.exchange->start(head, request.body, request.method == "HEAD");
    if (started) co_return call;
    call.exchange->close();
    const bool died_idle = reused && repeatable && !call.exchange->got_bytes() && started.error().kind == ErrorKind::Unavailable;
    if (!died_idle) co_return started.error();
    reused = false;
    call.transport = nullptr;
  }
}

Error too_long(std::size_t limit) {
  return Error{ErrorKind::Corrupt, "the answer is longer than the " + std::to_string(limit) + " bytes that are accepted"};
}

asio::awaitable<Result<HttpResponse>> perform(StatePtr state, HttpRequest request, Route route) {
  CO_TRY(auto call, co_await begin(state, request, std::move(route)));
  HttpResponse response;
  response.status = call.exchange->status();
  response.headers = call.exchange->headers();
  for (;;) {
    auto piece = co_await call.exchange->read_piece();
    if (!piece || response.body.size() + piece->size() > request.max_response_bytes) {
      call.exchange->close();
      if (!piece) co_return piece.error();
      co_return too_long(request.max_response_bytes);
    }
    if (piece->empty()) break;
    response.body += *piece;
  }
  finish(*state->pool, call);
  co_return response;
}

asio::awaitable<Result<std::string>> read_stream(StatePtr state, CallPtr call, std::string step, MonoTime deadline) {
  try {
    auto reading = call->exchange->read_piece();
    auto piece = co_await with_deadline<std::string>(state->clock, deadline, std::move(reading));
    if (!piece) co_return wrap("reading from " + step, piece.error());
    if (piece->empty()) finish(*state->pool, *call);
    co_return piece;
  } catch (const boost::system::system_error& error) {
    co_return io_error(error.code(), "reading from " + step);
  }
}

class PooledStream final : public HttpStream {
 public:
  PooledStream(StatePtr state, Call call, std::string step)
      : state_(std::move(state)), call_(std::make_shared<Call>(std::move(call))), step_(std::move(step)) {}
  ~PooledStream() override { PooledStream::close(); }

  unsigned status() const override { return call_->exchange->status(); }
  const Headers& headers() const override { return call_->exchange->headers(); }
  asio::awaitable<Result<std::string>> read_some(MonoTime deadline) override { return read_stream(state_, call_, step_, deadline); }
  void close() override { finish(*state_->pool, *call_); }

 private:
  StatePtr state_;
  CallPtr call_;
  std::string step_;
};

asio::awaitable<Result<std::unique_ptr<HttpStream>>> open(StatePtr state, HttpRequest request, Route route) {
  auto step = step_of(request, route.url);
  CO_TRY(auto call, co_await begin(state, request, std::move(route)));
  co_return std::make_unique<PooledStream>(std::move(state), std::move(call), std::move(step));
}

/// Bounds `Work` and makes every way it can end a value with the call's name in it.
template <class T, class Work>
asio::awaitable<Result<T>> bounded(StatePtr state, HttpRequest request, Work work) {
  CO_CHECK_OK(check_headers(request));
  CO_TRY(auto route, state->find_route(request.url));
  const auto step = step_of(request, route.url);
  const auto timeout = request.timeout;
  const auto deadline = state->clock.mono_now() + timeout;
  try {
    auto op = work(state, std::move(request), std::move(route));
    auto result = co_await with_deadline<T>(state->clock, deadline, std::move(op));
    if (result) co_return result;
    if (result.error().kind == ErrorKind::Timeout) co_return Error{ErrorKind::Timeout, step + ": no answer within " + format_duration(timeout)};
    co_return wrap(step, result.error());
  } catch (const boost::system::system_error& error) {
    co_return io_error(error.code(), step);
  }
}

class BeastClient final : public HttpClient {
 public:
  BeastClient(Clock& clock, HttpClientOptions options) : state_(std::make_shared<ClientState>(clock, std::move(options))) {}

  asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    return bounded<HttpResponse>(state_, std::move(request), &perform);
  }
  asio::awaitable<Result<std::unique_ptr<HttpStream>>> open_stream(HttpRequest request) override {
    return bounded<std::unique_ptr<HttpStream>>(state_, std::move(request), &open);
  }

 private:
  StatePtr state_;
};

}  // namespace

std::unique_ptr<HttpClient> create_http_client(asio::any_io_executor, Clock& clock, HttpClientOptions options) {
  return std::make_unique<BeastClient>(clock, std::move(options));
}

}  // namespace driftwarden::net
