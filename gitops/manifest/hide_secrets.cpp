#include "gitops/manifest/hide_secrets.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::string_view kHidden = "***";

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_token(char c) { return is_name(c) || c == '/' || c == '+' || c == '='; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

struct Shape {
  std::string_view prefix;
  std::size_t least;  ///< characters that follow
};
constexpr std::array<Shape, 22> kShapes{{{"AKIA", 16},   {"ASIA", 16},       {"ghp_", 20},     {"gho_", 20},     {"ghu_", 20},      {"ghs_", 20},
                                         {"ghr_", 20},   {"github_pat_", 22}, {"glpat-", 16},  {"xoxb-", 10},    {"xoxp-", 10},     {"xapp-", 10},
                                         {"xoxe.", 10},  {"sk_live_", 16},   {"rk_live_", 16}, {"AIza", 35},     {"ya29.", 20},     {"hvs.", 24},
                                         {"npm_", 36},   {"dckr_pat_", 20},  {"glsa_", 32},    {"dop_v1_", 40}}};

/// Credentials by their form, in a text that is gone through once: each run of token characters is measured once, however many beginnings it has.
class Shapes {
 public:
  explicit Shapes(std::string_view text) : text_(text) {}

  /// Length of a credential that begins at `at`, 0 without one.
  std::size_t length_at(std::size_t at) {
    if (at > 0 && is_alnum(text_[at - 1])) return 0;
    if (at >= run_end_) measure(at);
    const auto rest = text_.substr(at);
    const auto length = run_end_ - at;
    for (const auto& shape : kShapes) {
      if (rest.starts_with(shape.prefix) && length >= shape.prefix.size() + shape.least) return length;
    }
    // A JWT: three parts, the first of which is an object in base64.
    if (rest.starts_with("eyJ") && length >= 30 && at <= dot_before_last_ && dot_before_last_ != std::string_view::npos) return length;
    return 0;
  }

 private:
  void measure(std::size_t at) {
    auto last = std::string_view::npos;
    dot_before_last_ = std::string_view::npos;
    for (run_end_ = at; run_end_ < text_.size() && is_token(text_[run_end_]); ++run_end_) {
      if (text_[run_end_] == '.') dot_before_last_ = std::exchange(last, run_end_);
    }
  }

  std::string_view text_;
  std::size_t run_end_ = 0;  ///< of the run that was measured last
  std::size_t dot_before_last_ = std::string_view::npos;
};

/// "://user:password@": where the password begins and ends; npos without one.
std::pair<std::size_t, std::size_t> password_of_url(std::string_view text, std::size_t at) {
  const auto begin = at + 3;
  auto end = begin;
  auto sign = std::string_view::npos;
  for (; end < text.size() && text[end] > ' ' && !is_quote(text[end]) && text[end] != '/' && text[end] != '?'; ++end) {
    if (text[end] == '@') sign = end;
  }
  if (sign == std::string_view::npos) return {sign, sign};
  const auto colon = text.substr(begin, sign - begin).find(':');
  if (colon == std::string_view::npos) return sign - begin >= 16 ? std::pair(begin, sign) : std::pair(std::string_view::npos, sign);
  return {begin + colon + 1, sign};
}

constexpr std::size_t kReference = 8;
bool is_reference(std::string_view value) { return value.starts_with("(known") || value.starts_with("var.") || value.starts_with("${"); }

bool is_harmless(std::string_view value) {
  static constexpr std::array<std::string_view, 12> kHarmless{"true", "false", "null", "none", "is", "was", "not", "(sensitive)", "***", "required", "{", "["};
  const auto lower = to_lower(value);
  return value.empty() || std::ranges::find(kHarmless, std::string_view(lower)) != kHarmless.end() || is_reference(value);
}

/// Where what is given to the name that ends at `end` begins; npos when nothing is.
std::size_t value_after(std::string_view line, std::size_t begin, std::size_t end) {
  auto at = end;
  while (at < line.size() && (is_quote(line[at]) || line[at] == '\\' || line[at] == ']')) ++at;
  const auto spaces = line.find_first_not_of(" \t", at);
  if (spaces == std::string_view::npos) return spaces;
  if (line[spaces] == '=' || (line[spaces] == ':' && line.substr(spaces, 3) != "://")) {
    auto value = spaces + 1;
    if (value < line.size() && (line[value] == '=' || line[value] == '>')) ++value;
    return line.find_first_not_of(" \t", value);
  }
  return line[begin] == '-' && spaces > at ? spaces : std::string_view::npos;
}

class Line {
 public:
  explicit Line(std::string_view line) : line_(line), shapes_(line) {}

  std::string hidden() {
    for (std::size_t at = 0; at < line_.size();) {
      if (const auto length = shapes_.length_at(at); length > 0) {
        out_ += kHidden;
        at += length;
      } else if (line_.substr(at).starts_with("://")) {
        at = url(at);
      } else if (is_name(line_[at])) {
        at = name(at);
      } else {
        out_ += line_[at++];
      }
    }
    return std::move(out_);
  }

 private:
  std::size_t url(std::size_t at) {
    const auto [begin, end] = password_of_url(line_, at);
    if (begin == std::string_view::npos) {
      out_ += "://";
      return at + 3;
    }
    out_.append(line_.substr(at, begin - at)).append(kHidden);
    return end;
  }

  std::size_t name(std::size_t begin) {
    auto end = begin;
    while (end < line_.size() && is_name(line_[end])) ++end;
    out_.append(line_.substr(begin, end - begin));
    if (!Redactor::is_sensitive_name(line_.substr(begin, end - begin))) return end;
    const auto value = value_after(line_, begin, end);
    if (value == std::string_view::npos) return end;
    auto from = value;
    while (from < line_.size() && line_[from] == '\\') ++from;
    const bool quoted = from < line_.size() && is_quote(line_[from]);
    auto to = quoted ? from + 1 : value;
    if (quoted) from = to;
    // Told by its beginning: what is left as it is must not cost a look at the whole line.
    if (is_reference(line_.substr(from, kReference))) return end;
    while (to < line_.size() && (quoted ? line_[to] != line_[from - 1] && line_[to] != '\\' : line_[to] > ' ' && line_[to] != ',' && line_[to] != ';')) ++to;
    if (is_harmless(line_.substr(from, to - from))) return end;
    out_.append(line_.substr(end, from - end)).append(kHidden);
    return to;
  }

  std::string_view line_;
  Shapes shapes_;
  std::string out_;
};

}  // namespace

bool looks_secret(std::string_view text) {
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) return true;
  Shapes shapes(text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (shapes.length_at(at) > 0) return true;
    if (text[at] == ':' && text.substr(at).starts_with("://") && password_of_url(text, at).first != std::string_view::npos) return true;
  }
  return false;
}

std::string replace_credentials(std::string_view text, const Replacement& replacement) {
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) return replacement(text);
  Shapes shapes(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto length = shapes.length_at(at); length > 0) {
      out += replacement(text.substr(at, length));
      at += length;
      continue;
    }
    if (text[at] == ':' && text.substr(at).starts_with("://")) {
      const auto [begin, end] = password_of_url(text, at);
      if (begin != std::string_view::npos) {
        out.append(text.substr(at, begin - at)).append(replacement(text.substr(begin, end - begin)));
        at = end;
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

std::string hide_secrets(std::string_view text) {
  std::string out;
  bool in_key = false;
  for (const auto& line : split(text, '\n')) {
    if (!out.empty()) out += '\n';
    const bool begins = line.find("-----BEGIN") != std::string::npos && line.find("PRIVATE KEY") != std::string::npos;
    in_key = in_key || begins;
    out += in_key ? std::string(kHidden) : Line(line).hidden();
    if (line.find("-----END") != std::string::npos) in_key = false;
  }
  return out;
}

std::string without_decoration(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '[') {
      at += 2;
      while (at < text.size() && (text[at] < '@' || text[at] > '~')) ++at;
      continue;
    }
    // U+2500 to U+257F, three bytes each.
    if (text.substr(at, 2) == "\xe2\x94" || text.substr(at, 2) == "\xe2\x95") {
      at += 2;
      continue;
    }
    if (text[at] != '\r') out += text[at];
  }
  return out;
}

}  // namespace driftwarden
