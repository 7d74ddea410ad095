#include "bot/view/change_words.hpp"

#include "bot/command/ignore_request.hpp"
#include "bot/command/intents.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/markdown.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden::view {
namespace {

constexpr std::size_t kFieldsNamed = 5;
constexpr std::size_t kValueShown = 120;

std::string slack_text(std::string_view text) { return slack::escape(without_control_characters(text)); }
std::string slack_bold(std::string_view text) { return fmt::format("*{}*", text); }
std::string markdown_bold(std::string_view text) { return fmt::format("**{}**", text); }
std::string plain_code(std::string_view text) { return without_control_characters(text); }
std::string plain_time(WallTime time) { return format_time(std::chrono::floor<std::chrono::seconds>(time)); }

std::string value_after(std::string_view line, std::string_view key) {
  auto rest = trim(line.substr(1));
  while (rest.starts_with("- ")) rest = trim(rest.substr(2));
  if (!rest.starts_with(key)) return {};
  rest.remove_prefix(key.size());
  if (!rest.starts_with(": ")) return {};
  rest = trim(rest.substr(2));
  if (rest.size() > 1 && (rest.front() == '"' || rest.front() == '\'') && rest.back() == rest.front()) rest = rest.substr(1, rest.size() - 2);
  return std::string(rest);
}

/// The values of a key that a diff takes away.
std::set<std::string> old_values(std::string_view diff, std::string_view key) {
  std::set<std::string> values;
  for (const auto& line : split(diff, '\n')) {
    if (!line.starts_with('-') || line.starts_with("---")) continue;
    if (auto value = value_after(line, key); !value.empty()) values.insert(std::move(value));
  }
  return values;
}

/// The one that is replaced, as far as the diffs are clear about it.
std::string old_value(const Change& change, std::string_view key) {
  for (const auto* diff : {&change.diff, &change.git_diff}) {
    const auto values = old_values(*diff, key);
    if (values.size() == 1) return *values.begin();
    if (values.size() > 1) return {};
  }
  return {};
}

std::string was(const std::string& before, const Dialect& dialect) {
  return before.empty() ? "" : fmt::format(" (was {})", dialect.code(ellipsize(before, kValueShown)));
}

std::string image_words(const Change& change, const Dialect& dialect) {
  const auto request = set_image_request_from(change.argument);
  const auto wanted = request.tag.empty() ? ellipsize(request.digest, 19) : request.tag;
  auto before = old_value(change, "image");
  const auto slash = before.rfind('/') == std::string::npos ? 0 : before.rfind('/');
  if (const auto digest = before.find('@'); digest != std::string::npos && !request.tag.empty()) before.resize(digest);
  if (const auto mark = before.find_first_of(":@", slash); mark != std::string::npos) {
    before.erase(0, mark + 1);
  } else {
    before = old_value(change, "newTag");
  }
  return fmt::format("set image of {} to {}{}", dialect.code(ellipsize(request.image, kValueShown)), dialect.code(wanted), was(before, dialect));
}

std::string scale_words(const Change& change, const Dialect& dialect) {
  const auto request = scale_request_from(change.argument);
  return fmt::format("scale {} to {}{}", request.workload.empty() ? "it" : dialect.code(request.workload), counted(static_cast<std::size_t>(std::max(request.replicas, 0)), "replica"),
                     was(old_value(change, "replicas"), dialect));
}

std::string set_words(const Change& change, const Dialect& dialect) {
  const auto request = set_request_from(change.argument);
  const auto of = request.target.empty() ? "" : " of " + dialect.code(ellipsize(request.target, kValueShown));
  const auto path = dialect.code(ellipsize(request.path, kValueShown));
  const auto before = was(old_value(change, request.path.substr(std::min(request.path.rfind('.'), request.path.size() - 1) + 1)), dialect);
  if (request.value.empty()) return fmt::format("remove {}{}{}", path, of, before);
  return fmt::format("set {}{} to {}{}", path, of, dialect.code(ellipsize(request.value, kValueShown)), before);
}

std::string restart_words(const Change& change, const Dialect& dialect) {
  const auto request = restart_request_from(change.argument);
  if (request.workloads.empty()) return "restart all its workloads";
  std::vector<std::string> names;
  for (const auto& workload : request.workloads) {
    if (names.size() < kFieldsNamed) names.push_back(dialect.code(ellipsize(workload, kValueShown)));
  }
  if (request.workloads.size() > names.size()) names.push_back(fmt::format("{} more", request.workloads.size() - names.size()));
  return "restart " + join(names, ", ");
}

std::string create_words(const Change& change, const Dialect& dialect) {
  const auto request = create_app_request_from(change.argument);
  auto words = fmt::format("create the App {} in {}", dialect.code(request.name), dialect.code(request.path));
  if (!request.like.empty()) words += " like " + dialect.code(request.like);
  if (!request.image.empty()) words += " with " + dialect.code(ellipsize(request.image, kValueShown));
  return words;
}

std::string ignore_words(const Change& change, const Dialect& dialect) {
  const auto request = ignore_request_from(change.argument);
  std::vector<std::string> fields;
  for (const auto& field : request.fields) {
    if (fields.size() < kFieldsNamed) fields.push_back(fmt::format("{} of {}", dialect.code(ellipsize(field.path, 200)), dialect.code(ellipsize(to_string(field.object), 300))));
  }
  if (request.fields.size() > fields.size()) fields.push_back(fmt::format("{} more", request.fields.size() - fields.size()));
  return fmt::format("say nothing of {} until {}", join(fields, ", "), format_time(request.until).substr(0, 10));
}

std::string rollback_words(const Change& change, const Dialect& dialect) {
  if (const auto request = rollback_request_from(change.argument); !request.undo.empty()) return "take back what " + dialect.code(short_sha(request.undo)) + " did";
  return "roll back to " + dialect.code(short_sha(change.target_revision));
}

std::string move_words(const Change& change, const Dialect& dialect) {
  const auto request = move_request_from(change.argument);
  return fmt::format("move it to {}{}", dialect.code(ellipsize(request.cluster, kValueShown)), request.namespace_.empty() ? "" : ", namespace " + dialect.code(ellipsize(request.namespace_, kValueShown)));
}

std::string propose_words(const Change& change, const Dialect& dialect) {
  const auto request = propose_request_from(change.argument);
  const std::string nobody_yet = is_final(change.state) ? "by a model" : "a model drafts it";
  const auto by = request.model.empty() ? nobody_yet : "drafted by " + dialect.text(request.model);
  return fmt::format("do \"{}\" ({})", dialect.text(ellipsize(request.sentence, 300)), by);
}

}  // namespace

const Dialect& slack_dialect() {
  static const Dialect dialect{slack_text, code_span, slack_bold, time_span};
  return dialect;
}

const Dialect& markdown_dialect() {
  static const Dialect dialect{markdown_text, markdown_code, markdown_bold, plain_time};
  return dialect;
}

const Dialect& plain_dialect() {
  static const Dialect dialect{without_control_characters, plain_code, plain_code, plain_time};
  return dialect;
}

std::string what_words(const Change& change, const Dialect& dialect) {
  switch (change.verb) {
    case ChangeVerb::Sync: return fmt::format("put {} in force", dialect.code(short_sha(change.target_revision)));
    case ChangeVerb::Rollback: return rollback_words(change, dialect);
    case ChangeVerb::Adopt: return "bring the live edit into Git";
    case ChangeVerb::Ignore: return ignore_words(change, dialect);
    case ChangeVerb::SetImage: return image_words(change, dialect);
    case ChangeVerb::Scale: return scale_words(change, dialect);
    case ChangeVerb::Set: return set_words(change, dialect);
    case ChangeVerb::Promote: return "promote what " + dialect.code(promote_request_from(change.argument).from) + " runs";
    case ChangeVerb::CreateApp: return create_words(change, dialect);
    case ChangeVerb::Restart: return restart_words(change, dialect);
    case ChangeVerb::Move: return move_words(change, dialect);
    case ChangeVerb::Apply: return "apply what is planned, exactly as shown";
    case ChangeVerb::Propose: return propose_words(change, dialect);
  }
  return "";
}

namespace {
constexpr std::string_view kPlannedLater = " plans what comes of it after the merge.";
}  // namespace

std::string planned_later(const App& app) { return std::string(to_string(app.plan.tool)) + std::string(kPlannedLater); }

bool is_planned_later(const std::string& diff) { return diff.ends_with(kPlannedLater); }

std::string move_origin(const Change& change) {
  const auto argument = nlohmann::json::parse(change.argument, nullptr, false);
  const nlohmann::json::json_pointer cluster("/from/cluster");
  if (!argument.is_object() || !argument.contains("from") || !argument.at("from").is_object() || !argument.contains(cluster) || !argument.at(cluster).is_string()) return {};
  return argument.at(cluster).get<std::string>();
}

std::string intent_words(const Change& change) { return what_words(change, slack_dialect()); }

std::vector<DiffPart> parts_of_effect(std::string_view diff) {
  std::vector<DiffPart> parts;
  for (const auto& line : split(diff, '\n')) {
    const bool title = !line.empty() && line.front() >= 'A' && line.front() <= 'Z';
    if (title || parts.empty()) parts.push_back({title ? line : "", ""});
    if (!title && !(line.empty() && parts.back().text.empty())) parts.back().text += line + "\n";
  }
  for (auto& part : parts) {
    while (part.text.ends_with("\n\n")) part.text.pop_back();
  }
  std::erase_if(parts, [](const DiffPart& part) { return part.title.empty() && part.text.empty(); });
  return parts;
}

std::vector<DiffPart> parts_of_git_diff(std::string_view patch) {
  std::vector<DiffPart> parts;
  bool in_hunk = false;
  for (const auto& line : split(patch, '\n')) {
    if (line.starts_with("diff --git ")) {
      const auto at = line.rfind(" b/");
      parts.push_back({at == std::string::npos ? line.substr(11) : line.substr(at + 3), ""});
      in_hunk = false;
      continue;
    }
    if (line.starts_with("@@")) in_hunk = true;
    if (!in_hunk && (line.starts_with("--- ") || line.starts_with("+++ ") || line.starts_with("index ") || line.starts_with("new file") || line.starts_with("deleted file") || line.starts_with("old mode") || line.starts_with("new mode"))) {
      continue;
    }
    if (parts.empty()) parts.push_back({"", ""});
    if (!line.empty()) parts.back().text += line + "\n";
  }
  std::erase_if(parts, [](const DiffPart& part) { return part.title.empty() && part.text.empty(); });
  return parts;
}

std::string short_git_diff(std::string_view patch) {
  std::string text;
  for (const auto& part : parts_of_git_diff(patch)) {
    if (!part.title.empty()) text += part.title + "\n";
    for (const auto& line : split(part.text, '\n')) {
      if (line.starts_with('+') || line.starts_with('-')) text += line + "\n";
    }
  }
  return text;
}

}  // namespace driftwarden::view
