#include "bot/terminal/backup_command.hpp"

#include "bot/terminal/config_without_secrets.hpp"
#include "gitops/base/text.hpp"
#include "storage/store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace driftwarden {
namespace {

constexpr int kFailed = 2;

std::optional<std::string> find_database(const std::string& command, const std::string& db, const std::string& config, const Environment& environment, std::ostream& err) {
  if (!db.empty()) return db;
  if (config.empty()) {
    err << fmt::format("driftwarden {}: which database? Give --config FILE or --db FILE\n", command);
    return std::nullopt;
  }
  const auto loaded = load_config_without_secrets(command, config, environment, err);
  if (!loaded) return std::nullopt;
  return loaded->storage.path;
}

/// "driftwarden.db.backup-20261122T141500Z"
std::string beside(const std::string& db, WallTime now) {
  auto stamp = format_time(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(stamp, [](char c) { return c == ':' || c == '-'; });
  return fmt::format("{}.backup-{}", db, stamp);
}

struct Made {
  std::string file;
  storage::AuditMark head{};
};

Result<Made> make_backup(const std::string& db, const std::string& to, Clock& clock) {
  Made made{.file = to.empty() ? beside(db, clock.wall_now()) : to};
  TRY(auto store, storage::Store::open_read_only(db, clock));
  CHECK_OK(store->backup(made.file));
  TRY(auto copy, storage::Store::open_read_only(made.file, clock));
  TRY(made.head, copy->audit_head());
  return made;
}

std::string lost_text(const storage::RestoreReport& report) {
  if (!report.lost_head) return {};
  const auto& lost = *report.lost_head;
  const bool same = lost.instance.empty() || report.head.instance.empty() || lost.instance == report.head.instance;
  if (!same) return fmt::format("what was there was another database, {}, with {} rows\n", lost.instance, lost.seq);
  if (lost.seq <= report.head.seq) return {};
  return fmt::format("rows {} to {} of the audit log aren't in the backup, nor is what they tell of: see what was kept\n", report.head.seq + 1, lost.seq);
}

}  // namespace

int run_backup(const BackupArguments& arguments, const Environment& environment, Clock& clock, std::ostream& out, std::ostream& err) {
  const auto db = find_database("backup", arguments.db, arguments.config, environment, err);
  if (!db) return kFailed;
  const auto made = make_backup(*db, arguments.to, clock);
  if (!made) {
    err << "driftwarden backup: " << made.error().message << '\n';
    return kFailed;
  }
  out << fmt::format("{} holds the database with {} rows of the audit log, checked\nhead {}\n", made->file, made->head.seq, storage::to_text(made->head));
  return 0;
}

int run_restore(const RestoreArguments& arguments, const Environment& environment, Clock& clock, std::ostream& out, std::ostream& err) {
  const auto db = find_database("restore", arguments.db, arguments.config, environment, err);
  if (!db) return kFailed;
  const auto report = storage::restore(arguments.from, *db, clock);
  if (!report) {
    err << "driftwarden restore: " << report.error().message << '\n';
    return kFailed;
  }
  out << fmt::format("{} is {} now, with {} rows of the audit log and one more that tells of this\n", *db, arguments.from, report->head.seq);
  if (!report->aside.empty()) out << fmt::format("what was there is kept as {}\n", report->aside);
  out << lost_text(*report);
  return 0;
}

}  // namespace driftwarden
