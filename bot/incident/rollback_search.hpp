#pragma once
// Live runs an older image than Git asks for: which revision of Git asked for that one?
#include "bot/view/alert_view.hpp"
#include "gitops/repository/mirror.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// The image that live runs where the report says `rolled-back`.
std::optional<std::string> rolled_back_image(const DriftReport& report);

/// The newest commit of the App's last 30 up to `revision` whose files name `image`; nothing when none does.
Result<std::optional<view::EarlierRevision>> find_revision_with(Mirror& mirror, const std::string& revision, const std::string& path, const std::string& image);

/// Whether a file names this image, and not merely one that begins like it.
bool names_image(std::string_view file, std::string_view image);

}  // namespace driftwarden
