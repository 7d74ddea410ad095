#include "gitops/edit/helm_source.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"
#include "gitops/edit/chart_values.hpp"
#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = ValueStep::Kind;

/// LOG_LEVEL, logLevel and log-level are one word.
std::string word(std::string_view name) {
  std::string out;
  for (const char c : to_lower(name)) {
    if (c != '_' && c != '-' && c != '.' && c != '/') out += c;
  }
  return out == "replicas" ? "replicacount" : out;
}

std::string plain_text(const json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump(); }

/// A template turns 1 and "1" into the same text.
bool looks_same(const json& value, const json& rendered) {
  if (value == rendered) return true;
  if (value.is_structured() || rendered.is_structured() || value.is_null() || rendered.is_null()) return false;
  return plain_text(value) == plain_text(rendered);
}

/// The new value in the type that the key has.
json typed_like(const json& old, const json& value) {
  if (old.is_string() && (value.is_number() || value.is_boolean())) return value.dump();
  if ((old.is_number() || old.is_boolean()) && value.is_string()) {
    const auto read = json::parse(value.get_ref<const std::string&>(), nullptr, false);
    const bool same = (old.is_number() && read.is_number()) || (old.is_boolean() && read.is_boolean());
    if (same && read.dump() == value.get_ref<const std::string&>()) return read;
  }
  return value;
}

class Finder {
 public:
  Finder(const ChartValues& values, const Target& target, std::string owner) : values_(values), target_(target), owner_(std::move(owner)), keys_(values.keys()) {
    if (const auto steps = parse_value_path(target.edit.path)) steps_ = *steps;
    for (const auto& step : steps_) {
      if (step.kind == Kind::Field) names_.push_back(step.name);
    }
    before_ = find_value(*target.before, target.edit.path);
    if (target.edit.json) after_ = json::parse(*target.edit.json, nullptr, false);
  }

  Ways find() {
    image_keys();
    equal_keys();
    variables();
    keys_of_the_same_name();
    keys_under_maps();
    if (out_.ways.empty() && out_.obstacles.empty() && !values_.file().empty()) out_.obstacles.push_back("no key of the chart's values looks like it, so a template says it itself");
    return std::move(out_);
  }

 private:
  struct Setting {
    std::string path;
    std::optional<json> value;
  };

  void add(const std::vector<Setting>& settings) {
    std::vector<ValueEdit> edits;
    std::string id;
    for (const auto& setting : settings) {
      if (const auto key = values_.set_by_config(setting.path); !key.empty()) {
        out_.obstacles.push_back(fmt::format("{} is set in {}, which wins over every values file; change it there", key, owner_.empty() ? "Driftwarden's config (helm.set)" : owner_));
        return;
      }
      edits.push_back(values_.edit_for(setting.path, setting.value ? &*setting.value : nullptr));
      id += edits.back().path + "=" + edits.back().json.value_or("-") + "\n";
    }
    if (values_.file().empty() || !seen_.insert(id).second) return;
    out_.ways.emplace_back([file = values_.file(), edits](EditedTree& tree) { return tree.edit(file, edits, true); });
  }

  std::optional<json> wanted_like(const json* old) const {
    if (!target_.edit.json) return std::nullopt;
    return old == nullptr ? after_ : typed_like(*old, after_);
  }

  /// How many of the last names a key shares with the field.
  std::size_t shared_names(const ValueKey& key) const {
    std::size_t count = 0;
    while (count < key.names.size() && count < names_.size() && word(key.names[key.names.size() - 1 - count]) == word(names_[names_.size() - 1 - count]))
      ++count;
    return count;
  }

  void image_keys() {
    const bool image = target_.edit.path.ends_with(".image") && before_ != nullptr && before_->is_string() && after_.is_string();
    if (!image) return;
    const auto from = parse_image(before_->get_ref<const std::string&>());
    const auto to = parse_image(after_.get_ref<const std::string&>());
    equal_keys();
    for (const auto& key : keys_) image_map(key, from, to);
    if (from.repository != to.repository || from.tag.empty()) return;
    for (const bool named : {true, false}) {
      for (const auto& key : keys_) {
        const bool is_tag = to_lower(key.names.back()).ends_with("tag") || word(key.names.back()) == "version";
        const bool empty = is_tag && (key.value->is_null() || plain_text(*key.value).empty());
        if (is_tag == named && (looks_same(*key.value, from.tag) || empty)) add({{key.path, json(to.tag)}});
      }
    }
  }

  /// image: {registry, repository, tag, digest}, as most charts have it.
  void image_map(const ValueKey& key, const ImageName& from, const ImageName& to) {
    if (!key.value->is_object()) return;
    for (const auto* name : {"repository", "name", "image"}) {
      const auto repository = text_member(*key.value, name);
      if (repository.empty() || (from.repository != repository && !from.repository.ends_with("/" + repository))) continue;
      std::vector<Setting> settings;
      if (to.repository != from.repository) {
        const auto lead = from.repository.substr(0, from.repository.size() - repository.size());
        if (!to.repository.starts_with(lead)) continue;
        settings.push_back({key.path + field_text(name), json(to.repository.substr(lead.size()))});
      }
      if (to.tag != from.tag || to.digest.empty()) settings.push_back({key.path + ".tag", json(to.tag)});
      if (to.digest != from.digest) settings.push_back({key.path + ".digest", json(to.digest)});
      add(settings);
      if (!to.digest.empty() || !from.digest.empty()) add({{key.path + ".tag", json(to.tag + (to.digest.empty() ? "" : "@" + to.digest))}});
    }
  }

  /// Keys whose value is the rendered one; those that are named alike first.
  void equal_keys() {
    if (before_ == nullptr) return;
    std::vector<std::pair<std::size_t, const ValueKey*>> found;
    for (const auto& key : keys_) {
      if (looks_same(*key.value, *before_)) found.emplace_back(shared_names(key), &key);
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [shared, key] : found) {
      add({{key->path, wanted_like(key->value)}});
      add({{key->path, target_.edit.json ? std::optional(after_) : std::nullopt}});
    }
  }

  /// An environment variable as charts take them: into a list or a map, under one of a few names.
  void variables() {
    const bool of_value = steps_.size() > 2 && steps_.back().kind == Kind::Field && steps_.back().name == "value";
    const auto at = steps_.size() - (of_value ? 2 : 1);
    if (steps_.size() < 2 || steps_[at].kind != Kind::Element || steps_[at].keys.size() != 1 || steps_[at - 1].name != "env") return;
    const auto name = json::parse(steps_[at].keys.front().second, nullptr, false);
    if (!name.is_string()) return;
    const auto element = path_text({steps_.begin() + static_cast<std::ptrdiff_t>(at), steps_.end()});
    for (const auto& key : keys_) {
      if (key.path.ends_with(']') || !takes_variables(key.names.back())) continue;
      if (key.value->is_array()) add({{key.path + element, wanted_like(nullptr)}});
      if (!key.value->is_object()) continue;
      const auto there = key.path + field_text(name.get<std::string>());
      if (!target_.edit.json) add({{there, std::nullopt}});
      const bool plain = !of_value && after_.is_object() && after_.size() == 2 && after_.contains("value");
      if (target_.edit.json && (of_value || plain)) add({{there, of_value ? after_ : after_["value"]}});
    }
  }

  static bool takes_variables(const std::string& name) {
    static const std::set<std::string> names{"env", "envs", "envvars", "environment", "extraenv", "extraenvs", "extraenvvars", "additionalenv", "additionalenvvars"};
    return names.contains(word(name));
  }

  void keys_of_the_same_name() {
    std::vector<std::pair<std::size_t, const ValueKey*>> found;
    for (const auto& key : keys_) {
      if (const auto shared = shared_names(key); shared > 0) found.emplace_back(shared, &key);
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [shared, key] : found) add({{key->path, wanted_like(key->value)}});
  }

  /// The end of the field's path below a map of the values: resources.limits.cpu, podAnnotations["a/b"], web.env[name="A"].value.
  void keys_under_maps() {
    std::vector<std::string> maps{""};
    for (const auto& key : keys_) {
      if (key.value->is_object() && key.names.size() <= 2) maps.push_back(key.path);
    }
    for (const bool there : {true, false}) {
      for (std::size_t from = 0; from < steps_.size(); ++from) {
        if (steps_[from].kind != Kind::Field) continue;
        const std::vector<ValueStep> tail(steps_.begin() + static_cast<std::ptrdiff_t>(from), steps_.end());
        for (const auto& map : maps) under(map, tail, from, there);
      }
    }
    if (is_replicas() && out_.ways.empty()) add({{".replicaCount", wanted_like(nullptr)}});
  }

  bool is_replicas() const { return target_.edit.path == ".spec.replicas"; }

  void under(const std::string& map, const std::vector<ValueStep>& tail, std::size_t from, bool there) {
    auto first = tail.front().name;
    const bool of_pods = from > 0 && from + 1 < steps_.size() && target_.edit.path.starts_with(".spec.template.metadata.");
    if (of_pods && first == "annotations") first = "podAnnotations";
    if (of_pods && first == "labels") first = "podLabels";
    const auto path = map + field_text(first) + path_text({tail.begin() + 1, tail.end()});
    if ((find_value(values_.merged(), map + field_text(first)) != nullptr) != there) return;
    if (!there && tail.size() > 4) return;
    add({{path, wanted_like(nullptr)}});
  }

  const ChartValues& values_;
  const Target& target_;
  std::string owner_;
  std::vector<ValueKey> keys_;
  std::vector<ValueStep> steps_;
  std::vector<std::string> names_;
  const json* before_ = nullptr;
  json after_;
  std::set<std::string> seen_;
  Ways out_;
};

}  // namespace

Result<Ways> helm_ways(const AppSource& source, const EditedTree& tree, const Target& target) {
  TRY(const auto values, ChartValues::read(source, tree));
  auto ways = Finder(values, target, source.overlay_owner).find();
  if (values.file().empty()) {
    const auto last = source.helm.values.empty() ? std::string("values.yaml") : join_path(source.path, source.helm.values.back());
    ways.obstacles.insert(ways.obstacles.begin(), fmt::format("the App's last values file, {}, is outside of its path, so other Apps may use it: say it there by a pull request of your own", last));
  }
  return ways;
}

}  // namespace driftwarden
