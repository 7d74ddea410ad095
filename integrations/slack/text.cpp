#include "integrations/slack/text.hpp"

#include "gitops/base/text.hpp"
#include "integrations/slack/slack.hpp"

#include <array>
#include <optional>
#include <utility>

namespace driftwarden::slack {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 3> kEntities{{{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}};

// What keyboards and clipboards put in the place of what was meant.
constexpr std::array<Replacement, 14> kTypography{{{"\u00a0", " "},
                                                   {"\u2007", " "},
                                                   {"\u202f", " "},
                                                   {"\u200b", ""},
                                                   {"\u2060", ""},
                                                   {"\ufeff", ""},
                                                   {"\u201c", "\""},
                                                   {"\u201d", "\""},
                                                   {"\u201e", "\""},
                                                   {"\u2018", "'"},
                                                   {"\u2019", "'"},
                                                   {"\u2014", "--"},
                                                   {"\u2013", "-"},
                                                   {"\u2026", "..."}}};

template <std::size_t N>
const Replacement* match(std::string_view text, const std::array<Replacement, N>& table) {
  for (const auto& replacement : table) {
    if (text.starts_with(replacement.first)) return &replacement;
  }
  return nullptr;
}

template <std::size_t N>
std::string replace_all(std::string_view text, const std::array<Replacement, N>& table) {
  std::string out;
  while (!text.empty()) {
    if (const auto* found = match(text, table)) {
      out += found->second;
      text.remove_prefix(found->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string_view without_scheme(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://", "mailto:", "tel:"}) {
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

/// Slack links whatever looks like a host, a file or a mail; a label of its own was somebody's intent, and then the address counts.
std::string_view link_words(std::string_view url, std::string_view label) {
  const auto bare_label = label.ends_with('/') ? label.substr(0, label.size() - 1) : label;
  if (!label.empty() && (to_lower(without_scheme(url)) == to_lower(bare_label) || url == label)) return label;
  return url;
}

/// The words of a `<...>` token, given without its brackets.
std::string token_words(std::string_view token) {
  const auto bar = token.find('|');
  const auto target = token.substr(0, bar);
  const auto label = bar == std::string_view::npos ? std::string_view() : token.substr(bar + 1);
  if (target.starts_with('@')) return std::string(target);
  if (target.starts_with('#')) return label.empty() ? std::string(target) : "#" + std::string(label);
  if (target.starts_with("!subteam^")) return "@" + std::string(target.substr(9));
  if (target.starts_with("!date^")) return std::string(label);
  if (target.starts_with('!')) return "@" + std::string(target.substr(1));
  return std::string(link_words(target, label));
}

/// The length of the `<...>` token at the start of `text`, brackets included; 0 when there is none.
std::size_t token_length(std::string_view text) {
  if (!text.starts_with('<')) return 0;
  const auto end = text.find_first_of("<>\n", 1);
  return end == std::string_view::npos || text[end] != '>' || end == 1 ? 0 : end + 1;
}

/// The length of the code span at the start of `text`, backticks included; 0 when it isn't closed.
std::size_t code_length(std::string_view text) {
  const std::string_view fence = text.starts_with("```") ? "```" : "`";
  if (!text.starts_with('`')) return 0;
  const auto end = text.find(fence, fence.size());
  return end == std::string_view::npos ? 0 : end + fence.size();
}

std::string expand_tokens(std::string_view text, bool typography) {
  std::string out;
  std::string literal;
  const auto flush = [&] {
    const auto normalised = typography ? replace_all(literal, kTypography) : std::exchange(literal, {});
    out += replace_all(normalised, kEntities);
    literal.clear();
  };
  while (!text.empty()) {
    if (const auto length = token_length(text)) {
      flush();
      out += replace_all(token_words(text.substr(1, length - 2)), kEntities);
      text.remove_prefix(length);
    } else {
      literal += text.front();
      text.remove_prefix(1);
    }
  }
  flush();
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

std::string plain_command_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto length = code_length(text);
    if (length != 0) {
      out += expand_tokens(text.substr(0, length), false);
      text.remove_prefix(length);
      continue;
    }
    // An unclosed backtick is a character like others.
    const auto next = text.find('`', 1);
    out += expand_tokens(text.substr(0, next), true);
    text.remove_prefix(next == std::string_view::npos ? text.size() : next);
  }
  return out;
}

}  // namespace driftwarden::slack
