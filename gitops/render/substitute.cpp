#include "gitops/render/substitute.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kMaxNesting = 20;
constexpr const char* kSwitch = "kustomize.toolkit.fluxcd.io/substitute";

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string with_case(std::string text, bool upper, bool all) {
  for (auto& c : text) {
    c = static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c)) : std::tolower(static_cast<unsigned char>(c)));
    if (!all) break;
  }
  return text;
}

std::optional<long> number_of(std::string_view text) {
  long number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// What can't be read as numbers leaves the text as it is.
std::string part_of(const std::string& text, const std::string& from, const std::optional<std::string>& length) {
  const auto size = static_cast<long>(text.size());
  auto begin = number_of(from);
  const auto count = length ? number_of(*length) : std::optional(size);
  if (!begin || !count) return text;
  if (*begin < 0) begin = std::max(0L, size + *begin);
  if (*begin >= size) return {};
  const auto end = *count < 0 ? size + *count : std::min(size, *begin + *count);
  return end <= *begin ? std::string() : text.substr(static_cast<std::size_t>(*begin), static_cast<std::size_t>(end - *begin));
}

/// "[a-c]" at `pattern`: whether `c` is one of it, and how long it is; 0 when it has no end.
std::pair<bool, std::size_t> match_set(std::string_view pattern, char c) {
  const auto end = pattern.find(']', 2);
  if (end == std::string_view::npos) return {false, 0};
  auto set = pattern.substr(1, end - 1);
  const bool inverted = set.starts_with('^');
  if (inverted) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found = found || (range ? set[i] <= c && c <= set[i + 2] : set[i] == c);
    if (range) i += 2;
  }
  return {found != inverted, end + 1};
}

/// Shell patterns, in which * goes over "/", too. Backtracks to the last star only, so it never takes long.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t from = 0;
  while (t < text.size()) {
    std::size_t used = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '?') used = 1;
    if (p < pattern.size() && pattern[p] == '[') {
      const auto [one_of, size] = match_set(pattern.substr(p), text[t]);
      used = one_of ? size : 0;
    } else if (p < pattern.size() && pattern[p] == '\\' && p + 1 < pattern.size()) {
      used = pattern[p + 1] == text[t] ? 2 : 0;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      used = 1;
    }
    if (used > 0) {
      p += used;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string without(const std::string& text, const std::string& pattern, bool at_start, bool longest) {
  std::size_t size = 0;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    const auto piece = at_start ? std::string_view(text).substr(0, i) : std::string_view(text).substr(text.size() - i);
    if (!matches(pattern, piece)) continue;
    size = i;
    if (!longest) break;
  }
  return at_start ? text.substr(size) : text.substr(0, text.size() - size);
}

std::string replaced(std::string text, char mode, const std::string& what, const std::string& with) {
  if (mode == '#') return text.starts_with(what) ? with + text.substr(what.size()) : text;
  if (mode == '%') return text.ends_with(what) ? text.substr(0, text.size() - what.size()) + with : text;
  if (what.empty()) return text;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
    if (mode != '/') break;
  }
  return text;
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const Variables& variables) : text_(text), variables_(variables) {}

  Result<std::string> run() {
    std::string out;
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with("$$")) {
        out += '$';
        at_ += 2;
      } else if (opens()) {
        TRY(const auto value, function(0));
        out += value;
      } else {
        out += text_[at_++];
      }
    }
    return out;
  }

 private:
  bool opens() const { return text_.substr(at_).starts_with("${"); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string take_name() {
    std::string name;
    while (is_name(peek())) name += text_[at_++];
    return name;
  }
  std::string value_of(const std::string& name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return {};
    auto value = found->second;
    std::erase(value, '\n');
    return value;
  }
  Error bad(std::size_t begin) const {
    return refuse(fmt::format("\"{}\" is no substitution: write $${{ for a ${{ that is meant as it is, or say {}: disabled on the object",
                              ellipsize(without_control_characters(text_.substr(begin, 60)), 40), kSwitch));
  }
  Result<std::string> closed(std::string value, std::size_t begin) {
    if (!take('}')) return bad(begin);
    return value;
  }

  /// Text up to one of `ends`, and functions in it.
  Result<std::string> argument(std::string_view ends, bool escapes, int depth) {
    std::string out;
    while (at_ < text_.size() && ends.find(peek()) == std::string_view::npos) {
      if (opens()) {
        TRY(const auto value, function(depth + 1));
        out += value;
        continue;
      }
      const bool escape = escapes && ((peek() == '\\' && (peek(1) == '/' || peek(1) == '\\')) || (peek() == '$' && peek(1) == '$'));
      if (escape) ++at_;
      out += text_[at_++];
    }
    return out;
  }

  Result<std::string> function(int depth) {
    const auto begin = at_;
    if (depth > kMaxNesting) return bad(begin);
    at_ += 2;
    if (take('#')) {
      const auto name = take_name();
      return name.empty() ? Result<std::string>(bad(begin)) : closed(std::to_string(value_of(name).size()), begin);
    }
    const auto name = take_name();
    if (name.empty()) return bad(begin);
    auto value = value_of(name);
    const char sign = peek();
    if (sign == ':' && std::string_view("=-?+").find(peek(1)) != std::string_view::npos && peek(1) != '\0') return otherwise(std::move(value), 2, begin, depth);
    if (sign == '=') return otherwise(std::move(value), 1, begin, depth);
    if (sign == ':') return part(value, begin, depth);
    if (sign == ',' || sign == '^') {
      ++at_;
      return closed(with_case(std::move(value), sign == '^', take(sign)), begin);
    }
    if (sign == '#' || sign == '%') return removal(value, sign, begin, depth);
    if (sign == '/') return replacement(std::move(value), begin, depth);
    return closed(std::move(value), begin);
  }

  Result<std::string> otherwise(std::string value, std::size_t sign, std::size_t begin, int depth) {
    at_ += sign;
    TRY(auto instead, argument("}", false, depth));
    return closed(value.empty() ? std::move(instead) : std::move(value), begin);
  }

  Result<std::string> part(const std::string& value, std::size_t begin, int depth) {
    ++at_;
    TRY(const auto from, argument(":}", false, depth));
    std::optional<std::string> length;
    if (take(':')) {
      TRY(length, argument("}", false, depth));
    }
    return closed(part_of(value, from, length), begin);
  }

  Result<std::string> removal(const std::string& value, char sign, std::size_t begin, int depth) {
    ++at_;
    const bool longest = take(sign);
    TRY(const auto pattern, argument("}", false, depth));
    if (pattern.empty()) return bad(begin);
    return closed(without(value, pattern, sign == '#', longest), begin);
  }

  Result<std::string> replacement(std::string value, std::size_t begin, int depth) {
    ++at_;
    char mode = '\0';
    if (std::string_view("/#%").find(peek()) != std::string_view::npos && peek() != '\0') mode = text_[at_++];
    TRY(const auto what, argument("/}", true, depth));
    if (!take('/')) return bad(begin);
    TRY(const auto with, argument("}", true, depth));
    return closed(replaced(std::move(value), mode, what, with), begin);
  }

  std::string_view text_;
  const Variables& variables_;
  std::size_t at_ = 0;
};

/// Whether YAML's usual writers leave a text without quotes: then what is put into it is read as YAML.
bool is_written_plain(std::string_view text) {
  if (text.empty() || text.find('\n') != std::string_view::npos || text.front() == ' ' || text.back() == ' ') return false;
  if (std::string_view(",[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  if (std::string_view("-?:").find(text.front()) != std::string_view::npos && (text.size() == 1 || text[1] == ' ')) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos && text.back() != ':';
}

bool has_sign(std::string_view text) { return text.find("${") != std::string_view::npos || text.find("$$") != std::string_view::npos; }

class Substitution {
 public:
  explicit Substitution(const Variables& variables) : variables_(variables) {}

  Result<void> in(json& value) {
    if (value.is_string()) return in_text(value);
    if (value.is_array()) {
      for (auto& item : value) CHECK_OK(in(item));
    }
    if (!value.is_object()) return Result<void>{};
    auto out = json::object();
    for (auto& [name, item] : value.items()) {
      TRY(auto key, substitute(name, variables_));
      CHECK_OK(in(item));
      out[key] = std::move(item);
    }
    value = std::move(out);
    return Result<void>{};
  }

 private:
  Result<void> in_text(json& value) {
    const auto text = value.get<std::string>();
    if (!has_sign(text)) return Result<void>{};
    TRY(auto made, substitute(text, variables_));
    if (!is_written_plain(text)) {
      value = std::move(made);
      return Result<void>{};
    }
    auto read = parse_yaml("value: " + made + "\n", "value");
    if (!read || read->size() != 1 || !read->front().is_object() || read->front().size() != 1) {
      return refuse(fmt::format("what becomes of \"{}\" is no YAML", ellipsize(without_control_characters(text), 80)));
    }
    value = std::move(read->front().at("value"));
    return Result<void>{};
  }

  const Variables& variables_;
};

bool is_switched_off(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return false;
  for (const auto* map : {"labels", "annotations"}) {
    const auto found = metadata->find(map);
    if (found != metadata->end() && found->is_object() && found->value(kSwitch, json()) == json("disabled")) return true;
  }
  return false;
}

Result<void> check_names(const Variables& variables) {
  for (const auto& [name, value] : variables) {
    const bool good = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && std::ranges::all_of(name, is_name);
    if (!good) return refuse(fmt::format("\"{}\" is no name of a variable: letters, digits and \"_\" make one", ellipsize(without_control_characters(name), 80)));
  }
  return Result<void>{};
}

}  // namespace

Result<std::string> substitute(std::string_view text, const Variables& variables) {
  if (!has_sign(text)) return std::string(text);
  return Evaluator(text, variables).run();
}

Result<void> substitute_in(std::vector<Manifest>& manifests, const Variables& variables) {
  if (variables.empty()) return Result<void>{};
  CHECK_OK(check_names(variables));
  Substitution substitution(variables);
  for (auto& manifest : manifests) {
    if (is_switched_off(*manifest.body)) continue;
    auto made = *manifest.body;
    if (const auto done = substitution.in(made); !done) return wrap(to_string(manifest.ref), done.error());
    manifest.ref = ref_of(made);
    if (manifest.ref.kind.empty() || manifest.ref.name.empty()) return refuse("an object has no kind or name after the substitution of variables");
    manifest.body = std::make_shared<const json>(std::move(made));
  }
  return Result<void>{};
}

}  // namespace driftwarden
