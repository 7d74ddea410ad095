#include "gitops/edit/edited_tree.hpp"

#include "gitops/base/text.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::string_view kMarker = "{\"$imagepolicy\"";

/// `# {"$imagepolicy": "ns:policy:tag"}` -> "ns:policy"
std::string policy_of(std::string_view line) {
  const auto marker = nlohmann::json::parse(line.substr(line.find(kMarker)), nullptr, false);
  const auto value = marker.is_object() ? text_member(marker, "$imagepolicy") : std::string();
  const auto parts = split(value, ':');
  return parts.size() < 2 ? value : parts[0] + ":" + parts[1];
}

/// A line with a Flux marker that the new text no longer has as it was.
std::optional<Error> marked_line_changed(const std::string& path, const std::string& before, const std::string& after) {
  if (before.find(kMarker) == std::string::npos) return std::nullopt;
  const auto kept = split(after, '\n');
  int number = 0;
  for (const auto& line : split(before, '\n')) {
    ++number;
    if (line.find(kMarker) == std::string::npos || line.find('#') == std::string::npos) continue;
    if (std::find(kept.begin(), kept.end(), line) != kept.end()) continue;
    return Error{ErrorKind::InvalidInput,
                 fmt::format("{}:{} is owned by Flux's image automation (policy {}), which would write it back; suspend the automation or change the policy",
                             path, number, policy_of(line))};
  }
  return std::nullopt;
}

}  // namespace

bool is_own(const AppSource& source, const std::string& path) {
  if (is_inside(path, source.path) || std::ranges::find(source.own_files, path) != source.own_files.end()) return true;
  return std::ranges::any_of(source.more, [&](const SourcePart& part) { return is_inside(path, part.path); });
}

Result<std::string> EditedTree::read(const std::string& path) const {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second.content;
  return source_->tree.read(path);
}

Result<void> EditedTree::write(const std::string& path, std::string content, const std::string& place) {
  if (!is_own(*source_, path)) {
    return Error{ErrorKind::InvalidInput, fmt::format("{} is outside of {}, so other Apps may use it, too", path, source_->path)};
  }
  auto& file = files_[path];
  if (file.places.empty()) {
    if (auto original = source_->tree.read(path); original) {
      file.original = std::move(*original);
    } else if (original.error().kind != ErrorKind::NotFound) {
      return std::move(original).error();
    }
  }
  if (file.original) owned_ = marked_line_changed(path, *file.original, content);
  if (owned_) return *owned_;
  file.content = std::move(content);
  const auto shown = path + ": " + place;
  if (std::find(file.places.begin(), file.places.end(), shown) == file.places.end()) file.places.push_back(shown);
  return {};
}

Result<void> EditedTree::edit(const std::string& path, const std::vector<ValueEdit>& edits, bool may_make) {
  auto text = read(path);
  if (!text && (!may_make || text.error().kind != ErrorKind::NotFound)) return std::move(text).error();
  const std::string before = text ? *text : std::string();
  TRY(auto after, edit_yaml(before, path, 0, edits));
  std::vector<std::string> places;
  for (const auto& edit : edits) places.push_back(shown_path(edit.path));
  return write(path, std::move(after), join(places, ", "));
}

std::vector<FileEdit> EditedTree::edits() const {
  std::vector<FileEdit> out;
  for (const auto& [path, file] : files_) {
    if (!file.places.empty() && file.original != file.content) out.push_back({path, file.content});
  }
  return out;
}

std::vector<SourceEdit> EditedTree::result() const {
  std::vector<SourceEdit> out;
  for (const auto& [path, file] : files_) {
    if (!file.places.empty() && file.original != file.content) out.push_back({{path, file.content}, file.places});
  }
  return out;
}

}  // namespace driftwarden
