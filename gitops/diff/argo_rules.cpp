#include "gitops/diff/argo_rules.hpp"

#include "gitops/base/members.hpp"
#include "gitops/diff/path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

Error wrong(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }
bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string_view::npos && (text == "0" || text[0] != '0');
}

std::string step_text(const std::string& name) {
  PathStep step;
  step.name = name;
  return to_string(Path{step});
}

std::string quoted(const std::string& text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

/// A path of ours, or why there is none.
struct Translated {
  std::string path;
  std::string problem;
};
Translated problem(std::string what) { return {{}, std::move(what)}; }

Translated from_pointer(std::string_view pointer) {
  if (pointer.empty() || pointer == "/") return problem("it covers the whole object; set the annotation driftwarden.io/compare: disabled instead");
  if (pointer[0] != '/') return problem("a JSON pointer begins with a slash");
  std::string path;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto end = std::min(pointer.find('/'), pointer.size());
    std::string name;
    for (std::size_t i = 0; i < end; ++i) {
      if (pointer[i] != '~') {
        name += pointer[i];
        continue;
      }
      if (i + 1 >= end || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) return problem("~ must be followed by 0 or 1");
      name += pointer[++i] == '0' ? '~' : '/';
    }
    pointer.remove_prefix(end);
    if (name.empty()) return problem("it has an empty step");
    if (name == "-") return problem("- names the end of a list, where nothing is");
    if (has_wildcard(name)) return problem("a JSON pointer has no wildcards, so it matches nothing in Argo CD");
    path += is_number(name) ? "[" + name + "]" : step_text(name);
  }
  return {path, {}};
}

/// jq, as far as it only walks: names, [n], [], select(.key == "value" and ...), joined by pipes.
class JqReader {
 public:
  explicit JqReader(std::string_view text) : text_(text) {}

  Translated read() {
    skip_space();
    if (text_.empty()) return problem("it is empty");
    while (problem_.empty() && !text_.empty()) {
      filter();
      skip_space();
      if (problem_.empty() && !text_.empty() && !text_.starts_with('.') && !take('|')) return unsupported();
      skip_space();
    }
    if (!problem_.empty()) return problem(problem_);
    if (open_list_) path_ += any();
    if (path_.empty()) return problem("it covers the whole object");
    return {path_, {}};
  }

 private:
  static Translated unsupported() {
    return problem(
        "only walking (.a.b[], ."
        R"(["x"])"
        ", [0]) and select(.key == \"value\") can be taken over of jq");
  }
  void fail() { problem_ = unsupported().problem; }
  void fail(std::string why) { problem_ = std::move(why); }

  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t' || text_[0] == '\n')) text_.remove_prefix(1);
  }
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string> name() {
    if (text_.starts_with('"')) return string();
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9'); };
    const auto end = static_cast<std::size_t>(std::find_if_not(text_.begin(), text_.end(), letter) - text_.begin());
    if (end == 0 || (text_[0] >= '0' && text_[0] <= '9')) return std::nullopt;
    auto found = std::string(text_.substr(0, end));
    text_.remove_prefix(end);
    return found;
  }

  std::optional<std::string> string() {
    std::size_t end = 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return std::nullopt;
    const auto value = json::parse(text_.substr(0, end + 1), nullptr, false);
    text_.remove_prefix(end + 1);
    if (!value.is_string()) return std::nullopt;
    return value.get<std::string>();
  }

  void filter() {
    if (take_word("select")) return select();
    if (!take('.')) return fail();
    if (text_.starts_with('.')) return fail();
    bool after_point = true;
    for (;;) {
      if (text_.starts_with('[')) {
        bracket();
      } else if (after_point && !text_.empty() && text_[0] != ' ' && text_[0] != '|') {
        const auto found = name();
        if (!found) return fail();
        field(*found);
      } else if (after_point) {
        break;  // a dot by itself: the value as it is
      }
      if (!problem_.empty()) return;
      take('?');
      after_point = take('.');
      if (after_point && (text_.empty() || text_[0] == ' ')) return fail();
      if (!after_point && !text_.starts_with('[')) break;
    }
  }

  void field(const std::string& found) {
    if (has_wildcard(found)) return fail("the name " + quoted(found) + " has characters that are wildcards here");
    close_list();
    path_ += step_text(found);
    last_ = found;
  }

  void bracket() {
    take('[');
    skip_space();
    if (take(']')) {
      close_list();
      open_list_ = true;
      return;
    }
    if (text_.starts_with('"')) {
      const auto found = string();
      if (!found) return fail();
      field(*found);
    } else {
      const auto end = std::min(text_.find_first_not_of("0123456789"), text_.size());
      const auto digits = text_.substr(0, end);
      if (!is_number(digits)) return fail();
      close_list();
      path_ += "[" + std::string(digits) + "]";
      last_.clear();
      text_.remove_prefix(end);
    }
    skip_space();
    if (!take(']')) fail();
  }

  /// `[]` goes over the elements of a list, and over the values of a map.
  std::string any() const {
    static constexpr std::array<std::string_view, 9> kMaps{"labels",      "annotations",  "data",   "stringData", "binaryData",
                                                           "matchLabels", "nodeSelector", "limits", "requests"};
    return std::find(kMaps.begin(), kMaps.end(), last_) == kMaps.end() ? "[*]" : ".*";
  }

  void close_list() {
    if (!open_list_) return;
    path_ += any();
    open_list_ = false;
    last_.clear();
  }

  void select() {
    skip_space();
    if (!take('(')) return fail();
    if (!open_list_) return fail("select is understood only right after []");
    std::vector<std::pair<std::string, std::string>> keys;
    for (;;) {
      skip_space();
      if (!take('.')) return fail();
      auto key = name();
      take('?');
      skip_space();
      if (!key || !take_word("==")) return fail();
      skip_space();
      auto value = scalar();
      if (!value) return;
      keys.emplace_back(*std::move(key), *std::move(value));
      skip_space();
      if (take(')')) break;
      if (!take_word("and ")) return fail();
    }
    path_ += '[';
    for (const auto& [key, value] : keys) path_ += (&key == &keys.front().first ? "" : ",") + key + "=" + value;
    path_ += ']';
    open_list_ = false;
    last_.clear();
  }

  std::optional<std::string> scalar() {
    if (text_.starts_with('"')) {
      const auto value = string();
      if (!value) {
        fail();
      } else if (has_wildcard(*value)) {
        fail("the value " + quoted(*value) + " has characters that are wildcards here");
      } else {
        return quoted(*value);
      }
      return std::nullopt;
    }
    const auto end = std::min(text_.find_first_of(" )"), text_.size());
    const auto word = std::string(text_.substr(0, end));
    if (word != "true" && word != "false" && !is_number(word)) {
      fail();
      return std::nullopt;
    }
    text_.remove_prefix(end);
    return word;
  }

  std::string_view text_;
  std::string path_;
  std::string last_;        ///< the name that was walked last
  bool open_list_ = false;  ///< behind `[]`, whose elements a select may still narrow down
  std::string problem_;
};

class Import {
 public:
  void item(const json& item, std::size_t number) {
    where_ = fmt::format("ignoreDifferences[{}]", number);
    for (const auto& [key, value] : item.items()) check_key(key, value);
    IgnoreRule rule;
    // Left out means the core group here, and nothing but that.
    rule.match.group = text_at(item, "group");
    rule.match.kind = text_at(item, "kind");
    rule.reason = "ignoreDifferences of the Argo CD Application";
    if (rule.match.kind.empty()) return warn("kind is missing, so that it matches nothing in Argo CD");
    if (!exact(item, "name", rule.match.name) || !exact(item, "namespace", rule.match.namespace_)) return;
    std::vector<std::string> paths;
    translate(item, "jsonPointers", paths, [](const std::string& text) { return from_pointer(text); });
    translate(item, "jqPathExpressions", paths, [](const std::string& text) { return JqReader(text).read(); });
    const auto managers = texts(item, "managedFieldsManagers");
    if (!paths.empty()) {
      auto by_path = rule;
      by_path.paths = std::move(paths);
      out.rules.push_back(std::move(by_path));
    }
    auto by_manager = std::move(rule);
    for (const auto& manager : managers) {
      if (has_wildcard(manager)) {
        warn(fmt::format("managedFieldsManagers: {} has no wildcards in Argo CD, so it matches nothing", quoted(manager)));
      } else {
        by_manager.managers.push_back(manager);
      }
    }
    if (!by_manager.managers.empty()) out.rules.push_back(std::move(by_manager));
  }

  ImportedRules out;

 private:
  void warn(const std::string& what) { out.warnings.push_back(where_ + ": " + what); }

  void check_key(const std::string& key, const json& value) {
    static constexpr std::array<std::string_view, 4> kTexts{"group", "kind", "name", "namespace"};
    static constexpr std::array<std::string_view, 3> kLists{"jsonPointers", "jqPathExpressions", "managedFieldsManagers"};
    const auto is_among = [&key](const auto& known) { return std::find(known.begin(), known.end(), key) != known.end(); };
    if (is_among(kTexts)) {
      if (!value.is_string() && !value.is_null()) warn(key + ": expected a text");
    } else if (is_among(kLists)) {
      if (!value.is_array() && !value.is_null()) warn(key + ": expected a list of texts");
    } else {
      warn(key + ": not known, left out");
    }
  }

  /// Argo CD compares names as they are; ours are globs.
  bool exact(const json& item, const char* key, std::string& into) {
    const std::string text(text_at(item, key));
    if (text.empty()) return true;
    if (has_wildcard(text)) {
      warn(fmt::format("{}: {} has no wildcards in Argo CD, so it matches nothing", key, quoted(text)));
      return false;
    }
    into = text;
    return true;
  }

  std::vector<std::string> texts(const json& item, const char* key) {
    std::vector<std::string> all;
    const auto found = item.find(key);
    if (found == item.end() || !found->is_array()) return all;
    for (const auto& text : *found) {
      if (text.is_string()) {
        all.push_back(text.get<std::string>());
      } else {
        warn(std::string(key) + ": expected a list of texts");
      }
    }
    return all;
  }

  template <class Translate>
  void translate(const json& item, const char* key, std::vector<std::string>& paths, const Translate& translate_one) {
    for (const auto& text : texts(item, key)) {
      auto translated = translate_one(text);
      if (translated.problem.empty() && !PathPattern::parse(translated.path)) translated.problem = "it can't be written as a path";
      if (translated.problem.empty()) {
        paths.push_back(std::move(translated.path));
      } else {
        warn(fmt::format("{}: {} is not taken over: {}", key, quoted(text), translated.problem));
      }
    }
  }

  std::string where_;
};

}  // namespace

Result<ImportedRules> import_argo_rules(const json& ignore_differences) {
  Import import;
  if (ignore_differences.is_null()) return std::move(import.out);
  if (!ignore_differences.is_array()) return wrong("ignoreDifferences: expected a list");
  for (std::size_t i = 0; i < ignore_differences.size(); ++i) {
    if (!ignore_differences[i].is_object()) return wrong(fmt::format("ignoreDifferences[{}]: expected a mapping", i));
    import.item(ignore_differences[i], i);
  }
  return std::move(import.out);
}

}  // namespace driftwarden
