#include "bot/plans/saved_plans.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// On the disk before it returns: a marker that is lost with the power is none.
Result<void> write_durably(const std::string& path, const std::string& text) {
  const auto failed = [&] { return Error{ErrorKind::Unavailable, fmt::format("{} can't be written", path)}; };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failed();
  std::size_t written = 0;
  while (written < text.size()) {
    const auto count = ::write(file, text.data() + written, text.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  const bool well = written == text.size() && ::fsync(file) == 0;
  ::close(file);
  const int directory = ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  if (!well) return failed();
  return Result<void>{};
}

/// Of a file, or of all files of a directory.
std::string digest_of(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return sha256_hex(read_text(path).value_or(""));
  std::vector<std::string> parts;
  for (auto entry = fs::recursive_directory_iterator(path, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (!entry->is_regular_file(failed)) continue;
    parts.push_back(fs::relative(entry->path(), path, failed).string() + " " + sha256_hex(read_text(entry->path().string()).value_or("")));
  }
  std::ranges::sort(parts);
  return sha256_hex(join(parts, "\n"));
}

void restrict(const fs::path& path) {
  std::error_code failed;
  const bool directory = fs::is_directory(path, failed);
  fs::permissions(path, directory ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write, failed);
  if (!directory) return;
  for (const auto& entry : fs::directory_iterator(path, failed)) restrict(entry.path());
}

json to_json(const SavedRecord& record) {
  return {{"app", record.app},
          {"digest", record.plan.digest},
          {"text", record.plan.text},
          {"revision", record.plan.revision},
          {"destructive", record.plan.destructive},
          {"deletes", record.plan.deletes},
          {"file", record.file_digest},
          {"inputs", record.inputs},
          {"kept", static_cast<std::int64_t>(record.kept_at.time_since_epoch().count())}};
}

SavedRecord from_json(const json& object) {
  SavedRecord record;
  record.app = object.at("app").get<std::string>();
  record.plan.digest = object.at("digest").get<std::string>();
  record.plan.text = object.at("text").get<std::string>();
  record.plan.revision = object.at("revision").get<std::string>();
  record.plan.destructive = object.at("destructive").get<bool>();
  record.plan.deletes = object.at("deletes").get<std::vector<std::string>>();
  record.file_digest = object.at("file").get<std::string>();
  record.inputs = object.at("inputs").get<PlanInputs>();
  return record;
}

}  // namespace

std::string SavedPlans::place(const std::string& id) const {
  std::string name;
  for (const char c : id) name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
  return fmt::format("{}/{}", directory_, name.empty() ? "_" : name);
}

Result<void> SavedPlans::keep(const std::string& id, SavedRecord record, const std::string& file) {
  const auto before = progress(id);
  if (before.started && !before.done && !before.failed) return Error{ErrorKind::Conflict, "an apply of the plan kept before was interrupted: look at the state first"};
  drop(id);
  std::error_code failed;
  fs::create_directories(place(id), failed);
  restrict(directory_);
  record.file_digest = digest_of(file);
  fs::rename(file, plan_file(id), failed);
  if (failed) {
    failed.clear();
    fs::copy(file, plan_file(id), fs::copy_options::recursive | fs::copy_options::overwrite_existing, failed);
    std::error_code ignored;
    fs::remove_all(file, ignored);
  }
  restrict(place(id));
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("the plan can't be kept in {}: {}", directory_, failed.message())};
  return write_durably(place(id) + "/record.json", to_json(record).dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<SavedRecord> SavedPlans::find(const std::string& id) const {
  const auto text = read_text(place(id) + "/record.json");
  if (!text) return Error{ErrorKind::NotFound, "no plan is kept any more: plan again"};
  const auto object = json::parse(*text, nullptr, false);
  try {
    auto record = from_json(object);
    if (digest_of(plan_file(id)) == record.file_digest) return record;
  } catch (const json::exception&) {
    return Error{ErrorKind::Corrupt, "what was kept of the plan can't be read: plan again"};
  }
  return Error{ErrorKind::Corrupt, "the plan's file is another than was kept: plan again"};
}

SavedProgress SavedPlans::progress(const std::string& id) const {
  SavedProgress progress;
  std::error_code failed;
  progress.started = fs::exists(place(id) + "/started", failed);
  progress.done = read_text(place(id) + "/done");
  progress.failed = read_text(place(id) + "/failed");
  return progress;
}

Result<void> SavedPlans::start(const std::string& id) const { return write_durably(place(id) + "/started", ""); }

void SavedPlans::back_to_waiting(const std::string& id) const {
  std::error_code ignored;
  fs::remove(place(id) + "/started", ignored);
}

Result<void> SavedPlans::finish(const std::string& id, bool well, const std::string& said) const {
  CHECK_OK(write_durably(place(id) + (well ? "/done" : "/failed"), said));
  // It holds values of the state, and is of no use any more.
  std::error_code ignored;
  fs::remove_all(plan_file(id), ignored);
  return Result<void>{};
}

void SavedPlans::drop_older_than(WallTime when) const {
  std::error_code failed;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(directory_, failed)) {
    const auto record = json::parse(read_text((entry.path() / "record.json").string()).value_or(""), nullptr, false);
    const auto& kept = member_at(record, "kept");
    if (kept.is_number_integer() && kept.get<std::int64_t>() < when.time_since_epoch().count()) old.push_back(entry.path());
  }
  for (const auto& path : old) fs::remove_all(path, failed);
}

void SavedPlans::drop(const std::string& id) const {
  std::error_code ignored;
  fs::remove_all(place(id), ignored);
}

}  // namespace driftwarden
