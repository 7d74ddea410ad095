#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

namespace driftwarden {
namespace {

using nlohmann::json;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<ValueStep>> read() {
    std::vector<ValueStep> steps;
    while (at_ < text_.size()) {
      auto step = text_[at_] == '.' ? read_field() : read_bracket();
      if (!step) return step.error();
      steps.push_back(std::move(*step));
    }
    if (steps.empty()) return bad("an empty path");
    return steps;
  }

 private:
  Error bad(std::string_view what) const { return {ErrorKind::InvalidInput, fmt::format("{} at position {} of the path {}", what, at_ + 1, text_)}; }

  Result<ValueStep> read_field() {
    ++at_;
    const auto end = std::min(text_.find_first_of(".[", at_), text_.size());
    if (end == at_) return bad("a name is missing");
    ValueStep step;
    step.name = std::string(text_.substr(at_, end - at_));
    at_ = end;
    return step;
  }

  Result<ValueStep> read_bracket() {
    if (text_[at_] != '[') return bad("expected '.' or '['");
    ++at_;
    ValueStep step;
    if (peek() == '"') {
      TRY(const auto name, read_literal());
      step.name = json::parse(name).get<std::string>();
    } else if (peek() == '=') {
      ++at_;
      step.kind = ValueStep::Kind::SetValue;
      TRY(step.value, read_literal());
    } else if (peek() >= '0' && peek() <= '9') {
      step.kind = ValueStep::Kind::Index;
      const auto [end, failed] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), step.index);
      if (failed != std::errc{}) return bad("an index is too large");
      at_ = static_cast<std::size_t>(end - text_.data());
    } else {
      step.kind = ValueStep::Kind::Element;
      CHECK_OK(read_keys(step));
    }
    if (peek() != ']') return bad("expected ']'");
    ++at_;
    return step;
  }

  Result<void> read_keys(ValueStep& step) {
    while (true) {
      const auto equals = text_.find('=', at_);
      if (equals == std::string_view::npos) return bad("expected key=value");
      std::string name(text_.substr(at_, equals - at_));
      at_ = equals + 1;
      TRY(auto value, read_literal());
      step.keys.emplace_back(std::move(name), std::move(value));
      if (peek() != ',') return Result<void>{};
      ++at_;
    }
  }

  /// A JSON string or number, as text.
  Result<std::string> read_literal() {
    const auto start = at_;
    if (peek() == '"') {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\') ++at_;
      }
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(",]", at_), text_.size());
    }
    if (at_ > text_.size()) return bad("an unfinished string");
    std::string literal(text_.substr(start, at_ - start));
    if (!json::accept(literal)) return bad("expected a quoted text or a number");
    return literal;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string pointer_token(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

/// How many keys the element has as asked; nullopt when one differs.
std::optional<std::size_t> matching_keys(const json& element, const ValueStep& step) {
  if (!element.is_object()) return std::nullopt;
  std::size_t count = 0;
  for (const auto& [name, value] : step.keys) {
    const auto found = element.find(name);
    if (found == element.end()) continue;
    if (*found != json::parse(value)) return std::nullopt;
    ++count;
  }
  return count;
}

/// The element with the most of the keys: one that has them all goes before one that a default completes.
std::optional<std::size_t> find_index(const json& list, const ValueStep& step) {
  std::optional<std::size_t> best;
  std::size_t best_count = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (step.kind == ValueStep::Kind::SetValue) {
      if (list[i] == json::parse(step.value)) return i;
      continue;
    }
    const auto count = matching_keys(list[i], step);
    if (count && *count > best_count) {
      best = i;
      best_count = *count;
    }
  }
  return best;
}

json element_with(const ValueStep& step) {
  json element = json::object();
  for (const auto& [name, value] : step.keys) element[name] = json::parse(value);
  return element;
}

}  // namespace

Result<std::vector<ValueStep>> parse_value_path(std::string_view path) { return Reader(path).read(); }

Result<std::string> json_pointer(const json& object, std::string_view path) {
  TRY(const auto steps, parse_value_path(path));
  const json* at = &object;
  std::string pointer;
  const auto missing = [&] { return Error{ErrorKind::NotFound, fmt::format("there is nothing at {}", path)}; };
  for (const auto& step : steps) {
    if (step.kind == ValueStep::Kind::Field) {
      const auto found = at->is_object() ? at->find(step.name) : at->end();
      if (!at->is_object() || found == at->end()) return missing();
      at = &*found;
      pointer += "/" + pointer_token(step.name);
      continue;
    }
    if (!at->is_array()) return missing();
    const auto index = step.kind == ValueStep::Kind::Index ? std::optional<std::size_t>(step.index) : find_index(*at, step);
    if (!index || *index >= at->size()) return missing();
    at = &(*at)[*index];
    pointer += "/" + std::to_string(*index);
  }
  return pointer;
}

Result<void> set_value(json& object, std::string_view path, const json* value) {
  TRY(const auto steps, parse_value_path(path));
  json* at = &object;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const bool last = i + 1 == steps.size();
    const bool in_object = step.kind == ValueStep::Kind::Field;
    if (at->is_null()) *at = in_object ? json::object() : json::array();
    if (in_object ? !at->is_object() : !at->is_array()) return Error{ErrorKind::InvalidInput, fmt::format("{} leads through a plain value", path)};
    if (in_object) {
      if (last && value == nullptr) {
        at->erase(step.name);
        return Result<void>{};
      }
      at = &(*at)[step.name];
      continue;
    }
    const auto index = step.kind == ValueStep::Kind::Index ? std::optional<std::size_t>(step.index) : find_index(*at, step);
    const bool there = index && *index < at->size();
    if (last && value == nullptr) {
      if (there) at->erase(at->begin() + static_cast<json::difference_type>(*index));
      return Result<void>{};
    }
    if (!there) at->push_back(step.kind == ValueStep::Kind::Element ? element_with(step) : json());
    at = there ? &(*at)[*index] : &at->back();
  }
  if (value != nullptr) *at = *value;
  return Result<void>{};
}

}  // namespace driftwarden
