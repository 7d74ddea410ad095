#include "bot/deploy/deploy_tool.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <optional>

namespace driftwarden {
namespace {

using Labels = std::map<std::string, std::string>;

/// Terms between commas that stand in no parentheses.
std::vector<std::string> terms_of(const std::string& selector) {
  std::vector<std::string> terms(1);
  int depth = 0;
  for (const char c : selector) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      terms.emplace_back();
    } else {
      terms.back() += c;
    }
  }
  return terms;
}

std::optional<std::string> value_of(const Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(trim(key)));
  return found == labels.end() ? std::nullopt : std::optional<std::string>(found->second);
}

bool is_key(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t()!=<>") == std::string_view::npos;
}

/// "team in (shop, search)", "team notin (x)"; nothing where it is no such term.
std::optional<bool> matches_set(std::string_view term, const Labels& labels) {
  const auto open = term.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  const auto head = trim(term.substr(0, open));
  const auto space = head.find_last_of(" \t");
  if (space == std::string_view::npos || !term.ends_with(')')) return false;
  const auto key = trim(head.substr(0, space));
  const auto word = head.substr(space + 1);
  if (!is_key(key) || (word != "in" && word != "notin")) return false;
  const auto inside = split(term.substr(open + 1, term.size() - open - 2), ',');
  const auto value = value_of(labels, key);
  const bool listed = value && std::ranges::any_of(inside, [&](const auto& item) { return trim(item) == *value; });
  return word == "in" ? listed : !listed;
}

bool matches_term(std::string_view term, const Labels& labels) {
  if (const auto by_set = matches_set(term, labels)) return *by_set;
  if (const auto at = term.find("!="); at != std::string_view::npos) {
    return is_key(trim(term.substr(0, at))) && value_of(labels, term.substr(0, at)) != std::string(trim(term.substr(at + 2)));
  }
  if (const auto at = term.find('='); at != std::string_view::npos) {
    const auto after = term.substr(at + (term.substr(at).starts_with("==") ? 2 : 1));
    return is_key(trim(term.substr(0, at))) && value_of(labels, term.substr(0, at)) == std::string(trim(after));
  }
  if (term.starts_with('!')) return is_key(trim(term.substr(1))) && !value_of(labels, term.substr(1));
  return is_key(term) && value_of(labels, term).has_value();
}

}  // namespace

bool label_selector_matches(const std::string& selector, const std::map<std::string, std::string>& labels) {
  if (trim(selector).empty()) return true;
  return std::ranges::all_of(terms_of(selector), [&](const auto& term) { return matches_term(trim(term), labels); });
}

}  // namespace driftwarden
