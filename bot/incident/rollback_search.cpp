#include "bot/incident/rollback_search.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace driftwarden {
namespace {

constexpr std::size_t kCommitsLookedAt = 30;

bool continues_image(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' || c == '@' || c == ':' || c == '/'; }

}  // namespace

std::optional<std::string> rolled_back_image(const DriftReport& report) {
  for (const auto& drift : report.objects) {
    if (std::ranges::find(drift.notes, "rolled-back") == drift.notes.end()) continue;
    for (const auto& field : drift.fields) {
      if (!field.path.ends_with(".image") || !field.live) continue;
      const auto value = nlohmann::json::parse(*field.live, nullptr, false);
      if (value.is_string() && !value.get<std::string>().empty()) return value.get<std::string>();
    }
  }
  return std::nullopt;
}

bool names_image(std::string_view file, std::string_view image) {
  for (auto at = file.find(image); at != std::string_view::npos; at = file.find(image, at + 1)) {
    const auto after = at + image.size();
    if (at > 0 && continues_image(file[at - 1])) continue;
    if (after == file.size() || !continues_image(file[after])) return true;
  }
  return false;
}

Result<std::optional<view::EarlierRevision>> find_revision_with(Mirror& mirror, const std::string& revision, const std::string& path, const std::string& image) {
  TRY(const auto commits, mirror.history(revision, path, kCommitsLookedAt));
  for (const auto& commit : commits) {
    const auto files = mirror.read_tree(commit.sha, path);
    if (!files && files.error().kind == ErrorKind::NotFound) continue;
    if (!files) return files.error();
    if (std::ranges::any_of(*files, [&](const TreeEntry& file) { return names_image(file.content, image); })) return std::optional(view::EarlierRevision{commit.sha, commit.time});
  }
  return std::optional<view::EarlierRevision>{};
}

}  // namespace driftwarden
