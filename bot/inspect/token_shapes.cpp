#include "bot/inspect/token_shapes.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }
bool is_upper_or_digit(char c) { return is_digit(c) || is_upper(c); }
bool is_url_safe(char c) { return is_alnum(c) || c == '_' || c == '-'; }
bool is_word(char c) { return is_alnum(c) || c == '_'; }
bool is_dotted(char c) { return is_url_safe(c) || c == '.'; }

struct Shape {
  std::string_view prefix;
  bool (*of)(char);
  std::size_t least;  ///< characters after the prefix
  bool digit = false; ///< at least one among the first `least`: else it is a word that only begins so
};

// Sources: the issuers' own documentation of their formats.
constexpr std::array<Shape, 33> kShapes{{{"AKIA", is_upper_or_digit, 16},
                                         {"ASIA", is_upper_or_digit, 16},
                                         {"ghp_", is_alnum, 20},
                                         {"gho_", is_alnum, 20},
                                         {"ghu_", is_alnum, 20},
                                         {"ghs_", is_alnum, 20},
                                         {"ghr_", is_alnum, 20},
                                         {"github_pat_", is_word, 22},
                                         {"glpat-", is_url_safe, 20},
                                         {"gldt-", is_url_safe, 20},
                                         {"glrt-", is_url_safe, 20},
                                         {"xoxb-", is_url_safe, 10},
                                         {"xoxp-", is_url_safe, 10},
                                         {"xoxa-", is_url_safe, 10},
                                         {"xoxr-", is_url_safe, 10},
                                         {"xoxs-", is_url_safe, 10},
                                         {"xoxe-", is_url_safe, 10},
                                         {"xoxe.", is_dotted, 10},
                                         {"xapp-", is_url_safe, 10},
                                         {"sk_live_", is_alnum, 16},
                                         {"sk_test_", is_alnum, 16},
                                         {"rk_live_", is_alnum, 16},
                                         {"whsec_", is_alnum, 16},
                                         {"sk-", is_url_safe, 32, true},
                                         {"AIza", is_url_safe, 35},
                                         {"ya29.", is_dotted, 20},
                                         {"npm_", is_alnum, 36},
                                         {"pypi-", is_url_safe, 50},
                                         {"hvs.", is_dotted, 24},
                                         {"dckr_pat_", is_url_safe, 20},
                                         {"SG.", is_dotted, 40},
                                         {"glsa_", is_word, 32},
                                         {"dop_v1_", is_alnum, 40}}};

std::size_t run_length(std::string_view text, std::size_t at, bool (*of)(char)) {
  std::size_t end = at;
  while (end < text.size() && of(text[end])) ++end;
  return end - at;
}

}  // namespace

std::size_t TokenShapes::jwt_at(std::size_t at) {
  constexpr std::size_t kLeast = 8;
  if (at < no_jwt_before_ || !text_.substr(at).starts_with("eyJ")) return 0;
  const auto head_end = at + run_length(text_, at, is_url_safe);
  const auto body = head_end + 1;
  const auto body_length = head_end < text_.size() && text_[head_end] == '.' ? run_length(text_, body, is_url_safe) : 0;
  if (head_end - at < kLeast || body_length < kLeast) {
    no_jwt_before_ = head_end;
    return 0;
  }
  auto end = body + body_length;
  // JWS has three parts, JWE five.
  for (int part = 0; part < 3 && end < text_.size() && text_[end] == '.'; ++part) {
    const auto length = run_length(text_, end + 1, is_url_safe);
    if (length == 0 && part > 0) break;
    end += 1 + length;
  }
  return end - at;
}

std::size_t TokenShapes::length_at(std::size_t at) {
  if (at > 0 && is_alnum(text_[at - 1])) return 0;
  const auto rest = text_.substr(at);
  for (const auto& shape : kShapes) {
    if (!rest.starts_with(shape.prefix)) continue;
    const auto body = rest.substr(shape.prefix.size());
    if (body.size() < shape.least) continue;
    const auto least = body.substr(0, shape.least);
    if (!std::all_of(least.begin(), least.end(), shape.of)) continue;
    if (shape.digit && std::none_of(least.begin(), least.end(), is_digit)) continue;
    return shape.prefix.size() + run_length(body, 0, shape.of);
  }
  return jwt_at(at);
}

}  // namespace driftwarden
