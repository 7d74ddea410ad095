// What went wrong, from what the tool printed: JSON lines of `-json`, or plain text.
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "integrations/terraform/plan.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::terraform {
namespace {

using nlohmann::json;

constexpr std::size_t kMostErrors = 4;
constexpr std::size_t kLongestError = 400;
constexpr std::size_t kLongestText = 900;

std::string one_line(std::string_view text) {
  std::vector<std::string> words;
  for (const auto& line : split(text, '\n')) {
    if (const auto word = trim(line); !word.empty()) words.emplace_back(word);
  }
  return join(words, " ");
}

/// "main.tf:3: Unsupported argument: ...". The snippet of the source is left out: it may hold what its author took for harmless.
std::string diagnostic_text(const json& line) {
  const auto& diagnostic = member_at(line, "diagnostic");
  const auto& range = member_at(diagnostic, "range");
  std::string text;
  if (const auto file = text_at(range, "filename"); !file.empty()) {
    const auto& at = member_at(member_at(range, "start"), "line");
    text = at.is_number() ? fmt::format("{}:{}: ", file, at.dump()) : fmt::format("{}: ", file);
  }
  const auto summary = text_at(diagnostic, "summary");
  text += std::string(summary.empty() ? text_at(line, "@message") : summary);
  if (const auto detail = one_line(text_at(diagnostic, "detail")); !detail.empty()) text += ": " + detail;
  return ellipsize(hide_secrets(text), kLongestError);
}

std::string plain_text(std::string_view output) {
  const auto text = without_decoration(output);
  const auto at = text.find("Error");
  auto words = one_line(at == std::string::npos ? std::string_view(text) : std::string_view(text).substr(at));
  return ellipsize(hide_secrets(words), kLongestText);
}

}  // namespace

std::string errors_in(std::string_view output) {
  std::vector<std::string> errors;
  std::string rest;
  std::size_t more = 0;
  for (const auto& line : split(output, '\n')) {
    const auto words = trim(line);
    if (words.empty()) continue;
    const auto parsed = words.front() == '{' ? json::parse(words, nullptr, false) : json(json::value_t::discarded);
    if (parsed.is_discarded() || !parsed.is_object()) {
      rest.append(line).append("\n");
      continue;
    }
    if (text_at(parsed, "@level") != "error" && text_at(member_at(parsed, "diagnostic"), "severity") != "error") continue;
    auto text = diagnostic_text(parsed);
    if (std::ranges::find(errors, text) != errors.end()) continue;
    if (errors.size() < kMostErrors) errors.push_back(std::move(text));
    else ++more;
  }
  if (errors.empty()) return plain_text(rest);
  if (more > 0) errors.push_back(fmt::format("and {} more errors", more));
  return join(errors, "; ");
}

}  // namespace driftwarden::terraform
