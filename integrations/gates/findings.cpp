#include "integrations/gates/readers.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/text_checks.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

constexpr std::size_t kMostFindings = 5000;
constexpr std::size_t kLongestRule = 100;
constexpr std::size_t kLongestMessage = 400;
constexpr std::size_t kLongestPath = 200;
constexpr std::size_t kLongestLink = 300;
constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostValues = 2'000'000;
/// A clean text is made of this much of the raw one at most: patterns are looked for in it.
constexpr std::size_t kLongestRaw = 16U << 10U;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// What a waiver names: a word that can be typed in a command.
std::string as_rule(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (out.size() >= kLongestRule) break;
    if (is_name_character(c)) {
      out += c;
    } else if (c == '/') {
      out += '.';
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  return out;
}

/// Only what a browser takes as it stands.
std::string as_link(std::string_view text) {
  if (!text.starts_with("https://") || text.size() > kLongestLink) return {};
  const auto host = text.substr(8, text.find_first_of("/?#", 8) - 8);
  if (host.empty() || host.find('.') == std::string_view::npos || host.find('@') != std::string_view::npos) return {};
  static constexpr std::string_view kAlso = "-_.~:/?#&=+%,;";
  const bool plain = std::ranges::all_of(text, [](char c) { return is_name_character(c) || kAlso.find(c) != std::string_view::npos; });
  return plain ? std::string(text) : std::string();
}

}  // namespace

void Findings::add(Finding finding) {
  if (findings_.size() >= kMostFindings) {
    too_many_ = true;
    return;
  }
  finding.rule = as_rule(finding.rule);
  if (finding.rule.empty()) finding.rule = "unnamed";
  finding.message = clean_text(subjects_, finding.message, kLongestMessage);
  if (finding.message.empty()) finding.message = "it says nothing more";
  finding.path = clean_text(subjects_, finding.path, kLongestPath);
  finding.link = as_link(finding.link);
  const auto known = finding.object.empty() ? std::string() : subjects_.of_words(finding.object);
  if (known.empty() && !finding.object.empty()) {
    finding.message = ellipsize(clean_text(subjects_, finding.object, kLongestPath) + ": " + finding.message, kLongestMessage);
  }
  finding.object = known;
  // The same twice is two: a second one of a kind that was there before is new.
  findings_.push_back(std::move(finding));
}

Result<std::vector<Finding>> Findings::take() {
  if (too_many_) return Error{ErrorKind::InvalidInput, fmt::format("it has more than {} findings", kMostFindings)};
  return std::move(findings_);
}

Result<JsonPtr> parse_answer(std::string_view text) {
  if (trim(text).empty()) return Error{ErrorKind::NotFound, "it printed nothing"};
  if (bracket_depth(text) > kDeepest) return Error{ErrorKind::NotFound, "what it printed is nested too deeply"};
  if (count_values(text) > kMostValues) return Error{ErrorKind::NotFound, "what it printed has too many values"};
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return Error{ErrorKind::NotFound, "what it printed is no JSON"};
  return std::make_shared<const json>(std::move(document));
}

std::string clean_text(const Subjects& subjects, std::string_view text, std::size_t most) {
  const auto raw = ellipsize(text, kLongestRaw);
  // What isn't text must not become a broken message.
  const auto readable = is_utf8(raw) ? raw : json(raw).dump(-1, ' ', true, json::error_handler_t::replace);
  const auto shown = hide_secrets(subjects.without_places(without_decoration(readable)));
  std::string out;
  for (const char c : without_control_characters(shown)) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return ellipsize(trim(out), most);
}

std::string path_of_pointer(std::string_view pointer) {
  std::string path;
  for (const auto& part : split(pointer, '/')) {
    if (part.empty()) continue;
    const bool index = std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    path += index ? "[" + part + "]" : "." + part;
  }
  return path;
}

std::string rule_with_digest(std::string_view rule, std::string_view message) { return fmt::format("{}-{}", rule, sha256_hex(message).substr(0, 6)); }

}  // namespace driftwarden::gates
