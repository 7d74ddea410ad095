#include "bot/change/hidden_hcl.hpp"

#include "bot/change/hcl_reader.hpp"
#include "bot/change/hidden_values.hpp"
#include "bot/change/likely_keys.hpp"
#include "bot/change/spoken_secrets.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using Kind = HclLiteral::Kind;

constexpr std::string_view kHidden = "(hidden)";
constexpr std::size_t kSmallNumber = 6;

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

/// Copies and examples of them, too: "prod.tfvars.old".
bool holds_variables(std::string_view path) { return path.substr(path.rfind('/') + 1).find(".tfvars") != std::string_view::npos; }

/// A type or a function that is about secrets: kubernetes_secret, random_password, set_sensitive, sensitive().
bool is_about_secrets(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kWords{"secret", "passw", "credential", "sensitive", "token", "private_key"};
  const auto lower = to_lower(name);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// Where a block or an object keeps what its name is about.
bool is_value_key(std::string_view key) {
  static constexpr std::array<std::string_view, 13> kKeys{"value", "values", "default", "content", "contents", "data", "text", "string", "body", "payload", "plaintext", "input", "result"};
  return std::ranges::find(kKeys, key) != kKeys.end() || ends_with_any(key, {"_value", "_string", "_data", "_base64", "_wo"});
}

/// Where an object says what its value is.
bool is_name_key(std::string_view key) { return key == "name" || key == "key" || key == "path" || key == "field" || key == "parameter"; }

bool is_harmless_word(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kWords{"true", "false", "null", "string", "number", "bool", "any", "list", "map", "set", "object", "for"};
  return std::ranges::find(kWords, word) != kWords.end();
}

bool is_small(std::string_view word) { return is_harmless_word(word) || (word.size() <= kSmallNumber && std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == '.'; })); }

/// What its scopes are found to hold.
class Scopes {
 public:
  Scopes(std::string_view text, const HclText& read, const HclVariables& variables) : read_(read), variables_(variables), states_(read.scopes.size()) {
    for (std::size_t i = 1; i < read.scopes.size(); ++i) look_at_header(i);
    for (const auto& literal : read.literals) look_at(literal, text, text.substr(literal.begin, literal.end - literal.begin));
    for (std::size_t i = 1; i < read.scopes.size(); ++i) inherit(i);
  }

  bool hides(const HclLiteral& literal) const { return states_[literal.scope].all || hides_key(literal.scope, literal.key); }
  /// The file's own entry that it is in, and the one below that.
  std::array<std::string, 2> path_of(const HclLiteral& literal) const { return longer(states_[literal.scope].path, literal.key); }
  bool is_sensitive(std::size_t scope) const { return states_[scope].marked; }

 private:
  struct State {
    bool all = false;     ///< nothing in it is shown
    bool values = false;  ///< its name tells that its value is secret
    bool marked = false;  ///< it says `sensitive = true`
    std::array<std::string, 2> path{};
  };

  bool hides_key(std::size_t scope, const std::string& key) const { return is_hidden_name(key) || is_spoken_secret(key) || variables_.sensitive.contains(key) || (states_[scope].values && is_value_key(key)); }

  static std::array<std::string, 2> longer(std::array<std::string, 2> path, const std::string& key) {
    if (key.empty()) return path;
    if (path[0].empty()) path[0] = key;
    else if (path[1].empty()) path[1] = key;
    return path;
  }

  void look_at_header(std::size_t i) {
    const auto& scope = read_.scopes[i];
    auto& state = states_[i];
    state.all = is_about_secrets(scope.type);
    for (std::size_t n = 0; n < scope.labels.size(); ++n) {
      const bool is_type = n == 0 && scope.labels.size() > 1;
      if (is_type && is_about_secrets(scope.labels[n])) state.all = true;
      if (is_about_secrets(scope.labels[n]) || is_hidden_name(scope.labels[n]) || variables_.sensitive.contains(scope.labels[n])) state.values = true;
    }
  }

  void look_at(const HclLiteral& literal, std::string_view whole, std::string_view text) {
    if (literal.is_name || literal.kind == Kind::Comment) return;
    auto around = literal.scope;
    while (read_.scopes[around].is_call) around = read_.scopes[around].parent;
    auto& state = states_[around];
    const bool is_off = text == "false" && !trim(whole.substr(0, literal.begin)).ends_with('!');
    if ((literal.key == "sensitive" || literal.key == "ephemeral") && !is_off) state.all = state.marked = true;
    if (literal.key == "kind" && (text == "Secret" || text == "SecretList")) state.all = true;
    if (literal.kind == Kind::Text && is_name_key(literal.key) && (is_about_secrets(text) || is_hidden_name(text))) state.values = true;
  }

  void inherit(std::size_t i) {
    const auto& scope = read_.scopes[i];
    auto& state = states_[i];
    state.all = state.all || states_[scope.parent].all || hides_key(scope.parent, scope.key);
    state.path = longer(states_[scope.parent].path, scope.key);
  }

  const HclText& read_;
  const HclVariables& variables_;
  std::vector<State> states_;
};

/// As many lines as there are, empty ones included.
std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text.append(line).append("\n");
  if (!text.empty()) text.pop_back();
  return text;
}

/// JSON in quotes has its own quotes escaped.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size() || text[i + 1] != '"') out += text[i];
  }
  return out;
}

/// What says of itself that it is a secret, whatever it is called.
bool is_telling(const std::string& text) {
  const auto lines = split(unescaped(text), '\n');
  return without_hidden_values(lines) != lines || without_credential_shapes(text) != text || has_likely_key(text) || is_likely_password(text);
}

std::string lines_without_spoken_secrets(const std::string& text) {
  auto lines = split(text, '\n');
  for (auto& line : lines) line = without_spoken_secrets(line, kHidden);
  return text_of(lines);
}

bool speaks_of_a_secret(const std::string& comment) { return is_about_secrets(comment) || is_telling(comment) || lines_without_spoken_secrets(comment) != comment; }

class Hiding {
 public:
  Hiding(std::string_view path, std::string_view text, const HclText& read, const HclVariables& variables)
      : text_(text), read_(read), variables_(variables), scopes_(text, read, variables), holds_variables_(holds_variables(path)), is_unit_(path.ends_with(".hcl")) {}

  std::string shown(const HclLiteral& literal) const {
    const auto text = std::string(text_.substr(literal.begin, literal.end - literal.begin));
    if (text.empty()) return text;
    if (literal.kind == Kind::Comment) return speaks_of_a_secret(text) ? hidden(text) : text;
    if (literal.is_name) return has_likely_key(text) || without_credential_shapes(text) != text ? hidden(text) : text;
    // What is given to nobody is no HCL, and might be anything.
    const bool secret = scopes_.hides(literal) || literal.key.empty();
    if (literal.kind == Kind::Word) return (secret && !is_harmless_word(text)) || (is_unknown(literal) && !is_small(text)) || has_likely_key(text) ? hidden(text) : text;
    if (secret || is_unknown(literal)) return hidden(text);
    if (literal.kind == Kind::Heredoc) return text_of(text_without_hidden_values(split(text, '\n')));
    return is_telling(text) || follows_a_flag(literal) || is_login(literal, text) ? hidden(text) : lines_without_spoken_secrets(text);
  }

 private:
  /// ["--password", "x"]
  bool follows_a_flag(const HclLiteral& literal) const {
    if (&literal == read_.literals.data()) return false;
    const auto& before = *(&literal - 1);
    return before.kind == Kind::Text && before.scope == literal.scope && before.key == literal.key && is_lone_secret_flag(text_.substr(before.begin, before.end - before.begin));
  }
  /// { Authorization = "Basic x" }, base64encode("user:x")
  bool is_login(const HclLiteral& literal, const std::string& text) const {
    if (to_lower(literal.key).ends_with("authorization")) return text.find(' ') != std::string::npos;
    return read_.scopes[literal.scope].type == "base64encode" && text.find(':') != std::string::npos;
  }
  /// A variable's value, and nobody says what that variable is.
  bool is_unknown(const HclLiteral& literal) const {
    const auto [first, second] = scopes_.path_of(literal);
    const auto variable = holds_variables_ ? first : is_unit_ && first == "inputs" ? second : std::string();
    return !variable.empty() && !variables_.declared.contains(variable);
  }

  /// As many lines as it had.
  static std::string hidden(const std::string& text) {
    std::string out(kHidden);
    for (const char c : text) {
      if (c == '\n') out.append("\n").append(kHidden);
    }
    return out;
  }

  std::string_view text_;
  const HclText& read_;
  const HclVariables& variables_;
  Scopes scopes_;
  bool holds_variables_;
  bool is_unit_;  ///< Terragrunt's: its `inputs` are variables
};

/// What a resource for secrets keeps, as it is written there or put together from that; not the name of a file that it is read from.
bool is_kept_in_secret(const HclText& read, const Scopes& scopes, const HclLiteral& literal) {
  static constexpr std::array<std::string_view, 6> kPutTogether{"", "jsonencode", "base64encode", "sensitive", "merge", "tomap"};
  if (!is_value_key(scopes.path_of(literal)[0])) return false;
  for (auto at = literal.scope; at != 0; at = read.scopes[at].parent) {
    const auto& scope = read.scopes[at];
    if (scope.is_call && std::ranges::find(kPutTogether, scope.type) == kPutTogether.end()) return false;
    if (scope.type == "resource" && scope.labels.size() == 2) return is_about_secrets(scope.labels.front());
  }
  return false;
}

}  // namespace

void add_variables(std::string_view text, HclVariables& variables) {
  const auto read = read_hcl(text);
  if (!read) return;
  const HclVariables none;
  const Scopes scopes(text, *read, none);
  const auto add = [&](const std::string& name, std::size_t scope) {
    variables.declared.insert(name);
    if (scopes.is_sensitive(scope)) variables.sensitive.insert(name);
  };
  for (std::size_t i = 1; i < read->scopes.size(); ++i) {
    const auto& scope = read->scopes[i];
    if (scope.type == "variable" && scope.labels.size() == 1) add(scope.labels.front(), i);
    // As JSON: {"variable": {"token": {"sensitive": true}}}.
    if (scope.type.empty() && !scope.key.empty() && read->scopes[scope.parent].key == "variable") add(scope.key, i);
  }
}

bool is_hcl(std::string_view path) { return holds_variables(path) || ends_with_any(path, {".tf", ".tofu", ".hcl", ".tf.json", ".tofu.json"}); }

std::optional<std::vector<std::string>> hcl_without_hidden_values(std::string_view path, const std::vector<std::string>& lines, const HclVariables& variables) {
  const auto text = text_of(lines);
  const auto read = read_hcl(text);
  if (!read) return std::nullopt;
  const Hiding hiding(path, text, *read, variables);
  std::string out;
  std::size_t at = 0;
  for (const auto& literal : read->literals) {
    out.append(text, at, literal.begin - at).append(hiding.shown(literal));
    at = literal.end;
  }
  out.append(text, at);
  auto shown = split(out, '\n');
  // A credential may stand where only names should.
  for (auto& line : shown) line = without_credential_shapes(line);
  return shown;
}

std::optional<std::vector<HclValue>> hcl_values(std::string_view text) {
  const auto read = read_hcl(text);
  if (!read) return std::nullopt;
  const HclVariables none;
  const Scopes scopes(text, *read, none);
  std::vector<HclValue> values;
  std::size_t line = 1;
  std::size_t at = 0;
  for (const auto& literal : read->literals) {
    line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(literal.begin), '\n'));
    at = literal.begin;
    if (literal.is_name || literal.kind == Kind::Word) continue;
    const auto& scope = read->scopes[literal.scope];
    const bool by_label = is_value_key(literal.key) && !scope.labels.empty();
    const bool sensitive = (scopes.is_sensitive(literal.scope) && is_value_key(literal.key)) || (literal.kind != Kind::Comment && is_kept_in_secret(*read, scopes, literal));
    values.push_back({by_label ? scope.labels.back() : literal.key, std::string(text.substr(literal.begin, literal.end - literal.begin)), line, sensitive});
  }
  return values;
}

}  // namespace driftwarden
