#include "bot/command/run_it.hpp"

#include <fmt/core.h>

#include <charconv>
#include <chrono>

namespace driftwarden {
namespace {

constexpr std::string_view kBeginning = "run-it ";

/// Takes the word at the beginning of `text` off it.
std::string_view take_word(std::string_view& text) {
  const auto space = text.find(' ');
  const auto word = text.substr(0, space);
  text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  return word;
}

}  // namespace

std::string to_text(const RunIt& asked) {
  const auto until = std::chrono::duration_cast<std::chrono::seconds>(asked.until.time_since_epoch()).count();
  return fmt::format("{}{} {} {}", kBeginning, asked.user, until, asked.command);
}

std::optional<RunIt> run_it_from(std::string_view text) {
  if (!text.starts_with(kBeginning)) return std::nullopt;
  text.remove_prefix(kBeginning.size());
  RunIt asked;
  asked.user = take_word(text);
  const auto until = take_word(text);
  constexpr std::int64_t kLatest = 99'999'999'999;
  std::int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(until.data(), until.data() + until.size(), seconds);
  if (failed != std::errc{} || end != until.data() + until.size() || seconds < 0 || seconds > kLatest) return std::nullopt;
  asked.until = WallTime{std::chrono::seconds{seconds}};
  asked.command = text;
  if (asked.user.empty() || asked.command.empty()) return std::nullopt;
  return asked;
}

}  // namespace driftwarden
