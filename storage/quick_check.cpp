#include "storage/quick_check.hpp"

#include "storage/backup.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

namespace driftwarden::storage {
namespace {

constexpr int kStepsBetweenLooks = 10'000;

struct Patience {
  Clock& clock;
  MonoTime until;
  bool over = false;
};

int is_over(void* given) {
  auto& patience = *static_cast<Patience*>(given);
  patience.over = patience.over || patience.clock.mono_now() > patience.until;
  return patience.over ? 1 : 0;
}

}  // namespace

Result<void> quick_check(const std::string& path, Clock& clock, MonoTime until) {
  Patience patience{clock, until};
  auto verdict = guarded(fmt::format("checking the database {}", path), [&] {
    const auto session = open_for_reading(path);
    ::sqlite3_progress_handler(session->database().getHandle(), kStepsBetweenLooks, &is_over, &patience);
    return session->database().execAndGet("PRAGMA quick_check(1)").getString();
  });
  if (patience.over) return Error{ErrorKind::Timeout, fmt::format("checking the database {} takes longer than there is time", path)};
  if (!verdict) return verdict.error();
  if (*verdict == "ok") return Result<void>{};
  return Error{ErrorKind::Corrupt, fmt::format("the database {} is damaged ({})", path, *verdict)};
}

}  // namespace driftwarden::storage
