#pragma once
// A language model without a model: an OpenAI-compatible endpoint that answers by rules, well or badly, and remembers what it was asked.
#include "gitops/base/clock.hpp"
#include "integrations/net/http_server.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox {

struct ModelMessage {
  std::string role;
  std::string text;
};

/// What a request is answered with.
struct ModelAnswer {
  ModelAnswer() = default;
  explicit ModelAnswer(std::string text_) : text(std::move(text_)) {}
  std::string text;
  std::size_t times = 1;       ///< the text, so often
  unsigned status = 200;       ///< another one: the text is the error's message
  std::string retry_after;     ///< the header, as it is
  std::string raw;             ///< the body instead, whatever it is
  std::string raw_type = "application/json";
  Duration delay{0};           ///< before the first byte
  Duration between{0};         ///< before each piece of a stream
  bool breaks_off = false;     ///< the connection goes in the middle of a stream
  bool fails_inside = false;   ///< the stream says in the middle that it failed
  bool out_of_tokens = false;  ///< finish_reason "length"
  bool without_done = false;   ///< the stream ends without saying so
  bool without_reason = false; ///< nor with a finish_reason
};

/// For requests one of whose messages holds `pattern`; "" = for all.
struct ModelRule {
  std::string pattern;
  ModelAnswer answer;
  std::size_t uses = 0;  ///< gone after so many; 0 = it stays
};

struct SeenPrompt {
  std::string authorization;
  std::string body;  ///< whole, to look for what mustn't be in it
  std::vector<ModelMessage> messages;
  bool stream = false;
};

struct ModelServerOptions {
  std::vector<std::string> models{"sandbox-brain"};
  std::string key;                      ///< asked for as a bearer token; "" = everybody may
  std::vector<std::string> unknown;     ///< fields of a request that are refused: "response_format", "stream_options", "temperature", "max_tokens", "stream"
  bool lists_models = true;
  bool always_whole = false;            ///< streams nothing, whatever is asked
  std::size_t keeps = 200;              ///< prompts that are remembered
  /// Answers what no rule does.
  std::function<std::string(const std::vector<ModelMessage>&)> brain;
};

/// At the root of a host and port: /v1/models and /v1/chat/completions. POST /script adds rules ({"pattern", "text", "status", ...}), GET /seen tells of
/// the prompts, for whoever drives it from another process.
class ModelServer {
 public:
  virtual ~ModelServer() = default;
  virtual asio::awaitable<net::ServerReply> handle(net::ServerRequest request) = 0;
  /// The newest rule comes first.
  virtual void add_rule(ModelRule rule) = 0;
  virtual void forget_rules() = 0;
  virtual const std::vector<SeenPrompt>& seen() const = 0;
  virtual std::size_t requests() const = 0;  ///< refused ones included
};
std::unique_ptr<ModelServer> create_model_server(Clock& clock, ModelServerOptions options);

}  // namespace driftwarden::sandbox
