#include "integrations/forge/checks.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden::forge {

namespace {

constexpr std::size_t kChecksMax = 100;
constexpr std::size_t kSummaryMax = 200;
constexpr std::size_t kNameMax = 200;
constexpr std::size_t kLinkMax = 2'000;
constexpr std::string_view kOwn = "driftwarden/";

WallTime last_word(const Check& check) { return std::max(check.finished.value_or(WallTime{}), check.started.value_or(WallTime{})); }

/// How much a person has to care; the smallest first.
int rank(Check::State state) {
  switch (state) {
    case Check::State::Failed: return 0;
    case Check::State::Running: return 1;
    case Check::State::Queued: return 2;
    case Check::State::Passed: return 3;
    case Check::State::Skipped: return 4;
  }
  return 4;
}

bool is_newer(const Check& one, const Check& other) {
  // What is still to come has started after whatever is over.
  const auto begun = [](const Check& check) { return check.started.value_or(check.finished.value_or(WallTime{})); };
  if (begun(one) != begun(other)) return begun(one) > begun(other);
  if (last_word(one) != last_word(other)) return last_word(one) > last_word(other);
  return rank(one.state) < rank(other.state);
}

bool matters_more(const Check& one, const Check& other) {
  const auto worth = [](const Check& check) { return std::pair(check.required != true, rank(check.state)); };
  return worth(one) < worth(other);
}

}  // namespace

Check::State check_state(const std::string& word) {
  static const std::map<std::string, Check::State> kStates{
      {"success", Check::State::Passed},      {"neutral", Check::State::Passed},   {"skipped", Check::State::Skipped},
      {"manual", Check::State::Skipped},      {"pending", Check::State::Queued},   {"queued", Check::State::Queued},
      {"requested", Check::State::Queued},    {"waiting", Check::State::Queued},   {"created", Check::State::Queued},
      {"preparing", Check::State::Queued},    {"scheduled", Check::State::Queued}, {"waiting_for_resource", Check::State::Queued},
      {"in_progress", Check::State::Running}, {"running", Check::State::Running},  {"canceling", Check::State::Running}};
  const auto found = kStates.find(to_lower(word));
  return found == kStates.end() ? Check::State::Failed : found->second;
}

std::string check_link(const std::string& url, const std::string& server) {
  const bool own = url.starts_with('/') && !url.starts_with("//");
  const auto whole = own && !server.empty() ? server + url : url;
  const auto lower = to_lower(std::string_view(whole).substr(0, 8));
  if (!lower.starts_with("http://") && !lower.starts_with("https://")) return "";
  const bool plain = std::ranges::all_of(whole, [](char c) { return c > ' ' && c != '\x7f' && c != '<' && c != '>' && c != '|' && c != '"' && c != '\\'; });
  return plain && whole.size() <= kLinkMax ? whole : "";
}

std::string check_summary(std::string_view text, const std::string& word) {
  static const std::set<std::string> kPlain{"",        "success", "failure",     "failed",  "error",   "neutral",
                                            "pending", "queued",  "in_progress", "running", "skipped", "created"};
  const auto lines = split(trim(text), '\n');
  auto line = lines.empty() ? std::string() : std::string(trim(without_control_characters(lines.front())));
  if (line.empty() && !kPlain.contains(word)) {
    line = without_control_characters(word);
    std::ranges::replace(line, '_', ' ');
  }
  return ellipsize(line, kSummaryMax);
}

std::vector<Check> tidy_checks(std::vector<Check> all) {
  std::map<std::string, Check> newest;
  for (auto& check : all) {
    check.name = ellipsize(trim(without_control_characters(check.name)), kNameMax);
    if (check.name.empty() || to_lower(check.name).starts_with(kOwn)) continue;
    const auto [known, is_new] = newest.try_emplace(check.name, check);
    if (!is_new && is_newer(check, known->second)) known->second = std::move(check);
  }
  std::vector<Check> out;
  for (auto& [name, check] : newest) out.push_back(std::move(check));
  if (out.size() > kChecksMax) {
    std::ranges::stable_sort(out, matters_more);
    out.resize(kChecksMax);
    std::ranges::sort(out, {}, &Check::name);
  }
  return out;
}

}  // namespace driftwarden::forge
