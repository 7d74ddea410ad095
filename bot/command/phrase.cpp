#include "bot/command/phrase.hpp"

#include "bot/command/grammar.hpp"
#include "bot/command/rollback_target.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace driftwarden::grammar {
namespace {

constexpr std::size_t kMostTokens = 40;
constexpr std::size_t kMostWhen = 5;

using Tokens = std::vector<Token>;

bool is_one_of(std::string_view word, std::string_view alternatives) {
  while (!alternatives.empty()) {
    const auto bar = alternatives.find('|');
    if (alternatives.substr(0, bar) == word) return true;
    alternatives = bar == std::string_view::npos ? std::string_view{} : alternatives.substr(bar + 1);
  }
  return false;
}

bool has_digit(std::string_view word) {
  return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Without quotes, brackets and the sentence's own marks.
std::string bare(std::string_view word) {
  static constexpr std::string_view kAround = "\"'`.,;:!?()[]<>*";
  const auto from = word.find_first_not_of(kAround);
  if (from == std::string_view::npos) return {};
  return std::string(word.substr(from, word.find_last_not_of(kAround) - from + 1));
}

/// "what's" is two words, "checkout's" is one, "isn't" is two.
void add_word(std::string word, std::vector<std::string>& words) {
  replace_all(word, "\u2019", "'");
  word = bare(word);
  if (word.empty()) return;
  const auto lower = to_lower(word);
  if (lower == "let's") {
    return;
  } else if (lower == "i'm") {
    words.insert(words.end(), {"i", "am"});
  } else if (lower == "can't" || lower == "won't") {
    words.insert(words.end(), {lower == "can't" ? "can" : "will", "not"});
  } else if (lower.ends_with("n't")) {
    words.insert(words.end(), {word.substr(0, word.size() - 3), "not"});
  } else if (lower.ends_with("'s")) {
    const auto first = word.substr(0, word.size() - 2);
    words.push_back(first);
    if (is_one_of(to_lower(first), "what|who|where|how|when|it|that|there|everything|anything|something")) words.emplace_back("is");
  } else if (lower.ends_with("'re") || lower.ends_with("'ve") || lower.ends_with("'ll")) {
    words.push_back(word.substr(0, word.size() - 3));
    words.emplace_back(lower.ends_with("'re") ? "are" : lower.ends_with("'ve") ? "have" : "will");
  } else {
    words.push_back(std::move(word));
  }
}

/// What a request begins with and means nothing by: longest first where one begins like another.
const std::vector<std::vector<std::string>>& courtesies() {
  static const std::vector<std::vector<std::string>> kAll{
      {"i", "want", "you", "to"}, {"i", "would", "like", "to"}, {"i'd", "like", "to"}, {"i", "want", "to"}, {"i", "need", "to"}, {"we", "want", "to"}, {"we", "need", "to"},
      {"we", "should"}, {"can", "you"}, {"could", "you"}, {"would", "you"}, {"will", "you"}, {"can", "i"}, {"can", "we"}, {"may", "i"}, {"let", "us"}, {"lets"},
      {"tell", "me"}, {"tell", "us"}, {"show", "me"}, {"show", "us"}, {"give", "me"}, {"give", "us"}, {"do", "you", "know"}, {"hey"}, {"hi"}, {"hello"}, {"ok"}, {"okay"}, {"so"}, {"and"}, {"then"}};
  return kAll;
}

void drop_courtesies(std::vector<std::string>& words) {
  for (bool found = true; found;) {
    found = false;
    for (const auto& phrase : courtesies()) {
      if (words.size() <= phrase.size()) continue;
      if (!std::equal(phrase.begin(), phrase.end(), words.begin(), [](const std::string& a, const std::string& b) { return a == to_lower(b); })) continue;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(phrase.size()));
      found = true;
      break;
    }
  }
}

std::string named_app(const std::string& word, const GrammarContext& context) {
  const auto lower = to_lower(word);
  const auto found = std::ranges::find_if(context.apps, [&](const std::string& app) { return to_lower(app) == lower; });
  return found == context.apps.end() ? std::string() : *found;
}

bool is_unit(std::string_view word) { return is_one_of(word, "second|minute|hour|day|week|half"); }

bool is_filler(const std::vector<std::string>& words, std::size_t at) {
  const auto lower = to_lower(words[at]);
  if (is_one_of(lower, "please|pls|plz|kindly|the|just|now|currently|right|app|apps|application|again|thanks|actually|suddenly|really")) return true;
  return is_one_of(lower, "a|an") && (at + 1 == words.size() || !is_unit(to_lower(words[at + 1])));
}

std::optional<int> count_of(const Token& token) {
  static constexpr std::array<std::string_view, 13> kWords{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
  if (const auto number = whole_number(token.lower)) return number;
  const auto found = std::ranges::find(kWords, std::string_view(token.lower));
  if (found == kWords.end()) return std::nullopt;
  return static_cast<int>(found - kWords.begin());
}

/// "2 hours", "an hour", "half an hour", "1 hour and 30 minutes", "2h"; nothing for anything else.
std::optional<Duration> span_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  using namespace std::chrono;
  Duration whole{0};
  for (auto at = from; at < to;) {
    if (tokens[at].lower == "and" && at > from) {
      ++at;
      continue;
    }
    if (const auto written = parse_duration(tokens[at].lower); written && has_digit(tokens[at].lower) && std::isalpha(static_cast<unsigned char>(tokens[at].lower.back())) != 0) {
      whole += *written;
      ++at;
      continue;
    }
    const bool half = tokens[at].lower == "half";
    if (half && ++at < to && is_one_of(tokens[at].lower, "a|an")) ++at;
    const auto number = half || at >= to ? std::optional<int>(1) : is_one_of(tokens[at].lower, "a|an") ? std::optional<int>(1) : count_of(tokens[at]);
    if (!half) ++at;
    if (!number || *number > 100'000 || at >= to) return std::nullopt;
    const auto& unit = tokens[at++].lower;
    Duration one{0};
    if (is_one_of(unit, "second|seconds|sec|secs|s")) one = seconds{1};
    if (is_one_of(unit, "minute|minutes|min|mins|m")) one = minutes{1};
    if (is_one_of(unit, "hour|hours|hr|hrs|h")) one = hours{1};
    if (is_one_of(unit, "day|days|d")) one = hours{24};
    if (is_one_of(unit, "week|weeks|w")) one = hours{24 * 7};
    if (one == Duration{0}) return std::nullopt;
    whole += half ? one / 2 : one * *number;
  }
  if (whole <= Duration{0}) return std::nullopt;
  return whole;
}

/// "yesterday at 14:00", "last Monday", "two days ago", "version 1.4.1": as `rollback ... to` takes it.
std::string when_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  std::vector<std::string> words;
  for (auto at = from; at < to; ++at) {
    const auto& lower = tokens[at].lower;
    if (is_one_of(lower, "at|on|of|last|version|tag|commit|revision|release|state|image")) continue;
    const bool one = is_one_of(lower, "a|an");
    const auto number = one ? std::optional<int>(1) : count_of(tokens[at]);
    words.push_back(number ? std::to_string(*number) : tokens[at].raw);
  }
  if (words.empty()) return {};
  const auto text = join(words, " ");
  const auto target = rollback_target_from(text);
  if (!target || target->kind == RollbackTarget::Kind::Before) return {};
  // A word that may be anything is no revision unless it looks like one.
  if (target->kind == RollbackTarget::Kind::Name && (!has_digit(text) || whole_number(text))) return {};
  return text;
}

std::string day_of(const Tokens& tokens, std::size_t from, std::size_t to) {
  std::string text;
  for (auto at = from; at < to; ++at) text += (text.empty() ? "" : " ") + tokens[at].lower;
  if (is_one_of(text, "today|tonight|lately|this morning")) return "1d";
  if (is_one_of(text, "yesterday|last night|since yesterday")) return "2d";
  if (is_one_of(text, "this week|recently|in last week|in last days")) return "7d";
  if (text == "last week") return "14d";
  if (is_one_of(text, "this month|last month")) return "60d";
  return {};
}

std::string look_of(const std::string& word) {
  static const std::map<std::string, std::string> kVerbs{
      {"status", "status"}, {"state", "status"}, {"health", "status"}, {"diff", "diff"}, {"diffs", "diff"}, {"difference", "diff"}, {"differences", "diff"}, {"drift", "diff"},
      {"pods", "pods"}, {"pod", "pods"}, {"containers", "pods"}, {"events", "events"}, {"event", "events"}, {"logs", "logs"}, {"log", "logs"}, {"history", "history"},
      {"commits", "history"}, {"changes", "history"}, {"deployments", "history"}, {"releases", "history"}, {"incidents", "history"}, {"cost", "cost"}, {"costs", "cost"}, {"price", "cost"},
      {"waivers", "waivers"}, {"ignores", "ignores"}, {"stats", "stats"}, {"statistics", "stats"}, {"route", "route"}, {"routes", "route"}, {"audit", "audit"}};
  const auto found = kVerbs.find(word);
  return found == kVerbs.end() ? std::string() : found->second;
}

/// "1.4.2", "v2", "sha256:..." isn't: what has a tag's letters and a digit.
bool is_tag(const Token& token) {
  const bool spelled = std::ranges::all_of(token.raw, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_'; });
  return spelled && has_digit(token.raw) && token.app.empty() && token.raw.front() != '-';
}

bool is_name(const Token& token) {
  const bool spelled = std::ranges::all_of(token.raw, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '/' || c == '_'; });
  static constexpr std::string_view kNoNames = "back|to|on|in|of|for|from|at|with|it|this|that|up|down|out|off|version|tag|image|all|everything|not|is|are|more|less|another|new|newer|older";
  return spelled && std::isalnum(static_cast<unsigned char>(token.raw.front())) != 0 && std::isalnum(static_cast<unsigned char>(token.raw.back())) != 0 && !is_one_of(token.lower, kNoNames) && token.raw.find("..") == std::string::npos;
}

/// "C-12": a number alone is none.
std::string change_of(const std::string& word) {
  const auto id = word.find('-') == std::string::npos ? std::nullopt : parse_change_name(word);
  return id ? change_name(*id) : std::string();
}

class Matcher {
 public:
  Matcher(const std::vector<std::string>& pattern, const Tokens& tokens, const std::vector<std::string>& environments) : pattern_(pattern), tokens_(tokens), environments_(environments) {}

  std::optional<Captures> matched() {
    if (!match(0, 0)) return std::nullopt;
    return captures_;
  }

 private:
  bool match(std::size_t i, std::size_t at) {
    if (i == pattern_.size()) return at == tokens_.size();
    std::string_view part = pattern_[i];
    const bool optional = part.starts_with('?');
    if (optional) part.remove_prefix(1);
    const bool slot = part.starts_with('<');
    if (slot ? match_slot(part.substr(1, part.size() - 2), i, at) : at < tokens_.size() && is_one_of(tokens_[at].lower, part) && match(i + 1, at + 1)) return true;
    return optional && match(i + 1, at);
  }

  /// What the slot holds goes on with the rest of the pattern; else it is empty again.
  bool take(std::string_view slot, std::string value, std::size_t i, std::size_t next) {
    if (value.empty()) return false;
    auto& held = captures_[std::string(slot)];
    const auto before = std::exchange(held, std::move(value));
    if (match(i + 1, next)) return true;
    captures_[std::string(slot)] = before;
    return false;
  }

  bool match_slot(std::string_view slot, std::size_t i, std::size_t at) {
    if (at >= tokens_.size()) return false;
    const auto& token = tokens_[at];
    if (slot == "app") return (!token.app_pair.empty() && take(slot, token.app_pair, i, at + 2)) || take(slot, token.app, i, at + 1);
    if (slot == "n") return count_of(token) && take(slot, std::to_string(*count_of(token)), i, at + 1);
    if (slot == "tag") return is_tag(token) && take(slot, token.raw, i, at + 1);
    if (slot == "image") return token.raw.find_first_of(":@") != std::string::npos && take(slot, token.raw, i, at + 1);
    if (slot == "change") return take(slot, change_of(token.raw), i, at + 1);
    if (slot == "name") return is_name(token) && take(slot, token.raw, i, at + 1);
    if (slot == "look") return take(slot, look_of(token.lower), i, at + 1);
    if (slot.starts_with("env")) return std::ranges::any_of(environments_, [&](const std::string& one) { return to_lower(one) == token.lower; }) && take(slot, token.raw, i, at + 1);
    return match_words(slot, i, at);
  }

  /// Slots of several words, the longest first.
  bool match_words(std::string_view slot, std::size_t i, std::size_t at) {
    const auto most = slot == "rest" ? tokens_.size() : std::min(tokens_.size(), at + kMostWhen);
    for (auto end = most; end > at; --end) {
      std::string value;
      if (slot == "when") value = when_of(tokens_, at, end);
      if (slot == "day") value = day_of(tokens_, at, end);
      if (slot == "span") {
        const auto span = span_of(tokens_, at, end);
        if (span) value = format_duration(*span);
      }
      if (slot == "rest") value = "\u2026";
      if (take(slot, std::move(value), i, end)) return true;
    }
    return false;
  }

  const std::vector<std::string>& pattern_;
  const Tokens& tokens_;
  const std::vector<std::string>& environments_;
  Captures captures_;
};

}  // namespace

std::vector<Token> sentence_tokens(std::string_view text, const GrammarContext& context) {
  std::vector<std::string> words;
  const auto plain = without_control_characters(text);
  for (const auto& word : split(plain, ' ')) add_word(word, words);
  drop_courtesies(words);
  Tokens tokens;
  if (words.size() > kMostTokens) return tokens;
  for (std::size_t at = 0; at < words.size(); ++at) {
    auto app = named_app(words[at], context);
    if (app.empty() && is_filler(words, at)) continue;
    const auto lower = to_lower(words[at]);
    if (app.empty() && is_one_of(lower, "it|this|that")) app = context.implied_app;
    tokens.push_back({words[at], lower, std::move(app), {}});
  }
  for (std::size_t at = 0; at + 1 < tokens.size(); ++at) tokens[at].app_pair = named_app(tokens[at].raw + "-" + tokens[at + 1].raw, context);
  return tokens;
}

std::optional<Captures> match_phrase(const std::vector<std::string>& pattern, const Tokens& tokens, const std::vector<std::string>& environments) {
  return Matcher(pattern, tokens, environments).matched();
}

}  // namespace driftwarden::grammar
