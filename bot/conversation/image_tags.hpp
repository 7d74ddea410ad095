#pragma once
// Which tags an image of an App could have, and whether its registry has one.
#include "bot/conversation/handlers.hpp"
#include "bot/view/image_view.hpp"
#include "gitops/edit/source_edit.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// How long registries are waited for in all.
inline constexpr Duration kRegistryBudget{2500};

/// A menu's worth for each image of the App that `name` may mean ("" = all): what Git's history had, and what the registries have. Registries that are
/// slow, silent or not configured leave a note in it.
asio::awaitable<std::vector<view::ImageChoice>> image_choices(Services& services, App app, std::string name);

/// What to say beside the card when the image's registry says that it has no such tag; "" when it has, when it is silent, or when none is configured.
asio::awaitable<std::string> warn_of_tag(Services& services, App app, SetImageRequest request);

/// The repositories of the App's images as it is rendered now that `name` may mean: a container, or the end of a repository. "" = all.
std::vector<ImageUse> image_uses(const Services& services, const App& app, const std::string& name);

}  // namespace driftwarden
