#include "tests/unit/gitops/edit/fake_renderers.hpp"

#include "gitops/diff/images.hpp"
#include "gitops/edit/path_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

namespace driftwarden::test {
namespace {

using nlohmann::json;
using Files = std::map<std::string, std::string>;

json first(const Files& files, const std::string& path) {
  const auto documents = parse_yaml(files.at(path), path);
  return documents && !documents->empty() ? documents->front() : json::object();
}

void merge_patch(json& into, const json& patch);

/// Elements with the same name are merged and new ones come first, as kustomize does for containers, env and the like.
void merge_list(json& into, const json& patch) {
  const bool named =
      std::all_of(patch.begin(), patch.end(), [](const auto& item) { return item.is_object() && (item.contains("name") || item.contains("$patch")); });
  if (!named || !into.is_array()) {
    into = patch;
    return;
  }
  for (const auto& item : patch) {
    if (item.value("$patch", "") == "replace") {
      into = json::array();
      continue;
    }
    const auto found =
        std::find_if(into.begin(), into.end(), [&](const auto& one) { return one.is_object() && one.value("name", "") == item.value("name", "?"); });
    if (item.value("$patch", "") == "delete") {
      if (found != into.end()) into.erase(found);
    } else if (found == into.end()) {
      into.insert(into.begin(), item);
    } else {
      merge_patch(*found, item);
    }
  }
}

void merge_patch(json& into, const json& patch) {
  if (!patch.is_object()) {
    into = patch;
    return;
  }
  if (!into.is_object()) into = json::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      into.erase(name);
    } else if (value.is_array() && into.contains(name)) {
      merge_list(into[name], value);
    } else {
      merge_patch(into[name], value);
    }
  }
}

class FakeKustomize {
 public:
  explicit FakeKustomize(const Files& files) : files_(files) {}

  Result<std::vector<json>> build(const std::string& directory) {
    const auto kustomization = first(files_, join_path(directory, "kustomization.yaml"));
    std::vector<json> objects;
    for (const auto& entry : kustomization.value("resources", json::array())) {
      const auto path = join_path(directory, entry.get<std::string>());
      if (files_.contains(path)) {
        auto documents = parse_yaml(files_.at(path), path);
        if (!documents) return documents;
        objects.insert(objects.end(), documents->begin(), documents->end());
      } else {
        auto nested = build(path);
        if (!nested) return nested;
        objects.insert(objects.end(), nested->begin(), nested->end());
      }
    }
    for (const auto* list : {"patchesStrategicMerge", "patches", "patchesJson6902"}) {
      for (const auto& entry : kustomization.value(list, json::array())) {
        if (auto done = patch(objects, directory, entry); !done) return done.error();
      }
    }
    transform(objects, kustomization);
    return objects;
  }

 private:
  Result<void> patch(std::vector<json>& objects, const std::string& directory, const json& entry) {
    auto text = entry.is_string() ? entry.get<std::string>() : entry.value("patch", "");
    const auto file = entry.is_string() ? (text.find('\n') == std::string::npos ? text : "") : entry.value("path", "");
    if (!file.empty()) text = files_.at(join_path(directory, file));
    const auto target = entry.is_object() ? entry.value("target", json::object()) : json::object();
    TRY(const auto documents, parse_yaml(text, file));
    for (const auto& document : documents) {
      bool found = false;
      for (auto& object : objects) {
        const auto& name = object["metadata"]["name"];
        const auto wanted_kind = target.value("kind", document.is_object() && target.empty() ? document.value("kind", "") : object.value("kind", ""));
        const auto wanted_name =
            target.value("name", document.is_object() && target.empty() ? document["metadata"].value("name", "") : name.get<std::string>());
        const bool same_space = !document.is_object() || !document["metadata"].contains("namespace") ||
                                document["metadata"]["namespace"] == object["metadata"].value("namespace", "");
        if (object["kind"] != wanted_kind || name != wanted_name || !same_space) continue;
        found = true;
        if (document.is_array()) {
          object = object.patch(document);
        } else {
          const auto metadata = object["metadata"];
          auto change = document;
          change["metadata"].erase("name");
          merge_patch(object, change);
        }
      }
      if (!found) return Error{ErrorKind::InvalidInput, "no matches for Id of the patch"};
    }
    return {};
  }

  static void set_images(json& value, const json& entry) {
    if (value.is_array()) {
      for (auto& item : value) set_images(item, entry);
    }
    if (!value.is_object()) return;
    for (auto& [name, member] : value.items()) {
      if (name != "image" || !member.is_string()) {
        set_images(member, entry);
        continue;
      }
      const auto image = parse_image(member.get<std::string>());
      if (image.repository != entry.value("name", "")) continue;
      const auto digest = entry.value("digest", "");
      const auto tag = entry.contains("newTag") ? (entry["newTag"].is_string() ? entry["newTag"].get<std::string>() : "NOT-A-STRING") : image.tag;
      member = entry.value("newName", image.repository) + (digest.empty() ? (tag.empty() ? "" : ":" + tag) : "@" + digest);
    }
  }

  static void transform(std::vector<json>& objects, const json& kustomization) {
    for (auto& object : objects) {
      for (const auto& entry : kustomization.value("replicas", json::array())) {
        if (entry["name"] == object["metadata"]["name"] && object.contains("spec")) object["spec"]["replicas"] = entry["count"];
      }
      auto& metadata = object["metadata"];
      metadata["name"] = kustomization.value("namePrefix", "") + metadata["name"].get<std::string>() + kustomization.value("nameSuffix", "");
      if (kustomization.contains("namespace")) metadata["namespace"] = kustomization["namespace"];
      for (const auto& entry : kustomization.value("images", json::array())) set_images(object, entry);
    }
  }

  const Files& files_;
};

/// {{ .Values.a.b }}, with `| quote` and `| default X`, and {{ toYaml .Values.a | nindent N }}.
class FakeHelm {
 public:
  FakeHelm(const Files& files, const HelmSource& helm) : files_(files), helm_(helm) {}

  Result<std::string> render(const std::string& directory) {
    values_ = first(files_, join_path(directory, "values.yaml"));
    for (const auto& name : helm_.values) values_.merge_patch(first(files_, join_path(directory, name)));
    for (const auto& [key, value] : helm_.set) {
      const json text(value);
      (void)set_value(values_, "." + key, &text);
    }
    std::string out;
    for (const auto& [path, text] : files_) {
      if (path.starts_with(join_path(directory, "templates") + "/")) out += "---\n" + expand(text) + "\n";
    }
    return out;
  }

 private:
  std::string expand(const std::string& text) const {
    static const std::regex kAction(R"x(\{\{-? *(toYaml )?\.Values\.([\w.]+) *(\| *quote)? *(\| *default +"?([\w.]+)"?)? *(\| *nindent +(\d+))? *-?\}\})x");
    std::string out;
    auto at = text.cbegin();
    for (std::sregex_iterator it(text.begin(), text.end(), kAction), end; it != end; ++it) {
      const auto& match = *it;
      out.append(at, text.cbegin() + match.position());
      at = text.cbegin() + match.position() + match.length();
      const auto* value = find_value(values_, "." + match[2].str());
      const auto scalar = value == nullptr || value->is_null() ? std::string() : value->is_string() ? value->get<std::string>() : value->dump();
      if (match[1].matched) {
        out += value == nullptr ? "{}" : value->dump();
      } else if (match[3].matched) {
        out += json(scalar).dump();
      } else {
        out += scalar.empty() && match[4].matched ? match[5].str() : scalar;
      }
    }
    return out.append(at, text.cend());
  }

  const Files& files_;
  const HelmSource& helm_;
  json values_;
};

}  // namespace

FakeSource::FakeSource(Files files, std::string path, RenderKind kind, HelmSource helm)
    : files_(std::make_shared<Files>(std::move(files))), path_(std::move(path)), kind_(kind), helm_(std::move(helm)) {}

Result<std::vector<Manifest>> FakeSource::render(const std::vector<FileEdit>& edits) const {
  ++*renders_;
  auto files = *files_;
  for (const auto& edit : edits) {
    if (edit.content) files[edit.path] = *edit.content;
    if (!edit.content) files.erase(edit.path);
  }
  if (kind_ == RenderKind::Helm) {
    TRY(const auto text, FakeHelm(files, helm_).render(path_));
    return parse_manifests(text, "helm");
  }
  std::vector<Manifest> out;
  if (kind_ == RenderKind::Kustomize) {
    TRY(auto objects, FakeKustomize(files).build(path_));
    for (auto& object : objects) out.push_back({ref_of(object), std::make_shared<const json>(std::move(object)), "", 0});
    return out;
  }
  for (const auto& [path, text] : files) {
    if (!is_inside(path, path_) || !path.ends_with(".yaml") || path.find("/.") != std::string::npos) continue;
    TRY(auto manifests, parse_manifests(text, path));
    for (auto& manifest : manifests) manifest.file = path.substr(path_.empty() ? 0 : path_.size() + 1);
    out.insert(out.end(), manifests.begin(), manifests.end());
  }
  return out;
}

AppSource FakeSource::source() const {
  AppSource out;
  out.path = path_;
  out.kind = kind_;
  out.helm = helm_;
  out.tree.read = [files = files_](const std::string& path) -> Result<std::string> {
    const auto found = files->find(path);
    if (found == files->end()) return Error{ErrorKind::NotFound, "no such file: " + path};
    return found->second;
  };
  out.tree.files_below = [files = files_](const std::string& directory) -> Result<std::vector<std::string>> {
    std::vector<std::string> paths;
    for (const auto& [path, text] : *files) {
      if (is_inside(path, directory)) paths.push_back(path);
    }
    return paths;
  };
  auto rendered = render({});
  if (rendered) out.rendered = std::move(*rendered);
  out.render_with = [fake = *this](const std::vector<FileEdit>& edits) { return fake.render(edits); };
  *renders_ = 0;
  return out;
}

}  // namespace driftwarden::test
