#include "integrations/git/http_transport.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/git/blocking.hpp"
#include "integrations/git/remote_url.hpp"
#include "integrations/net/url.hpp"

#include <boost/asio/post.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace driftwarden::git {

namespace {

constexpr std::size_t kMaxWords = 300;           ///< of an error page
constexpr std::size_t kSlowestUpload = 64U << 10U;  ///< bytes per second that an upload may be slow before it counts as silence
constexpr Duration kMargin{10'000};              ///< the I/O thread's own deadline comes first

struct Exchange {
  asio::any_io_executor executor;
  Clock* clock = nullptr;
  net::HttpClient* client = nullptr;
  TransportLimits limits;
  GitCredentials credentials;
};

using StreamPtr = std::shared_ptr<net::HttpStream>;

asio::awaitable<Result<StreamPtr>> open_on_io(net::HttpClient& client, net::HttpRequest request) {
  CO_TRY(auto stream, co_await client.open_stream(std::move(request)));
  co_return StreamPtr(std::move(stream));
}

asio::awaitable<Result<std::string>> read_on_io(StreamPtr stream, Clock& clock, Duration silence, MonoTime end) {
  co_return co_await stream->read_some(std::min(clock.mono_now() + silence, end));
}

bool is_push(GitService service) { return service == GitService::ReceivePack || service == GitService::ReceivePackRefs; }
bool is_refs(GitService service) { return service == GitService::UploadPackRefs || service == GitService::ReceivePackRefs; }
std::string name_of(GitService service) { return is_push(service) ? "git-receive-pack" : "git-upload-pack"; }

/// The words a server gives with a refusal, when they are words and no page.
std::string words(const net::Headers& headers, const std::string& body) {
  if (to_lower(headers.find("Content-Type").value_or("")).find("text/plain") != 0) return {};
  const auto text = trim(body);
  const bool readable = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return readable && !text.empty() ? ": " + ellipsize(without_control_characters(text), kMaxWords) : std::string();
}

Error refusal(unsigned status, const net::Headers& headers, const std::string& remote, bool had_credentials, const std::string& said) {
  const auto location = headers.find("Location");
  if (status >= 300 && status < 400 && location) {
    const auto where = shown_location(*location);
    return {ErrorKind::InvalidInput,
            fmt::format("{} redirects to {}; redirects are not followed, set the repository's URL to that if you trust it", remote, where)};
  }
  switch (status) {
    case 401: {
      const auto why = had_credentials ? "does not accept the credentials" : "asks for credentials and none are configured";
      return {ErrorKind::Denied, fmt::format("{} {}{}", remote, why, said)};
    }
    case 403: return {ErrorKind::Denied, fmt::format("{} does not allow this with the credentials given{}", remote, said)};
    case 404:
    case 410:
      return {ErrorKind::NotFound, fmt::format("{} doesn't exist or is hidden from the credentials given{}", remote, said)};
    case 429: return {ErrorKind::RateLimited, fmt::format("{} asks to slow down{}", remote, said)};
    default: break;
  }
  const auto kind = status >= 500 || status == 408 ? ErrorKind::Unavailable : ErrorKind::InvalidInput;
  return {kind, fmt::format("{} answered with HTTP status {}{}", remote, status, said)};
}

class HttpGitStream final : public GitStream {
 public:
  HttpGitStream(std::shared_ptr<const Exchange> exchange, GitService service, std::string remote)
      : exchange_(std::move(exchange)), service_(service), remote_(std::move(remote)), end_(exchange_->clock->mono_now() + exchange_->limits.total) {}

  ~HttpGitStream() override {
    if (!stream_) return;
    // It lives on the I/O thread and dies there.
    asio::post(exchange_->executor, [stream = std::move(stream_)] { stream->close(); });
  }

  Result<void> write(std::string_view bytes) override {
    if (stream_ || is_refs(service_)) return Error{ErrorKind::Corrupt, "Git wrote after the request was sent"};
    if (body_.size() + bytes.size() > exchange_->limits.max_push_bytes) {
      return Error{ErrorKind::InvalidInput, fmt::format("more than {} MiB to send to {}", exchange_->limits.max_push_bytes >> 20U, remote_)};
    }
    body_ += bytes;
    return Result<void>{};
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (!stream_) CHECK_OK(begin());
    if (taken_ == piece_.size()) {
      TRY(piece_, next_piece());
      taken_ = 0;
    }
    const auto count = std::min(size, piece_.size() - taken_);
    std::memcpy(buffer, piece_.data() + taken_, count);
    taken_ += count;
    return count;
  }

 private:
  net::HttpRequest make_request() {
    const auto service = name_of(service_);
    net::HttpRequest request(is_refs(service_) ? "GET" : "POST", remote_ + (is_refs(service_) ? "/info/refs?service=" + service : "/" + service));
    request.headers.set("User-Agent", "git/2.0 (driftwarden)");  // some servers tell Git from browsers by this
    request.headers.set("Accept", is_refs(service_) ? "*/*" : "application/x-" + service + "-result");
    request.headers.set("Cache-Control", "no-cache");
    if (!is_refs(service_)) request.headers.set("Content-Type", "application/x-" + service + "-request");
    const auto& credentials = exchange_->credentials;
    if (!credentials.password.empty()) {
      const auto& user = credentials.username.empty() ? std::string("x-access-token") : credentials.username;
      request.headers.set("Authorization", "Basic " + base64_encode(user + ":" + credentials.password.reveal()));
    }
    request.idempotent = !is_push(service_);
    request.timeout = exchange_->limits.silence + Duration(1000 * static_cast<long>(body_.size() / kSlowestUpload));
    request.body = std::move(body_);
    return request;
  }

  Result<void> begin() {
    TRY(const auto url, net::parse_url(remote_));
    if (!url.secure() && !net::is_loopback(url)) {
      return Error{ErrorKind::InvalidInput, fmt::format("{}: plain http shows the credentials to everybody on the way; use https", remote_)};
    }
    auto request = make_request();
    const auto patience = request.timeout + kMargin;
    TRY(stream_, wait_for<StreamPtr>(exchange_->executor, open_on_io(*exchange_->client, std::move(request)), patience));
    if (stream_->status() != 200) {
      return refusal(stream_->status(), stream_->headers(), remote_, !exchange_->credentials.password.empty(), read_words());
    }
    const auto expected = fmt::format("application/x-{}-{}", name_of(service_), is_refs(service_) ? "advertisement" : "result");
    const auto type = to_lower(stream_->headers().find("Content-Type").value_or("nothing"));
    if (type.rfind(expected, 0) != 0) {
      const auto shown = ellipsize(without_control_characters(type), 60);
      return Error{ErrorKind::NotFound, fmt::format("{} is no Git repository: the server answered with {}", remote_, shown)};
    }
    return Result<void>{};
  }

  Result<std::string> next_piece() {
    const auto silence = exchange_->limits.silence;
    auto piece = wait_for<std::string>(exchange_->executor, read_on_io(stream_, *exchange_->clock, silence, end_), silence + kMargin);
    if (!piece && piece.error().kind == ErrorKind::Timeout && exchange_->clock->mono_now() >= end_) {
      return Error{ErrorKind::Timeout, fmt::format("{} took longer than {}", remote_, format_duration(exchange_->limits.total))};
    }
    if (!piece && piece.error().kind == ErrorKind::Timeout) {
      return Error{ErrorKind::Timeout, fmt::format("{} went silent for {}", remote_, format_duration(silence))};
    }
    return piece;
  }

  std::string read_words() {
    std::string body;
    while (body.size() < kMaxWords) {
      auto piece = next_piece();
      if (!piece || piece->empty()) break;
      body += *piece;
    }
    return words(stream_->headers(), body.substr(0, kMaxWords));
  }

  std::shared_ptr<const Exchange> exchange_;
  GitService service_;
  std::string remote_;
  MonoTime end_;
  std::string body_;
  StreamPtr stream_;
  std::string piece_;
  std::size_t taken_ = 0;
};

class HttpTransport final : public GitTransport {
 public:
  explicit HttpTransport(std::shared_ptr<const Exchange> exchange) : exchange_(std::move(exchange)) {}
  bool stateless() const override { return true; }
  Result<std::unique_ptr<GitStream>> open(GitService service, const std::string& url) override {
    if (url.find_first_of("?#") != std::string::npos) return Error{ErrorKind::InvalidInput, "the repository's URL holds a query or fragment; remove it"};
    auto remote = url;
    while (!remote.empty() && remote.back() == '/') remote.pop_back();
    return std::unique_ptr<GitStream>(std::make_unique<HttpGitStream>(exchange_, service, std::move(remote)));
  }

 private:
  std::shared_ptr<const Exchange> exchange_;
};

}  // namespace

std::unique_ptr<GitTransport> create_http_transport(asio::any_io_executor executor, Clock& clock, net::HttpClient& client, GitCredentials credentials,
                                                    TransportLimits limits) {
  auto exchange = std::make_shared<Exchange>();
  exchange->executor = std::move(executor);
  exchange->clock = &clock;
  exchange->client = &client;
  exchange->limits = limits;
  exchange->credentials = std::move(credentials);
  return std::make_unique<HttpTransport>(std::move(exchange));
}

}  // namespace driftwarden::git
