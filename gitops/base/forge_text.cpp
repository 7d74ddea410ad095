#include "gitops/base/forge_text.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::string_view kWordJoiner = "\u2060";  // has no width and allows no break
constexpr std::size_t kLongestMark = 40;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// "GH-1" is a reference in any case, and so is any tracker's "OPS-12".
bool is_key_dash(std::string_view text, std::size_t at) {
  if (text[at] != '-' || at < 2 || at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9') return false;
  if (to_lower(text.substr(at - 2, 2)) == "gh" && (at == 2 || !is_word(text[at - 3]))) return true;
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return capital(text[at - 1]) && capital(text[at - 2]);
}

bool is_here(std::string_view rest, std::string_view word) { return rest.size() >= word.size() && to_lower(rest.substr(0, word.size())) == word; }

/// "[skip ci]", "[ci-skip]", "[no ci]", "[skip azurepipelines]": who skips what differs, the form doesn't.
bool is_skip_mark(std::string_view rest) {
  const auto end = rest.substr(0, kLongestMark).find(']');
  if (!rest.starts_with('[') || end == std::string_view::npos || rest.substr(1).starts_with(kWordJoiner)) return false;
  auto inside = to_lower(trim(rest.substr(1, end - 1)));
  std::ranges::replace_if(inside, [](char c) { return c == '-' || c == '_' || c == ':'; }, ' ');
  return inside.find("skip") != std::string::npos || inside == "no ci";
}

/// How much of `rest` stands before the place where it is broken; 0 where it does no harm.
std::size_t harmful_start(std::string_view rest) {
  if (is_skip_mark(rest)) return 1;
  if (is_here(rest, "***no_ci***")) return 3;
  if (is_here(rest, "skip-checks")) return 4;
  if (rest.starts_with("www.")) return 2;
  if (rest.starts_with("<!--") || rest.starts_with("://")) return 1;
  constexpr std::string_view kOpens = "@#!~%$&";
  const bool opens = rest.size() > 1 && kOpens.find(rest.front()) != std::string_view::npos && (is_word(rest[1]) || rest[1] == '"');
  return opens ? 1 : 0;
}

}  // namespace

std::string without_forge_commands(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (is_key_dash(text, i)) out += kWordJoiner;
    const auto start = harmful_start(text.substr(i));
    out += text.substr(i, std::max<std::size_t>(1, start));
    if (start > 0) out += kWordJoiner;
    i += std::max<std::size_t>(1, start);
  }
  return out;
}

}  // namespace driftwarden
