#include "integrations/sandbox/model/model_server.hpp"

#include "integrations/sandbox/model/model_script.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kJson = "application/json";
constexpr const char* kDefaultAnswer = "I don't know.";

net::ServerReply refuse(unsigned status, const std::string& message, const std::string& code) { return {status, kJson, error_body(message, code)}; }

std::string repeated(const std::string& text, std::size_t times) {
  if (times == 1) return text;
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

class ScriptedModel final : public ModelServer {
 public:
  ScriptedModel(Clock& clock, ModelServerOptions options) : clock_(clock), options_(std::move(options)) {}

  void add_rule(ModelRule rule) override { rules_.push_front(std::move(rule)); }
  void forget_rules() override { rules_.clear(); }
  const std::vector<SeenPrompt>& seen() const override { return seen_; }
  std::size_t requests() const override { return requests_; }

  asio::awaitable<net::ServerReply> handle(net::ServerRequest request) override {
    const bool drives = request.path == "/script" || request.path == "/seen";
    if (!drives) ++requests_;
    if (!options_.key.empty() && request.headers.find("Authorization").value_or("") != "Bearer " + options_.key) {
      co_return refuse(401, "Incorrect API key provided: " + request.headers.find("Authorization").value_or("none"), "invalid_api_key");
    }
    if (request.path == "/script") co_return take_script(request);
    if (request.path == "/seen") co_return tell_seen();
    if (request.path == "/v1/models" && options_.lists_models) co_return list_models();
    if (request.path != "/v1/chat/completions") co_return refuse(404, "there is nothing here", "not_found");
    if (request.method != "POST") co_return refuse(405, "this takes a POST", "method_not_allowed");
    auto answering = complete(std::move(request));
    co_return co_await std::move(answering);
  }

 private:
  net::ServerReply take_script(const net::ServerRequest& request) {
    if (request.method == "DELETE") {
      forget_rules();
      return {200, kJson, "{}"};
    }
    auto rule = rule_from(json::parse(request.body, nullptr, false));
    if (!rule) return refuse(400, "a rule is an object", "invalid_rule");
    add_rule(std::move(*rule));
    return {200, kJson, "{}"};
  }

  net::ServerReply tell_seen() const {
    json all = json::array();
    for (const auto& prompt : seen_) {
      json messages = json::array();
      for (const auto& message : prompt.messages) messages.push_back({{"role", message.role}, {"text", message.text}});
      all.push_back({{"messages", messages}, {"stream", prompt.stream}});
    }
    return {200, kJson, all.dump(-1, ' ', false, json::error_handler_t::replace)};
  }

  net::ServerReply list_models() const {
    json data = json::array();
    for (const auto& model : options_.models) data.push_back({{"id", model}, {"object", "model"}, {"owned_by", "sandbox"}});
    return {200, kJson, json{{"object", "list"}, {"data", data}}.dump()};
  }

  ModelAnswer answer_to(const std::vector<ModelMessage>& messages) {
    const auto holds = [&](const ModelRule& rule) {
      return std::ranges::any_of(messages, [&](const ModelMessage& message) { return message.text.find(rule.pattern) != std::string::npos; });
    };
    const auto rule = std::ranges::find_if(rules_, holds);
    if (rule == rules_.end()) return ModelAnswer(options_.brain ? options_.brain(messages) : kDefaultAnswer);
    auto answer = rule->answer;
    if (rule->uses > 0 && --rule->uses == 0) rules_.erase(rule);
    return answer;
  }

  std::optional<net::ServerReply> refusal_of(const json& request, const std::string& model) const {
    if (std::ranges::find(options_.models, model) == options_.models.end()) return refuse(404, fmt::format("The model `{}` does not exist", model), "model_not_found");
    for (const auto& field : options_.unknown) {
      if (!request.contains(field)) continue;
      const auto instead = field == "max_tokens" ? " Use 'max_completion_tokens' instead." : "";
      return refuse(400, fmt::format("Unsupported parameter: '{}' is not supported with this model.{}", field, instead), "unsupported_parameter");
    }
    return std::nullopt;
  }

  asio::awaitable<net::ServerReply> complete(net::ServerRequest request) {
    const auto document = json::parse(request.body, nullptr, false);
    auto messages = messages_of(document);
    if (!messages) co_return refuse(400, "that is no chat completion's request", "invalid_request");
    const auto model = document.contains("model") && document["model"].is_string() ? document["model"].get<std::string>() : std::string();
    SeenPrompt prompt{request.headers.find("Authorization").value_or(""), request.body, *messages, document.contains("stream") && document["stream"] == true};
    const bool stream = prompt.stream && !options_.always_whole;
    if (seen_.size() >= options_.keeps) seen_.erase(seen_.begin());
    seen_.push_back(std::move(prompt));
    if (auto refused = refusal_of(document, model)) co_return std::move(*refused);
    auto answer = answer_to(*messages);
    if (answer.delay > Duration{0}) {
      const auto slept = co_await clock_.sleep_for(answer.delay);
      if (!slept) co_return refuse(503, "going away", "going_away");
    }
    if (answer.status != 200) {
      auto reply = refuse(answer.status, answer.text, "scripted");
      if (!answer.retry_after.empty()) reply.headers.set("Retry-After", answer.retry_after);
      co_return reply;
    }
    if (!answer.raw.empty()) co_return net::ServerReply(200, answer.raw_type, answer.raw);
    const auto text = repeated(answer.text, answer.times);
    const auto usage = usage_of(*messages, text);
    if (!stream) co_return net::ServerReply(200, kJson, whole_answer(model, text, usage, answer.out_of_tokens));
    const bool wants_usage = document.contains("stream_options") && document["stream_options"].is_object() && document["stream_options"].value("include_usage", false);
    auto events = streamed_answer(model, text, answer, wants_usage ? std::optional(usage) : std::nullopt);
    co_return streaming(std::move(events), answer);
  }

  net::ServerReply streaming(std::vector<std::string> events, const ModelAnswer& answer) {
    net::ServerReply reply(200, "text/event-stream", "");
    auto pieces = std::make_shared<const std::vector<std::string>>(std::move(events));
    reply.stream = [this, pieces, between = answer.between, breaks_off = answer.breaks_off](net::BodyWriter& writer) { return write(writer, pieces, between, breaks_off); };
    return reply;
  }

  asio::awaitable<void> write(net::BodyWriter& writer, std::shared_ptr<const std::vector<std::string>> pieces, Duration between, bool breaks_off) {
    const auto last = breaks_off ? pieces->size() / 2 : pieces->size();
    for (std::size_t i = 0; i < last; ++i) {
      if (between > Duration{0}) {
        const auto slept = co_await clock_.sleep_for(between);
        if (!slept) co_return;
      }
      auto writing = writer.write((*pieces)[i]);
      const auto written = co_await std::move(writing);
      if (!written) co_return;
    }
    if (breaks_off) throw boost::system::system_error(asio::error::operation_aborted);
  }

  Clock& clock_;
  ModelServerOptions options_;
  std::deque<ModelRule> rules_;
  std::vector<SeenPrompt> seen_;
  std::size_t requests_ = 0;
};

}  // namespace

std::unique_ptr<ModelServer> create_model_server(Clock& clock, ModelServerOptions options) { return std::make_unique<ScriptedModel>(clock, std::move(options)); }

}  // namespace driftwarden::sandbox
