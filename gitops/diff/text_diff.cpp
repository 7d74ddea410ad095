#include "gitops/diff/print.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace driftwarden {
namespace {

struct Line {
  char mark = ' ';
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

using Lines = std::vector<std::string_view>;

/// Myers' greedy algorithm: the shortest script that turns `before` into `after`.
std::vector<Line> shortest_script(const Lines& before, const Lines& after) {
  const auto n = static_cast<std::ptrdiff_t>(before.size());
  const auto m = static_cast<std::ptrdiff_t>(after.size());
  const auto at = [](const Lines& lines, std::ptrdiff_t i) { return lines[static_cast<std::size_t>(i)]; };
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * (n + m) + 3));
  const auto slot = [&](std::ptrdiff_t k) -> std::size_t { return static_cast<std::size_t>(k + n + m + 1); };
  std::vector<std::vector<std::ptrdiff_t>> trace;
  const auto down = [&](std::ptrdiff_t k, std::ptrdiff_t d, const auto& furthest) { return k == -d || (k != d && furthest(k - 1) < furthest(k + 1)); };
  for (std::ptrdiff_t d = 0; d <= n + m; ++d) {
    trace.emplace_back(reach.begin() + static_cast<std::ptrdiff_t>(slot(-d - 1)), reach.begin() + static_cast<std::ptrdiff_t>(slot(d + 1)) + 1);
    for (auto k = -d; k <= d; k += 2) {
      const auto furthest = [&](std::ptrdiff_t diagonal) { return reach[slot(diagonal)]; };
      auto x = down(k, d, furthest) ? furthest(k + 1) : furthest(k - 1) + 1;
      while (x < n && x - k < m && at(before, x) == at(after, x - k)) ++x;
      reach[slot(k)] = x;
      if (x < n || x - k < m) continue;
      std::vector<Line> script;
      std::ptrdiff_t y = x - k;
      for (auto step = d; step >= 0; --step) {
        const auto old = [&](std::ptrdiff_t diagonal) { return trace[static_cast<std::size_t>(step)][static_cast<std::size_t>(diagonal + step + 1)]; };
        const auto here = x - y;
        const auto previous = down(here, step, old) ? here + 1 : here - 1;
        const auto from_x = step == 0 ? 0 : old(previous);
        const auto from_y = step == 0 ? 0 : from_x - previous;
        for (; x > from_x && y > from_y; --x, --y) script.push_back({' ', at(before, x - 1)});
        if (step == 0) break;
        if (x == from_x) {
          script.push_back({'+', at(after, --y)});
        } else {
          script.push_back({'-', at(before, --x)});
        }
      }
      std::reverse(script.begin(), script.end());
      return script;
    }
  }
  return {};
}

/// Beyond this much change the quadratic search isn't worth it: all out, all in.
constexpr std::size_t kMaxLines = 4000;

std::vector<Line> script_of(const Lines& before, const Lines& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  const auto middle = [&](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head), lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  const auto old_middle = middle(before);
  const auto new_middle = middle(after);
  std::vector<Line> script;
  for (std::size_t i = 0; i < head; ++i) script.push_back({' ', before[i]});
  if (old_middle.size() + new_middle.size() > kMaxLines) {
    for (const auto line : old_middle) script.push_back({'-', line});
    for (const auto line : new_middle) script.push_back({'+', line});
  } else {
    const auto found = shortest_script(old_middle, new_middle);
    script.insert(script.end(), found.begin(), found.end());
  }
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) script.push_back({' ', before[i]});
  return script;
}

}  // namespace

std::string unified_text_diff(const std::string& before, const std::string& after, std::size_t context) {
  const auto script = script_of(lines_of(before), lines_of(after));
  std::string out;
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  std::size_t i = 0;
  while (i < script.size()) {
    auto start = i;
    while (start < script.size() && script[start].mark == ' ') ++start;
    if (start == script.size()) break;
    const auto first = start - std::min(start - i, context);
    old_line += first - i;
    new_line += first - i;
    // The hunk ends where more unchanged lines follow than two contexts hold.
    auto end = start;
    for (auto scan = start; scan < script.size() && scan - end <= 2 * context; ++scan) {
      if (script[scan].mark != ' ') end = scan + 1;
    }
    const auto stop = std::min(end + context, script.size());
    std::size_t removed = 0;
    std::size_t added = 0;
    std::string body;
    for (auto at = first; at < stop; ++at) {
      removed += script[at].mark != '+' ? 1 : 0;
      added += script[at].mark != '-' ? 1 : 0;
      body += fmt::format("{}{}\n", script[at].mark, script[at].text);
    }
    out += fmt::format("@@ -{},{} +{},{} @@\n", removed == 0 ? old_line - 1 : old_line, removed, added == 0 ? new_line - 1 : new_line, added) + body;
    old_line += removed;
    new_line += added;
    i = stop;
  }
  return out;
}

}  // namespace driftwarden
