// Where an image is kept, from how it is written.
#include "integrations/registry/registry.hpp"

namespace driftwarden::registry {
namespace {

constexpr const char* kHub = "docker.io";

/// The first part is a host when it couldn't be a name of the hub.
bool is_host(std::string_view part) { return part == "localhost" || part.find_first_of(".:") != std::string_view::npos; }

}  // namespace

ImageName image_name(std::string_view image) {
  ImageName out;
  if (const auto at = image.find('@'); at != std::string_view::npos) {
    out.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  const auto last_slash = image.rfind('/');
  if (const auto colon = image.rfind(':'); colon != std::string_view::npos && (last_slash == std::string_view::npos || colon > last_slash)) {
    out.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  const auto slash = image.find('/');
  if (slash != std::string_view::npos && is_host(image.substr(0, slash))) {
    out.host = image.substr(0, slash);
    image = image.substr(slash + 1);
  } else {
    out.host = kHub;
  }
  if (out.host == "index.docker.io" || out.host == "registry-1.docker.io") out.host = kHub;
  out.name = image;
  if (out.host == kHub && !out.name.empty() && out.name.find('/') == std::string::npos) out.name = "library/" + out.name;
  return out;
}

}  // namespace driftwarden::registry
