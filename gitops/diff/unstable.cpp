#include "gitops/diff/unstable.hpp"

#include "gitops/diff/path.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

class Walk {
 public:
  std::vector<std::string> run(const json& first, const json& again) {
    if (first.is_object() && again.is_object()) {
      object(first, again);
    } else if (first != again) {
      paths_.emplace_back();
    }
    return std::move(paths_);
  }

 private:
  void value(const json& first, const json& again) {
    if (first == again) return;
    if (first.is_object() && again.is_object()) return object(first, again);
    if (first.is_array() && again.is_array() && first.size() == again.size()) return list(first, again);
    here();
  }

  void here() { paths_.push_back(to_string(path_)); }

  void object(const json& first, const json& again) {
    for (const auto& [name, member] : first.items()) {
      field(name);
      const auto other = again.find(name);
      other == again.end() ? here() : value(member, *other);
      path_.pop_back();
    }
    for (const auto& [name, member] : again.items()) {
      if (first.contains(name)) continue;
      field(name);
      here();
      path_.pop_back();
    }
  }

  void field(const std::string& name) {
    PathStep step;
    step.name = name;
    path_.push_back(std::move(step));
  }

  /// Elements in place, and of the same name where they have one: anything else is another list.
  void list(const json& first, const json& again) {
    const bool named = all_named(first) && all_named(again);
    for (std::size_t i = 0; named && i < first.size(); ++i) {
      if (first[i]["name"] != again[i]["name"]) return here();
    }
    for (std::size_t i = 0; i < first.size(); ++i) {
      PathStep step;
      step.kind = named ? StepKind::Element : StepKind::Index;
      step.index = i;
      if (named) step.keys.push_back({"name", first[i]["name"], false});
      path_.push_back(std::move(step));
      value(first[i], again[i]);
      path_.pop_back();
    }
  }

  /// Each by a name of its own.
  static bool all_named(const json& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_object() || !list[i].contains("name") || !list[i]["name"].is_string()) return false;
      for (std::size_t k = 0; k < i; ++k) {
        if (list[k]["name"] == list[i]["name"]) return false;
      }
    }
    return true;
  }

  Path path_;
  std::vector<std::string> paths_;
};

const Manifest* find(const std::vector<Manifest>& manifests, const ObjectRef& ref, std::size_t hint) {
  if (hint < manifests.size() && same_object(manifests[hint].ref, ref)) return &manifests[hint];
  const auto found = std::find_if(manifests.begin(), manifests.end(), [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
  return found == manifests.end() ? nullptr : &*found;
}

void only_in(const std::vector<Manifest>& some, const std::vector<Manifest>& others, UnstablePaths& out) {
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (find(others, some[i].ref, i) == nullptr) out[object_id(some[i].ref)] = {""};
  }
}

}  // namespace

UnstablePaths unstable_paths(const std::vector<Manifest>& first, const std::vector<Manifest>& again) {
  UnstablePaths unstable;
  only_in(first, again, unstable);
  only_in(again, first, unstable);
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto* other = find(again, first[i].ref, i);
    if (other == nullptr || first[i].body == nullptr || other->body == nullptr || first[i].body == other->body) continue;
    if (auto paths = Walk().run(*first[i].body, *other->body); !paths.empty()) unstable[object_id(first[i].ref)] = std::move(paths);
  }
  return unstable;
}

}  // namespace driftwarden
