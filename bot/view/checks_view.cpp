#include "bot/view/checks_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/drift_words.hpp"
#include "bot/view/pages.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace driftwarden::view {
namespace {

constexpr std::size_t kShown = 25;

using State = CheckRow::State;

const char* emoji_of(State state) {
  switch (state) {
    case State::Queued: return ":white_circle:";
    case State::Running: return ":hourglass_flowing_sand:";
    case State::Passed: return ":white_check_mark:";
    case State::Failed: return ":x:";
    case State::Skipped: return ":fast_forward:";
  }
  return "";
}

int rank_of(State state) {
  switch (state) {
    case State::Failed: return 0;
    case State::Running: return 1;
    case State::Queued: return 2;
    case State::Passed: return 3;
    case State::Skipped: return 4;
  }
  return 5;
}

std::string clean(std::string_view text, std::size_t limit) { return slack::escape(without_control_characters(ellipsize(text, limit))); }

bool is_link(const std::string& url) { return (url.starts_with("https://") || url.starts_with("http://")) && url.size() < 1000 && url.find_first_of("<>|\n\r ") == std::string::npos; }

std::string row_line(const CheckRow& row) {
  const auto name = ellipsize(without_control_characters(row.name), 120);
  auto line = fmt::format("{} {}", emoji_of(row.state), is_link(row.url) ? link(row.url, name) : "*" + slack::escape(name) + "*");
  if (row.required) line += " _(required)_";
  if (row.took && *row.took >= Duration{1000}) line += " " + format_age(*row.took);
  if (!row.summary.empty() && row.state != State::Passed) line += ": " + clean(row.summary, 160);
  return line;
}

std::string counts_of(const std::vector<CheckRow>& rows) {
  std::vector<std::string> words;
  for (const auto& [state, word] : {std::pair{State::Failed, "failed"}, {State::Running, "running"}, {State::Queued, "waiting"}, {State::Passed, "passed"}, {State::Skipped, "skipped"}}) {
    const auto count = std::ranges::count(rows, state, &CheckRow::state);
    if (count > 0) words.push_back(fmt::format("{} {}", count, word));
  }
  return join(words, ", ");
}

}  // namespace

slack::Message checks_message(const Change& change, std::vector<CheckRow> rows) {
  std::ranges::stable_sort(rows, {}, [](const CheckRow& row) { return std::pair(rank_of(row.state), !row.required); });
  const auto headline = fmt::format("*{}* checks{}: {}", change_name(change.id),
                                    is_link(change.pull_request_url) ? " of " + link(change.pull_request_url, fmt::format("pull request #{}", change.pull_request)) : "", counts_of(rows));
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    if (lines.size() < kShown) lines.push_back(row_line(row));
  }
  if (rows.size() > kShown) lines.push_back(fmt::format("\u2026 and {} more", rows.size() - kShown));
  Blocks blocks;
  blocks.section(headline);
  add_packed(blocks, lines);
  return message_of(blocks, headline + "\n" + join(lines, "\n"));
}

}  // namespace driftwarden::view
