// propose: a sentence, a draft by a model, and from there on a Change like any other.
#include "bot/assist/assistant.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::size_t kMostSentence = 1'000;

/// "the password is x", "set API_TOKEN to x", and what shows by its form.
bool gives_secret(const std::string& sentence) {
  if (hide_secrets(sentence) != sentence) return true;
  static constexpr std::array<std::string_view, 5> kTies{"to", "is", "be", "as", "="};
  std::vector<std::string> words;
  for (const auto& word : split(to_lower(sentence), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    if (Redactor::is_sensitive_name(words[i]) && std::ranges::find(kTies, std::string_view(words[i + 1])) != kTies.end()) return true;
  }
  return false;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_propose(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  if (services.assistant == nullptr || !services.assistant->serves(Purpose::Propose)) {
    co_return say(fmt::format(":information_source: No model is configured that could draft it. `set {0}`, `scale {0}` and `set-image {0}` change one value, and need none.", slack::escape(app.name)));
  }
  const auto& sentence = call.command.sentence;
  if (sentence.size() > kMostSentence) co_return say(fmt::format("That is long: {} characters at most, and one thing at a time.", kMostSentence));
  // It is kept, shown, and sent to the model.
  if (gives_secret(sentence)) co_return refuse(services, call, "That sentence holds something that looks like a secret: such values don't go through chat.", "what set may write");
  ProposeRequest request;
  request.sentence = sentence;
  co_return request_change(services, call, app, ChangeVerb::Propose, "", to_json_text(request));
}

}  // namespace driftwarden
