#include "bot/view/markdown.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::string_view kWordJoiner = "\u2060";  // has no width and allows no break

/// The longest run of backticks in `text`.
std::size_t longest_ticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// "GH-1" is a reference, and so is any tracker's "OPS-12".
bool is_key_dash(std::string_view text, std::size_t at) {
  if (text[at] != '-' || at < 2 || at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9') return false;
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return capital(text[at - 1]) && capital(text[at - 2]);
}

/// GitLab looks for "closes #1" in code, too, and so do we for the mark of a comment.
bool may_act(std::string_view line) {
  const auto lower = to_lower(line);
  for (const std::string_view word : {"clos", "fix", "resolv", "implement", "<!--"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string without_acts(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const auto line = text.substr(at, end - at);
    out += may_act(line) ? without_references(line) : line;
    at = end;
  }
  return out;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

}  // namespace

std::string without_references(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_key_dash(text, i)) out += kWordJoiner;
    out += c;
    if (text.substr(i, 4) == "<!--") out += kWordJoiner;  // by such a mark our own comments are found again
    const bool opens = c == '@' || c == '#' || c == '!' || c == '~' || c == '%' || c == '$' || c == '&';
    const bool before_word = i + 1 < text.size() && (is_word(text[i + 1]) || text[i + 1] == '"');
    if ((opens && before_word) || text.substr(i, 3) == "://") out += kWordJoiner;
    if (text.substr(i, 4) == "www.") {
      out += "ww";
      out += kWordJoiner;
      i += 2;
    }
  }
  return out;
}

std::string markdown_text(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*_{}[]()+|~=";
  std::string out;
  for (const char c : html_text(without_references(without_control_characters(text)))) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  // What begins a line may be a heading, a list or a quote.
  if (!out.empty() && (out.front() == '#' || out.front() == '-' || out.front() == ':')) out.insert(0, "\\");
  return out;
}

std::string markdown_code(std::string_view text) {
  const auto harmless = without_references(without_control_characters(text));
  const std::string ticks(longest_ticks(harmless) + 1, '`');
  const std::string_view space = harmless.starts_with('`') || harmless.ends_with('`') || harmless.empty() ? " " : "";
  return fmt::format("{}{}{}{}{}", ticks, space, harmless, space, ticks);
}

std::string markdown_fence(std::string_view text, std::string_view language) {
  const std::string ticks(std::max<std::size_t>(3, longest_ticks(text) + 1), '`');
  return fmt::format("{}{}\n{}{}{}\n", ticks, language, without_acts(text), text.ends_with('\n') || text.empty() ? "" : "\n", ticks);
}

std::string markdown_details(std::string_view summary, std::string_view body) {
  return fmt::format("<details><summary>{}</summary>\n\n{}\n</details>\n", html_text(without_references(without_control_characters(summary))), body);
}

std::string cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const auto missing = [&](std::size_t kept) { return fmt::format("\u2026 {} of {} bytes are left out here\n", text.size() - kept, text.size()); };
  constexpr std::size_t kForTheNote = 80;
  if (limit <= kForTheNote) return missing(0);
  const auto end = text.rfind('\n', limit - kForTheNote);
  if (end == std::string_view::npos || end == 0) {
    const auto start = ellipsize(text, limit - kForTheNote);
    return start + "\n" + missing(start.size());
  }
  return std::string(text.substr(0, end + 1)) + missing(end + 1);
}

}  // namespace driftwarden::view
