#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/edit/path_text.hpp"
#include "gitops/edit/source_edit.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

bool holds_containers(const std::string& name) { return name == "containers" || name == "initContainers" || name == "ephemeralContainers"; }

void collect_images(const json& value, const std::string& path, const ObjectRef& object, std::vector<ImageUse>& out) {
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect_images(value[i], fmt::format("{}[{}]", path, i), object, out);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    if (path.empty() && (name == "metadata" || name == "status")) continue;
    const auto inner = path + field_text(name);
    if (!holds_containers(name) || !member.is_array()) {
      collect_images(member, inner, object, out);
      continue;
    }
    for (std::size_t i = 0; i < member.size(); ++i) {
      const auto image = text_member(member[i], "image");
      const auto container = text_member(member[i], "name");
      if (image.empty()) continue;
      const auto element = container.empty() ? std::to_string(i) : "name=" + json(container).dump();
      out.push_back({container, image, object, fmt::format("{}[{}].image", inner, element)});
    }
  }
}

/// "shop/web" names "registry.local:5000/shop/web", "web" does, too.
bool names_repository(const std::string& name, const std::string& repository) { return name == repository || repository.ends_with("/" + name); }

std::string without_registry(const std::string& repository) {
  const auto slash = repository.find('/');
  if (slash == std::string::npos) return repository;
  const auto first = std::string_view(repository).substr(0, slash);
  const bool registry = first.find_first_of(".:") != std::string_view::npos || first == "localhost";
  return registry ? repository.substr(slash + 1) : repository;
}

Error which_image(const std::vector<ImageUse>& uses, const std::string& problem) {
  std::vector<std::string> shown;
  for (const auto& use : uses) {
    auto line = fmt::format("{} ({} of {})", use.image, use.container, to_string(use.object));
    if (std::find(shown.begin(), shown.end(), line) == shown.end()) shown.push_back(std::move(line));
  }
  return {ErrorKind::InvalidInput, fmt::format("{}; {}", problem, shown.empty() ? "the objects have no images" : "there are: " + join(shown, ", "))};
}

std::string reference(const std::string& repository, const std::string& tag, const std::string& digest) {
  return repository + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

std::vector<WantedValue> wanted_of(const std::vector<std::pair<ImageUse, std::string>>& changes) {
  std::vector<WantedValue> out;
  for (const auto& [use, image] : changes) {
    if (use.image == image) continue;
    const auto found = std::find_if(out.begin(), out.end(), [&object = use.object](const auto& one) { return one.object == object; });
    auto& wanted = found == out.end() ? out.emplace_back(WantedValue{use.object, {}}) : *found;
    wanted.edits.push_back({use.path, json(image).dump()});
  }
  return out;
}

/// The uses that `name` means; all of one repository.
Result<std::vector<ImageUse>> uses_of(const std::vector<ImageUse>& uses, const std::string& name) {
  std::vector<ImageUse> named;
  std::set<std::string> repositories;
  const auto add = [&](const auto& matches) {
    for (const auto& use : uses) {
      if (!matches(use)) continue;
      named.push_back(use);
      repositories.insert(parse_image(use.image).repository);
    }
  };
  add([&](const ImageUse& use) { return use.container == name; });
  const bool by_container = !named.empty();
  if (!by_container) add([&](const ImageUse& use) { return parse_image(use.image).repository == name; });
  if (named.empty()) add([&](const ImageUse& use) { return names_repository(name, parse_image(use.image).repository); });
  if (named.empty()) return which_image(uses, fmt::format("no container or image is named {}", name));
  if (repositories.size() > 1) return which_image(named, fmt::format("{} names more than one image", name));
  if (!by_container) return named;
  // The same image in another container moves along: it is one entry or key where such things are kept.
  std::vector<ImageUse> out;
  std::copy_if(uses.begin(), uses.end(), std::back_inserter(out),
               [&](const auto& use) { return std::any_of(named.begin(), named.end(), [&](const auto& one) { return one.image == use.image; }); });
  return out;
}

Result<void> check_wanted(const WantedImage& wanted) {
  const auto bad = [](const std::string& what) { return Error{ErrorKind::InvalidInput, what}; };
  if (wanted.tag.empty() && wanted.digest.empty()) return bad("an image needs a tag or a digest");
  const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-'; };
  const bool tag_fits =
      std::all_of(wanted.tag.begin(), wanted.tag.end(), allowed) && wanted.tag.size() <= 128 && !wanted.tag.starts_with('.') && !wanted.tag.starts_with('-');
  if (!tag_fits) return bad(fmt::format("{} is no tag of an image", json_quoted(ellipsize(wanted.tag, 140))));
  const auto colon = wanted.digest.find(':');
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const bool digest_fits = wanted.digest.empty() || (wanted.digest.starts_with("sha256:") && wanted.digest.size() == 71 &&
                                                     std::all_of(wanted.digest.begin() + static_cast<std::ptrdiff_t>(colon) + 1, wanted.digest.end(), is_hex));
  if (!digest_fits) return bad(fmt::format("{} is no digest (sha256: and 64 hexadecimal digits)", json_quoted(ellipsize(wanted.digest, 140))));
  return {};
}

/// What `use` of the one environment is in the other: the same container of the same object, or the only reference of that repository.
Result<std::optional<std::string>> counterpart(const ImageUse& use, const std::vector<ImageUse>& others) {
  const auto repository = without_registry(parse_image(use.image).repository);
  std::set<std::string> images;
  for (const auto& other : others) {
    if (without_registry(parse_image(other.image).repository) != repository) continue;
    const bool same = other.container == use.container && other.object.kind == use.object.kind && other.object.name == use.object.name;
    if (same) return std::optional(other.image);
    images.insert(other.image);
  }
  if (images.empty()) return std::optional<std::string>();
  if (images.size() == 1) return std::optional(*images.begin());
  return Error{ErrorKind::InvalidInput,
               fmt::format("there is more than one version of {}: {}", repository, join(std::vector<std::string>(images.begin(), images.end()), ", "))};
}

}  // namespace

std::vector<ImageUse> images_of(const std::vector<Manifest>& rendered) {
  std::vector<ImageUse> out;
  for (const auto& manifest : rendered) collect_images(*manifest.body, "", manifest.ref, out);
  return out;
}

Result<std::vector<SourceEdit>> set_image(const AppSource& source, const WantedImage& wanted) {
  CHECK_OK(check_wanted(wanted));
  const auto all = images_of(source.rendered);
  TRY(const auto uses, uses_of(all, wanted.name));
  const auto change = [&](const std::string& tag) {
    std::vector<std::pair<ImageUse, std::string>> changes;
    for (const auto& use : uses) changes.emplace_back(use, reference(parse_image(use.image).repository, tag, wanted.digest));
    return wanted_of(changes);
  };
  const auto values = change(wanted.tag);
  if (values.empty()) return std::vector<SourceEdit>();
  auto edits = edit_source(source, values);
  if (edits || wanted.digest.empty() || wanted.tag.empty() || edits.error().kind != ErrorKind::InvalidInput) return edits;
  // Some renderers leave the tag out beside a digest.
  auto pinned = edit_source(source, change(""));
  return pinned ? std::move(pinned) : std::move(edits);
}

Result<std::vector<SourceEdit>> promote_images(const AppSource& from, const AppSource& to) {
  const auto sources = images_of(from.rendered);
  const auto targets = images_of(to.rendered);
  std::vector<std::pair<ImageUse, std::string>> changes;
  for (const auto& use : targets) {
    auto other = counterpart(use, sources);
    if (!other) return wrap(from.path, other.error());
    if (!*other) continue;
    const auto image = parse_image(**other);
    changes.emplace_back(use, reference(parse_image(use.image).repository, image.tag, image.digest));
  }
  if (changes.empty()) return which_image(targets, fmt::format("{} and {} have no image in common", from.path, to.path));
  const auto values = wanted_of(changes);
  if (values.empty()) return std::vector<SourceEdit>();
  return edit_source(to, values);
}

}  // namespace driftwarden
