#include "bot/view/markdown.hpp"

#include "gitops/base/forge_text.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

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

std::string without_references(std::string_view text) { return without_forge_commands(text); }

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
