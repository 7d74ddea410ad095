#pragma once
// Container images: which move under their name, and which is the older of two.
#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct ImageName {
  std::string repository;  ///< "registry.local:5000/shop/checkout"
  std::string tag;         ///< "" without
  std::string digest;      ///< "sha256:...", "" without
};
ImageName parse_image(std::string_view text);

/// No digest, and no tag or one that is known to move (latest, main, master, stable, edge, nightly, dev...).
bool is_floating(std::string_view image);
/// The images of all containers of an object (also of custom kinds that hold a pod template), each once, in order.
std::vector<std::string> images_of(const nlohmann::json& object);
/// True when both are of one repository and `image`'s tag is the older version; nothing when that can't be told from the tags.
std::optional<bool> is_older_image(std::string_view image, std::string_view than);

}  // namespace driftwarden
