// Schedules, windows, moments and durations as people write them.
#include "bot/command/when.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"
#include "integrations/argocd/cron.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9};
  const std::string text(input);
  if (const auto cron = argocd::Cron::parse(input)) {
    const auto last = cron->last(now, std::chrono::hours{24 * 8});
    check(!last || *last <= now, "what fired last is past");
    const auto next = cron->next(now, std::chrono::hours{24 * 8});
    check(!next || *next > now, "what fires next is to come");
  }
  if (const auto duration = argocd::parse_go_duration(input)) check(*duration >= Duration{0}, "no duration is negative");
  if (const auto after = moment_after(text, now)) check(*after > now, "a moment to come is to come");
  if (const auto before = moment_before(text, now)) check(*before <= now, "a moment that is past is past");
  if (const auto duration = parse_duration(input)) {
    const auto again = parse_duration(format_duration(*duration));
    check(again && *again == *duration, "a duration is read as it is written");
  }
  if (const auto time = parse_time(input)) {
    const auto again = parse_time(format_time(*time));
    check(again && *again == *time, "a time is read as it is written");
  }
  if (const auto window = parse_week_window(input)) {
    for (int minute = 0; minute < 7 * 24 * 60; minute += 97) (void)contains(*window, minute);
  }
  (void)parse_local_time(input);
  (void)parse_day_time(input);
  (void)decode_base32(input);
}

const Target target("times", &run);

}  // namespace
}  // namespace driftwarden::fuzz
