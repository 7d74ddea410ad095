#include "bot/command/command.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

std::string word(std::string_view name, const std::string& value) { return value.empty() ? "" : fmt::format(" {} {}", name, value); }

std::string image_words(const SetImageRequest& request) {
  auto text = request.image;
  if (!request.tag.empty()) text += (text.empty() ? "" : ":") + request.tag;
  if (!request.digest.empty()) text += "@" + request.digest;
  return text.empty() ? "" : " " + text;
}

std::string set_words(const SetRequest& request) {
  auto text = request.target.empty() ? "" : " " + request.target;
  text += " " + request.path;
  return request.value.empty() ? text : text + "=" + request.value;
}

std::string create_words(const CreateAppRequest& request) {
  auto text = request.name.empty() ? "" : " " + request.name;
  text += word("like", request.like) + word("image", request.image);
  if (request.port != 0) text += fmt::format(" port {}", request.port);
  text += word("cluster", request.cluster) + word("namespace", request.namespace_) + word("repository", request.repository) + word("path", request.path) + word("channel", request.channel);
  text += word("owners", join(request.owners, ",")) + word("template", request.template_);
  for (const auto& [name, value] : request.parameters) text += value.find(' ') == std::string::npos ? fmt::format(" {}={}", name, value) : fmt::format(" {}=\"{}\"", name, value);
  return text;
}

std::string log_words(const LogsRequest& request) {
  auto text = request.target.empty() ? "" : " " + request.target;
  text += word("container", request.container);
  if (request.since) text += " since " + format_duration(*request.since);
  if (request.tail > 0) text += fmt::format(" tail {}", request.tail);
  if (request.previous) text += " previous";
  if (request.follow) text += " follow";
  return text + word("grep", request.grep);
}

std::string audit_words(const AuditRequest& request) {
  auto text = request.report ? std::string(" report") : std::string();
  if (!request.about.empty()) text += " " + request.about;
  text += word("by", request.by);
  if (request.refused) text += " refused";
  if (request.since) text += " since " + format_duration(*request.since);
  return text;
}

struct IntentWords {
  std::string operator()(const std::monostate&) const { return {}; }
  std::string operator()(const SetImageRequest& request) const { return image_words(request); }
  std::string operator()(const ScaleRequest& request) const { return (request.workload.empty() ? "" : " " + request.workload) + fmt::format(" to {}", request.replicas); }
  std::string operator()(const SetRequest& request) const { return set_words(request); }
  std::string operator()(const PromoteRequest& request) const { return word("from", request.from); }
  std::string operator()(const CreateAppRequest& request) const { return create_words(request); }
  std::string operator()(const RestartRequest& request) const { return (request.workloads.empty() ? "" : " ") + join(request.workloads, " "); }
  std::string operator()(const MoveRequest& request) const { return word("to", request.cluster) + word("namespace", request.namespace_); }
  std::string operator()(const RollbackRequest& request) const { return word("undo", request.undo); }
  std::string operator()(const ProposeRequest& request) const { return request.sentence.empty() ? "" : fmt::format(" \"{}\"", request.sentence); }
};

std::string verb_word(const Command& command) {
  const auto* set = std::get_if<SetRequest>(&command.intent);
  return set != nullptr && set->value.empty() ? "unset" : std::string(to_string(command.verb));
}

/// A duration that stands alone was always written without `for`.
std::string duration_words(const Command& command) {
  if (!command.duration) return {};
  return (command.verb == Verb::Snooze ? " " : " for ") + format_duration(*command.duration);
}

}  // namespace

std::string to_text(const Command& command) {
  auto text = verb_word(command);
  if (command.ends) text += " end";
  const bool app_by_change = command.verb == Verb::Waive && command.change != 0;
  if (!command.app.empty() && !app_by_change) text += " " + command.app;
  if (command.incident != 0) text += fmt::format(" incident {}", command.incident);
  if (command.change != 0) text += " " + change_name(command.change);
  for (const auto id : command.changes) text += id == command.change ? "" : " " + change_name(id);
  if (command.verb == Verb::Silence) text += " " + to_string(command.match);
  if (command.number != 0) text += fmt::format(" {}", command.number);
  if (!command.filter.empty()) text += " " + command.filter;
  if (!command.rule.empty()) text += " " + (command.gate.empty() ? "" : command.gate + "/") + command.rule;
  if (!command.object.empty()) text += (command.verb == Verb::Waive ? " on " : " ") + command.object;
  if (!command.cost_of.empty()) text += " " + command.cost_of;
  if (!command.sentence.empty()) text += fmt::format(" \"{}\"", command.sentence);
  text += log_words(command.logs) + audit_words(command.audit);
  if (!command.scope.empty()) text += " " + command.scope;
  if (!command.login.empty()) text += " " + command.login;
  text += word("from", command.from) + word("to", command.to.empty() ? command.person : command.to) + word("to", command.revision);
  text += std::visit(IntentWords{}, command.intent);
  for (const auto& path : command.paths) text += " " + path;
  text += duration_words(command) + word("until", command.time);
  if (command.page > 1) text += fmt::format(" page {}", command.page);
  const bool plain_reason = info_of(command.verb).argument == VerbInfo::Argument::Change;
  if (!command.reason.empty()) text += (plain_reason ? " " : " because ") + command.reason;
  return text;
}

namespace {

/// A person's own words: nothing behind a word that sounds secret ("the db password is ...").
std::string until_a_secret_is_named(const std::string& sentence) {
  std::string shown;
  for (const auto& one : split(without_values(sentence), ' ')) {
    shown += (shown.empty() ? "" : " ") + one;
    if (Redactor::is_sensitive_name(one)) return shown + " \u2026";
  }
  return shown;
}

}  // namespace

std::string to_log_text(const Command& command) {
  auto shown = command;
  if (auto* set = std::get_if<SetRequest>(&shown.intent); set != nullptr && !set->value.empty()) set->value = "\u2026";
  shown.sentence = until_a_secret_is_named(shown.sentence);
  return to_text(shown);
}

std::string without_values(std::string_view text) {
  constexpr std::string_view kHidden = "\u2026";
  if (const auto at = text.find('='); at != std::string_view::npos) return std::string(text.substr(0, at + 1)).append(kHidden);
  // `set APP PATH to VALUE`, or what nobody understands.
  const auto words = split(std::string(trim(text)), ' ');
  constexpr std::size_t kBeforeValue = 3;
  const bool sets = std::ranges::any_of(words, [](const std::string& word) { return to_lower(word) == "set"; });
  if (!sets || words.size() <= kBeforeValue) return hide_secrets(text);
  return join({words.begin(), words.begin() + kBeforeValue}, " ").append(" ").append(kHidden);
}

}  // namespace driftwarden
