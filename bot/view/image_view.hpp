#pragma once
// Which tags an image of an App could have: from Git's history and from its registry.
#include "gitops/model/app.hpp"
#include "integrations/slack/slack.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

struct ImageTag {
  std::string tag;
  bool now = false;                  ///< what Git says now
  std::optional<WallTime> ran_from;  ///< the commit that brought it
  std::string commit;
  std::string author;
  std::string health;                ///< how it did, "" when that was never seen
  bool in_registry = false;
};

struct ImageChoice {
  std::string image;      ///< as it stands in the manifests, without a tag: "registry.acme.example/shop/checkout"
  std::string container;  ///< "" when there are several
  std::string now;        ///< tag, or the beginning of a digest
  std::vector<ImageTag> tags;  ///< newest first
  std::string registry;   ///< the registry that was asked, "" = none is configured for it
  std::string silent;     ///< why it said nothing
  std::size_t in_registry = 0;  ///< tags that it has
};

/// A menu for each image; choosing says `set-image APP NAME:TAG`.
slack::Message image_message(const App& app, const std::vector<ImageChoice>& choices, WallTime now);

/// "registry.acme.example has no tag `1.9`; nearest: `1.6.0`". mrkdwn.
std::string no_such_tag(const std::string& registry, const std::string& image, const std::string& tag, const std::vector<std::string>& nearest);

}  // namespace driftwarden::view
