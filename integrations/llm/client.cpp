#include "integrations/llm/answer.hpp"
#include "integrations/llm/endpoint_errors.hpp"
#include "integrations/llm/llm.hpp"
#include "integrations/llm/request.hpp"

#include "gitops/base/async.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/backoff.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace driftwarden::llm {
namespace {

constexpr int kTries = 3;
constexpr int kWordings = 5;  ///< as many as a Dialect has fields
constexpr net::Backoff::Limits kPauses{.base = Duration{500}, .max = Duration{8'000}};
constexpr std::size_t kLongestRefusal = 64U << 10U;

/// One request and what came of it.
struct Attempt {
  Attempt() = default;
  std::optional<Completion> answer;
  Error error{ErrorKind::Unavailable, "no answer", {}};
  unsigned status = 0;                 ///< 0 = none came
  std::string refusal;                 ///< in the endpoint's words
  std::optional<Duration> not_before;  ///< Retry-After
  bool began = false;                  ///< there was a first byte of an answer
};

bool is_good(unsigned status) { return status >= 200 && status < 300; }

bool is_wording(unsigned status) { return status == 400 || status == 415 || status == 422; }

bool may_succeed_later(const Attempt& attempt) {
  if (attempt.began) return false;
  if (attempt.status == 0 || is_good(attempt.status)) return attempt.error.kind == ErrorKind::Unavailable;
  return attempt.status == 408 || attempt.status == 425 || attempt.status == 429 || attempt.status >= 500;
}

bool is_event_stream(const net::Headers& headers) { return to_lower(headers.find("Content-Type").value_or("")).find("text/event-stream") != std::string::npos; }

class HttpModel final : public Model {
 public:
  HttpModel(net::HttpClient& http, Clock& clock, Random& random, ModelOptions options) : http_(http), clock_(clock), random_(random), options_(std::move(options)) {
    while (options_.api_url.ends_with('/')) options_.api_url.pop_back();
  }

  std::string name() const override {
    const auto url = net::parse_url(options_.api_url);
    return fmt::format("{} at {}", options_.name, url ? url->authority() : std::string("nowhere"));
  }

  asio::awaitable<Result<Completion>> complete(Prompt prompt) override {
    CO_CHECK_OK(check_address(options_));
    const auto deadline = clock_.mono_now() + options_.timeout;
    auto asking = ask(std::move(prompt), deadline);
    auto raced = with_deadline<Completion>(clock_, deadline, std::move(asking));
    auto answer = co_await std::move(raced);
    if (answer) co_return answer;
    auto error = answer.error();
    if (error.kind == ErrorKind::Cancelled) co_return error;
    if (error.kind == ErrorKind::Timeout) error.message = fmt::format("no answer within {}", format_duration(options_.timeout));
    co_return wrap("asking " + name(), std::move(error));
  }

 private:
  asio::awaitable<Result<Completion>> ask(Prompt prompt, MonoTime deadline) {
    net::Backoff pauses(random_, kPauses);
    auto dialect = dialect_;
    int wordings = 1;
    for (int tries = 1;;) {
      auto asking = ask_once(prompt, dialect, deadline);
      auto attempt = co_await std::move(asking);
      if (attempt.answer) {
        dialect_ = dialect;
        co_return std::move(*attempt.answer);
      }
      if (is_wording(attempt.status) && wordings++ < kWordings && adapt(dialect, prompt, attempt.refusal)) continue;
      if (!may_succeed_later(attempt) || tries++ == kTries) co_return attempt.error;
      const auto pause = std::max(pauses.next(), attempt.not_before.value_or(Duration{0}));
      if (clock_.mono_now() + pause >= deadline) co_return attempt.error;
      CO_CHECK_OK(co_await clock_.sleep_for(pause));
    }
  }

  net::HttpRequest request_of(const Prompt& prompt, const Dialect& dialect, MonoTime deadline) const {
    net::HttpRequest request("POST", options_.api_url + "/chat/completions");
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Accept", options_.stream && dialect.stream ? "text/event-stream, application/json" : "application/json");
    authorise(request, options_);
    request.body = request_body(prompt, options_, dialect);
    request.timeout = std::max(std::chrono::ceil<Duration>(deadline - clock_.mono_now()), Duration{1});
    request.max_response_bytes = body_limit(options_.most_bytes);
    return request;
  }

  asio::awaitable<Attempt> ask_once(const Prompt& prompt, Dialect dialect, MonoTime deadline) {
    Attempt attempt;
    auto opening = http_.open_stream(request_of(prompt, dialect, deadline));
    auto opened = co_await std::move(opening);
    if (!opened) {
      attempt.error = opened.error();
      co_return attempt;
    }
    auto& stream = **opened;
    attempt.status = stream.status();
    const bool ok = is_good(attempt.status);
    auto reading = ok && is_event_stream(stream.headers()) ? read_events(stream, deadline) : read_whole(stream, deadline, ok);
    auto read = co_await std::move(reading);
    stream.close();
    if (read.body) take_refusal(stream, *read.body, attempt);
    attempt.began = ok && read.began;
    if (read.answer) attempt.answer = std::move(read.answer);
    if (read.error) attempt.error = std::move(*read.error);
    co_return attempt;
  }

  /// What the body of a response came to.
  struct Reading {
    Reading() = default;
    std::optional<Completion> answer;
    std::optional<Error> error;
    std::optional<std::string> body;  ///< of a response that isn't 2xx
    bool began = false;
  };

  static void settle(Reading& reading, Result<Completion> answer) {
    if (answer) {
      reading.answer = std::move(*answer);
    } else {
      reading.error = answer.error();
    }
  }

  void take_refusal(const net::HttpStream& stream, const std::string& body, Attempt& attempt) const {
    attempt.error = refusal(attempt.status, body, options_);
    attempt.refusal = error_line(body);
    if (const auto header = stream.headers().find("Retry-After")) attempt.not_before = net::parse_retry_after(*header, clock_.wall_now());
  }

  asio::awaitable<Reading> read_events(net::HttpStream& stream, MonoTime deadline) {
    Reading reading;
    StreamedAnswer answer(options_.most_bytes);
    while (!answer.done()) {
      auto piece = co_await stream.read_some(deadline);
      if (!piece) {
        reading.error = reading.began ? wrap("in the middle of the answer", piece.error()) : piece.error();
        co_return reading;
      }
      if (piece->empty()) break;
      reading.began = true;
      const auto taken = answer.feed(*piece);
      if (taken) continue;
      reading.error = taken.error();
      co_return reading;
    }
    settle(reading, answer.finish());
    co_return reading;
  }

  asio::awaitable<Reading> read_whole(net::HttpStream& stream, MonoTime deadline, bool ok) {
    Reading reading;
    std::string body;
    const auto limit = ok ? body_limit(options_.most_bytes) : kLongestRefusal;
    while (true) {
      auto piece = co_await stream.read_some(deadline);
      if (!piece) {
        reading.error = piece.error();
        break;
      }
      if (piece->empty()) break;
      reading.began = true;
      body += *piece;
      if (body.size() <= limit) continue;
      reading.error = Error{ErrorKind::Corrupt, fmt::format("the answer is longer than the {} bytes that are accepted", limit)};
      break;
    }
    if (!ok) {
      // However it ends: the status says enough.
      reading.error.reset();
      body.resize(std::min(body.size(), limit));
      reading.body = std::move(body);
    } else if (!reading.error) {
      settle(reading, read_answer(body, options_.most_bytes));
    }
    co_return reading;
  }

  net::HttpClient& http_;
  Clock& clock_;
  Random& random_;
  ModelOptions options_;
  Dialect dialect_;  ///< what worked last
};

}  // namespace

std::unique_ptr<Model> create_model(net::HttpClient& http, Clock& clock, Random& random, ModelOptions options) {
  return std::make_unique<HttpModel>(http, clock, random, std::move(options));
}

}  // namespace driftwarden::llm
