#include "gitops/edit/remove_object.hpp"

#include "gitops/base/text.hpp"
#include "gitops/edit/cut_document.hpp"
#include "gitops/edit/kustomize_source.hpp"
#include "gitops/edit/overlay.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kDeepest = 4;

/// A file that may hold the object, under one of the names, and the line by which a kustomization reads it.
struct Place {
  std::string file;
  std::vector<std::string> names{};
  std::string kustomization{};
  std::string line{};  ///< "" where nothing has to name a file
};

bool is_manifest_name(const std::string& path) { return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json"); }

/// The value that a template asks for before it says anything: "autoscaling.enabled" of `{{- if .Values.autoscaling.enabled }}`; "" where none is.
std::string switch_of(std::string_view text) {
  auto rest = trim(text);
  for (const std::string_view word : {"{{", "-", " ", "if", " ", "and", " ", "("}) {
    if (rest.starts_with(word)) rest.remove_prefix(word.size());
  }
  constexpr std::string_view kValues = ".Values.";
  if (!trim(text).starts_with("{{") || !rest.starts_with(kValues)) return {};
  rest.remove_prefix(kValues.size());
  const auto end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
  return std::string(rest.substr(0, std::min<std::size_t>(end, 200)));
}

/// The App's files as far as they are edited by now.
class Removing {
 public:
  explicit Removing(const AppSource& source) : source_(source), now_(source), tree_(now_) {
    now_.tree.read = [this](const std::string& path) -> Result<std::string> {
      const auto found = changed_.find(path);
      if (found == changed_.end()) return source_.tree.read(path);
      if (!found->second) return Error{ErrorKind::NotFound, path + " is gone"};
      return *found->second;
    };
  }
  Removing(const Removing&) = delete;
  Removing& operator=(const Removing&) = delete;

  Result<void> remove(const ObjectRef& object) {
    TRY(const auto places, places_of(object));
    for (const auto& place : places) {
      const auto text = tree_.read(place.file);
      if (!text || !parse_yaml(*text, place.file)) continue;
      for (const auto& name : place.names) {
        auto written = object;
        written.name = name;
        auto left = cut_document(*text, place.file, written);
        if (!left && left.error().kind == ErrorKind::NotFound) continue;
        if (!left) return left.error();
        return take_out(object, place, std::move(*left));
      }
    }
    return Error{ErrorKind::InvalidInput, elsewhere(object)};
  }

  Removal result() && {
    Removal removal;
    for (auto& [path, content] : changed_) removal.edits.push_back({path, std::move(content)});
    removal.objects = std::move(removed_);
    return removal;
  }

 private:
  bool by_kustomize() const { return kind_ == RenderKind::Kustomize; }

  Result<std::vector<Place>> places_of(const ObjectRef& object) const {
    std::vector<Place> places;
    if (kind_ == RenderKind::Plugin) return Error{ErrorKind::InvalidInput, fmt::format("a plugin makes the objects of {}, and only people know which of its files says what", source_.path)};
    if (const auto file = by_kustomize() ? kustomization_file(now_) : std::string(); !file.empty()) {
      add_named(file, {object.name}, 0, places);
      return places;
    }
    const auto rendered = std::ranges::find_if(source_.rendered, [&](const Manifest& one) { return same_object(one.ref, object); });
    if (kind_ != RenderKind::Helm && rendered != source_.rendered.end() && !rendered->file.empty()) {
      places.push_back({join_path(source_.path, rendered->file), {object.name}});
      return places;
    }
    const auto names = by_kustomize() ? names_in_files(now_, json::object(), object.name) : std::vector{object.name};
    TRY(const auto files, files_below(kind_ == RenderKind::Helm ? join_path(source_.path, "templates") : source_.path));
    for (const auto& file : files) {
      // A template isn't there to be cut.
      const auto text = kind_ == RenderKind::Helm ? tree_.read(file) : Result<std::string>(std::string());
      if (is_manifest_name(file) && text && text->find("{{") == std::string::npos) places.push_back({file, names});
    }
    return places;
  }

  Result<std::vector<std::string>> files_below(const std::string& directory) const {
    if (!source_.tree.files_below) return std::vector<std::string>{};
    auto files = source_.tree.files_below(directory);
    if (!files && files.error().kind == ErrorKind::NotFound) return std::vector<std::string>{};
    return files;
  }

  /// What a kustomization of the App reads of its own, and those below it. Each may lay a prefix or a suffix over the names below.
  void add_named(const std::string& file, const std::vector<std::string>& above, int depth, std::vector<Place>& places) const {
    const auto text = tree_.read(file);
    const auto documents = text ? parse_yaml(*text, file) : Error{ErrorKind::NotFound, {}};
    if (!documents || documents->empty() || !documents->front().is_object()) return;
    const auto& value = documents->front();
    const auto listed = value.find("resources");
    if (listed == value.end() || !listed->is_array()) return;
    std::vector<std::string> names;
    for (const auto& name : above) {
      const auto below = depth == 0 ? names_in_files(now_, value, name) : names_before(value, name);
      names.insert(names.end(), below.begin(), below.end());
    }
    const auto directory = file.substr(0, file.rfind('/') == std::string::npos ? 0 : file.rfind('/'));
    for (std::size_t i = 0; i < listed->size(); ++i) {
      const auto path = (*listed)[i].is_string() ? join_path(directory, (*listed)[i].get_ref<const std::string&>()) : std::string();
      if (path.empty() || !is_own(source_, path)) continue;
      if (is_manifest_name(path)) {
        places.push_back({path, names, file, fmt::format(".resources[{}]", i)});
      } else if (const auto nested = depth < kDeepest ? kustomization_in(tree_, path) : std::string(); !nested.empty()) {
        add_named(nested, names, depth + 1, places);
      }
    }
  }

  Result<void> take_out(const ObjectRef& object, const Place& place, std::optional<std::string> left) {
    if (!is_own(source_, place.file)) return Error{ErrorKind::InvalidInput, fmt::format("{} is outside of {}, so other Apps may use it, too", place.file, source_.path)};
    const bool alone = !left;
    changed_[place.file] = std::move(left);
    removed_.push_back({object, place.file, alone});
    if (!alone || place.line.empty()) return Result<void>{};
    TRY(const auto text, tree_.read(place.kustomization));
    TRY(auto edited, edit_yaml(text, place.kustomization, 0, {{place.line, std::nullopt}}));
    changed_[place.kustomization] = std::move(edited);
    return Result<void>{};
  }

  std::string elsewhere(const ObjectRef& object) const {
    const auto name = to_string(object);
    if (kind_ == RenderKind::Helm) return by_template(object);
    if (by_kustomize()) return fmt::format("no file of {} itself holds {}: it comes from a base, a component or a generator; take it away there, or by a patch of your own with `$patch: delete`", source_.path, name);
    return fmt::format("no file of {} holds {}", source_.path, name);
  }

  /// A chart makes it, perhaps only where a value says so.
  std::string by_template(const ObjectRef& object) const {
    const auto files = files_below(join_path(source_.path, "templates"));
    std::vector<std::string> makers;
    std::string key;
    for (const auto& file : files ? *files : std::vector<std::string>{}) {
      const auto text = tree_.read(file);
      if (!text || text->find("kind: " + object.kind + "\n") == std::string::npos) continue;
      makers.push_back(file);
      key = switch_of(*text);
    }
    if (makers.size() == 1 && !key.empty()) return fmt::format("{} makes {} where the chart's value {} says so: set that value instead", makers.front(), to_string(object), key);
    return fmt::format("a template of the chart in {} makes {}: set the value that switches it off where there is one, or edit the template by hand", source_.path, to_string(object));
  }

  const AppSource& source_;
  AppSource now_;
  EditedTree tree_;
  RenderKind kind_ = resolve_kind(source_);
  std::map<std::string, std::optional<std::string>> changed_;
  std::vector<RemovedObject> removed_;
};

}  // namespace

Result<Removal> remove_objects(const AppSource& source, const std::vector<ObjectRef>& objects) {
  Removing removing(source);
  for (const auto& object : objects) CHECK_OK(removing.remove(object));
  return std::move(removing).result();
}

}  // namespace driftwarden
