#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/ansible/check.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

namespace driftwarden::ansible {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestValue = 600;
constexpr std::size_t kMostLines = 12;
constexpr std::size_t kMostFields = 30;  ///< of one task on one host
constexpr std::size_t kLongestMessage = 300;

bool is_true(const json& object, const char* key) { return member_at(object, key) == true; }

/// A file that is secret by its name: nothing of it is shown.
bool is_secret_file(std::string_view path) {
  static constexpr std::array<std::string_view, 9> kEnds{".pem", ".key", ".p12", ".jks", ".env", "shadow", "htpasswd", "vault.yml", "vault.yaml"};
  const auto lower = to_lower(path);
  const auto slash = lower.rfind('/');
  const auto name = slash == std::string::npos ? std::string_view(lower) : std::string_view(lower).substr(slash + 1);
  return name.starts_with("id_") || Redactor::is_sensitive_name(name) || std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); });
}

/// Only the lines between what both sides begin and end with.
struct Lines {
  std::string before;
  std::string after;
};
std::string some_lines(const std::vector<std::string>& lines, std::size_t from, std::size_t to) {
  std::string text;
  for (auto i = from; i < to && i < from + kMostLines; ++i) text += (text.empty() ? "" : "\n") + lines[i];
  if (to > from + kMostLines) text += fmt::format("\nand {} more lines", to - from - kMostLines);
  return ellipsize(hide_secrets(text), kLongestValue);
}
Lines differing_lines(const std::string& before, const std::string& after) {
  const auto old_lines = split(before, '\n');
  const auto new_lines = split(after, '\n');
  std::size_t head = 0;
  while (head < old_lines.size() && head < new_lines.size() && old_lines[head] == new_lines[head]) ++head;
  std::size_t tail = 0;
  while (tail < old_lines.size() - head && tail < new_lines.size() - head && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) ++tail;
  return {some_lines(old_lines, head, old_lines.size() - tail), some_lines(new_lines, head, new_lines.size() - tail)};
}

std::string as_json(const std::string& text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

class Row {
 public:
  explicit Row(ObjectDrift& row) : row_(row) {}

  void take(const json& result) {
    if (result.contains("censored")) return note("no_log");
    const auto& diff = member_at(result, "diff");
    if (diff.is_array()) {
      for (const auto& one : diff) take_diff(one);
    } else {
      take_diff(diff);
    }
    const auto& results = member_at(result, "results");
    if (!results.is_array()) return;
    for (const auto& item : results) {
      if (is_true(item, "changed")) take(item);
    }
  }

 private:
  void note(const std::string& word) {
    if (std::ranges::find(row_.notes, word) == row_.notes.end()) row_.notes.push_back(word);
  }

  void add(FieldDrift field) {
    if (row_.fields.size() >= kMostFields) return;
    field.op = FieldOp::Changed;
    if (!field.live) field.op = FieldOp::Removed;
    if (!field.desired) field.op = FieldOp::Added;
    row_.fields.push_back(std::move(field));
  }

  void take_diff(const json& diff) {
    if (!diff.is_object()) return;
    auto header = std::string(text_at(diff, "after_header"));
    if (header.empty()) header = text_at(diff, "before_header");
    // "/etc/motd (content)" of some modules, and a temporary file of ours for what a template would become.
    if (const auto before = text_at(diff, "before_header"); !before.empty() && (header.find("/tmp/") != std::string::npos || header.find("ansible") != std::string::npos)) {
      header = before;
    }
    if (header.ends_with(" (content)")) header.resize(header.size() - std::string_view(" (content)").size());
    const auto& before = member_at(diff, "before");
    const auto& after = member_at(diff, "after");
    if (before.is_object() || after.is_object()) return take_members(before, after);
    const auto path = header.empty() ? std::string(".") : header;
    if (is_secret_file(path)) return add_texts(path, "(sensitive)", "(sensitive)");
    if (const auto prepared = text_at(diff, "prepared"); !prepared.empty()) return take_prepared(path, std::string(prepared));
    if (!before.is_string() && !after.is_string()) return;
    const auto lines = differing_lines(before.is_string() ? before.get<std::string>() : "", after.is_string() ? after.get<std::string>() : "");
    add_texts(path, lines.before, lines.after);
  }

  void add_texts(const std::string& path, const std::string& before, const std::string& after) {
    FieldDrift field;
    field.path = path;
    if (!before.empty()) field.live = as_json(before);
    if (!after.empty()) field.desired = as_json(after);
    if (field.live || field.desired) add(std::move(field));
  }

  /// A unified diff that the module made itself.
  void take_prepared(const std::string& path, const std::string& text) {
    std::vector<std::string> old_lines;
    std::vector<std::string> new_lines;
    for (const auto& line : split(text, '\n')) {
      if (line.starts_with("---") || line.starts_with("+++")) continue;
      if (line.starts_with("-")) old_lines.push_back(line.substr(1));
      if (line.starts_with("+")) new_lines.push_back(line.substr(1));
    }
    if (old_lines.empty() && new_lines.empty()) new_lines = split(text, '\n');
    add_texts(path, some_lines(old_lines, 0, old_lines.size()), some_lines(new_lines, 0, new_lines.size()));
  }

  void take_members(const json& before, const json& after) {
    std::set<std::string> keys;
    for (const auto* side : {&before, &after}) {
      if (!side->is_object()) continue;
      for (const auto& [key, value] : side->items()) keys.insert(key);
    }
    auto of = text_at(after, "path");
    if (of.empty()) of = text_at(before, "path");
    for (const auto& key : keys) {
      const auto& live = member_at(before, key.c_str());
      const auto& desired = member_at(after, key.c_str());
      if (live == desired || key == "path") continue;
      FieldDrift field;
      field.path = of.empty() ? "." + key : fmt::format("{}: {}", of, key);
      field.live = member_text(key, live);
      field.desired = member_text(key, desired);
      add(std::move(field));
    }
  }

  static std::optional<std::string> member_text(const std::string& key, const json& value) {
    if (value.is_null()) return std::nullopt;
    if (Redactor::is_sensitive_name(key) && !value.is_boolean()) return as_json("(sensitive)");
    if (value.is_boolean() || value.is_number()) return value.dump();
    const auto text = value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
    return as_json(ellipsize(hide_secrets(text), kLongestValue));
  }

  ObjectDrift& row_;
};

std::string short_action(std::string_view action) {
  const auto dot = action.rfind('.');
  return std::string(dot == std::string_view::npos ? action : action.substr(dot + 1));
}

class Reader {
 public:
  Check read(const json& output) {
    for (const auto& play : member_at(output, "plays")) {
      const auto& tasks = member_at(play, "tasks");
      if (!tasks.is_array()) continue;
      for (const auto& task : tasks) take_task(task);
    }
    return std::move(check_);
  }

 private:
  void take_task(const json& task) {
    const auto& hosts = member_at(task, "hosts");
    if (!hosts.is_object()) return;
    for (const auto& [host, result] : hosts.items()) {
      if (!result.is_object()) continue;
      auto name = std::string(text_at(member_at(task, "task"), "name"));
      const auto action = short_action(text_at(result, "action"));
      if (name.empty()) name = action;
      take_result(host, without_control_characters(name), action, result);
    }
  }

  void take_result(const std::string& host, const std::string& name, const std::string& action, const json& result) {
    ++check_.tasks;
    if (is_true(result, "unreachable")) {
      if (unreachable_.insert(host).second) check_.unreachable.push_back(host);
      return;
    }
    if (is_true(result, "failed")) {
      const auto message = result.contains("censored") ? "the output is hidden by no_log" : message_of(result);
      check_.failed.push_back(fmt::format("{}: {}: {}", host, name, message));
      return;
    }
    if (!is_true(result, "changed")) return;
    ObjectDrift row;
    row.object.group = "ansible";
    row.object.kind = action.empty() ? "task" : action;
    row.object.namespace_ = host;
    row.object.name = unique(host, row.object.kind, name);
    row.verdict = Verdict::OutOfSync;
    Row(row).take(result);
    check_.objects.push_back(std::move(row));
  }

  /// Two tasks of one name are two rows.
  std::string unique(const std::string& host, const std::string& kind, const std::string& name) {
    const auto count = ++seen_[host + "\x1f" + kind + "\x1f" + name];
    return count == 1 ? name : fmt::format("{} ({})", name, count);
  }

  static std::string message_of(const json& result) {
    const auto text = std::string(text_at(result, "msg"));
    if (!text.empty()) return ellipsize(hide_secrets(without_control_characters(text)), kLongestMessage);
    for (const auto& item : member_at(result, "results")) {
      if (is_true(item, "failed") && !text_at(item, "msg").empty()) return message_of(item);
    }
    return "failed";
  }

  Check check_;
  std::set<std::string> unreachable_;
  std::map<std::string, int> seen_;
};

}  // namespace

Result<Check> read_check(const json& output) {
  if (!member_at(output, "plays").is_array()) return Error{ErrorKind::InvalidInput, "that is no result of ansible-playbook: it has no plays"};
  try {
    return Reader().read(output);
  } catch (const json::exception& error) {
    return Error{ErrorKind::InvalidInput, fmt::format("the result of ansible-playbook can't be read: {}", error.what())};
  }
}

}  // namespace driftwarden::ansible
