#include "bot/app/housekeeping.hpp"

#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <filesystem>

namespace driftwarden {
namespace {

constexpr Duration kKeepFinished = std::chrono::hours{24 * 7};

}  // namespace

Result<bool> keep_house(storage::Store& store, const Clock& clock, Duration retention, const std::string& archive) {
  CHECK_OK(store.prune(kKeepFinished));
  TRY(const auto forgotten, store.forget(retention));
  if (forgotten > 0) return true;
  TRY(const auto report, store.seal_audit(clock.wall_now() - retention, archive));
  if (report.rows > 0) log_info("storage", fmt::format("{} rows of the audit log are now in {}/{}", report.rows, archive, report.seal.archive));
  if (!report.waits_for.empty()) log_info("storage", report.waits_for + " is open and still needs its rows: the audit log is sealed up to there");
  return report.more;
}

std::string archive_of(const Config& config) {
  if (!config.audit.archive.empty()) return config.audit.archive;
  return (std::filesystem::path(config.storage.path).parent_path() / "audit").string();
}

}  // namespace driftwarden
