#include "bot/conversation/suggestions.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kMostOptions = 100;
constexpr std::size_t kLongestValue = 150;
constexpr std::size_t kLongestText = 75;
constexpr std::size_t kLongestTyped = 75;  ///< no name is as long, and likeness is costly: the ack waits for it

/// All letters of `typed` in order, with others between: "cko" of "checkout".
bool holds_letters(const std::string& name, const std::string& typed) {
  std::size_t at = 0;
  for (const char c : name) {
    if (at < typed.size() && c == typed[at]) ++at;
  }
  return at == typed.size();
}

enum class Likeness { Begins, Holds, Alike, Not };

Likeness likeness(const App& app, const std::string& typed) {
  const auto name = to_lower(app.name);
  if (name.starts_with(typed)) return Likeness::Begins;
  if (name.find(typed) != std::string::npos) return Likeness::Holds;
  if (holds_letters(name, typed)) return Likeness::Alike;
  // A slip of the pen in the beginning of a long name is one, too.
  const auto beginning = name.substr(0, typed.size());
  const auto slips = std::min(edit_distance(name, typed), edit_distance(beginning, typed));
  return typed.size() > 2 && slips <= typed.size() / 3 ? Likeness::Alike : Likeness::Not;
}

std::string option_text(const App& app) { return ellipsize(app.cluster.empty() ? app.name : fmt::format("{} \u00b7 {}", app.name, app.cluster), kLongestText); }

}  // namespace

std::vector<App> apps_like(const std::vector<App>& apps, const std::string& typed) {
  const auto wanted = to_lower(trim(typed));
  if (wanted.size() > kLongestTyped) return {};
  std::vector<std::pair<Likeness, const App*>> graded;
  for (const auto& app : apps) {
    const auto grade = likeness(app, wanted);
    if (grade != Likeness::Not) graded.emplace_back(grade, &app);
  }
  std::ranges::stable_sort(graded, {}, [](const auto& one) { return one.first; });
  std::vector<App> found;
  found.reserve(graded.size());
  for (const auto& [grade, app] : graded) found.push_back(*app);
  return found;
}

json suggested_options(const std::vector<App>& apps, const Suggestion& suggestion) {
  const auto picker = view::read_picker_id(suggestion.action_id);
  json options = json::array();
  for (const auto& app : apps_like(apps, suggestion.typed)) {
    if (options.size() == kMostOptions) break;
    const auto value = picker ? fmt::format("{} {}{}", picker->verb, app.name, picker->rest) : app.name;
    if (value.size() > kLongestValue) continue;
    options.push_back({{"text", {{"type", "plain_text"}, {"text", option_text(app)}}}, {"value", value}});
  }
  return {{"options", std::move(options)}};
}

}  // namespace driftwarden
