#include "integrations/argocd/window_glob.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::argocd {
namespace {

constexpr std::size_t kMostAlternatives = 256;
constexpr std::size_t kLongestPattern = 1024;

/// One character's place in a pattern.
struct Token {
  enum class Kind { Any, One, Set, Exact } kind = Kind::Exact;
  char exact = 0;
  bool negated = false;
  std::string set{};  ///< pairs: from, to
};

bool fits(const Token& token, char c) {
  if (token.kind == Token::Kind::One) return true;
  if (token.kind == Token::Kind::Exact) return token.exact == c;
  bool in = false;
  for (std::size_t i = 0; i + 1 < token.set.size(); i += 2) in = in || (token.set[i] <= c && c <= token.set[i + 1]);
  return in != token.negated;
}

/// The set that begins at `at` ("[a-c]"); `at` is behind it then. Without an end it is a bracket.
Token set_at(std::string_view pattern, std::size_t& at) {
  Token token;
  const auto end = pattern.find(']', at + 2);
  if (end == std::string_view::npos) {
    token.exact = pattern[at++];
    return token;
  }
  token.kind = Token::Kind::Set;
  auto i = at + 1;
  token.negated = pattern[i] == '!' || pattern[i] == '^';
  if (token.negated) ++i;
  while (i < end) {
    const bool range = i + 2 < end && pattern[i + 1] == '-';
    token.set += pattern[i];
    token.set += pattern[range ? i + 2 : i];
    i += range ? 3 : 1;
  }
  at = end + 1;
  return token;
}

std::vector<Token> tokens_of(std::string_view pattern) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '[') {
      tokens.push_back(set_at(pattern, at));
      continue;
    }
    Token token;
    if (pattern[at] == '*') token.kind = Token::Kind::Any;
    if (pattern[at] == '?') token.kind = Token::Kind::One;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    token.exact = pattern[at++];
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool matches_tokens(const std::vector<Token>& tokens, std::string_view text) {
  std::size_t t = 0;
  std::size_t c = 0;
  std::size_t star = tokens.size();
  std::size_t mark = 0;
  while (c < text.size()) {
    if (t < tokens.size() && tokens[t].kind == Token::Kind::Any) {
      star = t++;
      mark = c;
    } else if (t < tokens.size() && fits(tokens[t], text[c])) {
      ++t;
      ++c;
    } else if (star != tokens.size()) {
      t = star + 1;
      c = ++mark;
    } else {
      return false;
    }
  }
  while (t < tokens.size() && tokens[t].kind == Token::Kind::Any) ++t;
  return t == tokens.size();
}

/// Alternatives in braces written out, up to a bound.
void expand(const std::string& pattern, std::vector<std::string>& into) {
  std::vector<std::string> waiting{pattern};
  while (!waiting.empty() && into.size() + waiting.size() <= kMostAlternatives) {
    auto one = std::move(waiting.back());
    waiting.pop_back();
    const auto open = one.rfind('{');
    const auto close = open == std::string::npos ? open : one.find('}', open);
    if (close == std::string::npos || (open > 0 && one[open - 1] == '\\')) {
      into.push_back(std::move(one));
      continue;
    }
    const auto head = one.substr(0, open);
    const auto tail = one.substr(close + 1);
    std::size_t from = open + 1;
    while (from <= close) {
      const auto to = std::min(one.find(',', from), close);
      waiting.push_back(head + one.substr(from, to - from) + tail);
      from = to + 1;
    }
  }
}

}  // namespace

bool window_glob_matches(std::string_view pattern, std::string_view text) {
  if (pattern == "*") return true;
  if (pattern.find_first_of("*?[]{}\\") == std::string_view::npos) return pattern == text;
  if (pattern.size() > kLongestPattern) return false;
  std::vector<std::string> alternatives;
  expand(std::string(pattern), alternatives);
  for (const auto& alternative : alternatives) {
    if (matches_tokens(tokens_of(alternative), text)) return true;
  }
  return false;
}

}  // namespace driftwarden::argocd
