#include "bot/policy/risk.hpp"

#include "bot/policy/risk_fields.hpp"
#include "gitops/base/members.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;
using ById = std::map<std::string, const Manifest*>;

constexpr std::size_t kMaxReasons = 24;

ById by_id(const std::vector<Manifest>& manifests) {
  ById out;
  for (const auto& manifest : manifests) {
    if (manifest.body != nullptr) out[object_id(manifest.ref)] = &manifest;
  }
  return out;
}

/// Kustomize's generators and many charts end a name in a hash of the content: "web-config-5f7d8c9b4t".
std::string without_hash(const std::string& name) {
  const auto dash = name.rfind('-');
  const auto tail = dash == std::string::npos ? std::string() : name.substr(dash + 1);
  const bool hash = tail.size() >= 8 && tail.size() <= 12 && tail.find_first_not_of("bcdfghkmt0123456789") == std::string::npos && tail.find_first_of("0123456789") != std::string::npos;
  return hash ? name.substr(0, dash) : name;
}

/// "migrate-1-4-2", "migrate-v7": Jobs can't be changed, so a new one of another name takes the place of the old.
std::string without_version(const std::string& name) {
  const auto digit = [&](std::size_t at) { return at < name.size() && name[at] >= '0' && name[at] <= '9'; };
  for (auto dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    if (digit(dash + 1) || (dash + 1 < name.size() && name[dash + 1] == 'v' && digit(dash + 2))) return name.substr(0, dash);
  }
  return name;
}

std::string stem_of(const ObjectRef& ref) {
  if (ref.kind == "Secret" || ref.kind == "ConfigMap") return without_hash(ref.name);
  return ref.kind == "Job" ? without_version(without_hash(ref.name)) : ref.name;
}

/// The new object that takes the place of one that goes.
const Manifest* successor(const Manifest& gone, const ById& before, const ById& after) {
  const auto stem = stem_of(gone.ref);
  if (stem == gone.ref.name) return nullptr;
  for (const auto& [id, manifest] : after) {
    const auto& ref = manifest->ref;
    if (!before.contains(id) && ref.kind == gone.ref.kind && ref.namespace_ == gone.ref.namespace_ && ref.name != stem && stem_of(ref) == stem) return manifest;
  }
  return nullptr;
}

struct Reason {
  RiskTier tier;
  std::string text;
};

class Assessment {
 public:
  Assessment(const std::vector<Manifest>& before, const std::vector<Manifest>& after) : before_(by_id(before)), after_(by_id(after)) {}

  Risk assess(int share_percent) {
    for (const auto& [id, manifest] : before_) {
      const auto kept = after_.find(id);
      if (kept == after_.end()) {
        removed(*manifest);
      } else {
        kept_one(*manifest, *kept->second);
      }
    }
    for (const auto& [id, manifest] : after_) {
      if (!before_.contains(id)) added(*manifest);
    }
    const auto share = deleted_ * 100;
    if (deleted_ > 0 && share > static_cast<std::size_t>(std::max(share_percent, 0)) * before_.size()) {
      say(RiskTier::Destructive, fmt::format("{} of {} objects go, more than {}%", deleted_, before_.size(), share_percent));
    }
    return finished();
  }

 private:
  void say(RiskTier tier, std::string text) { reasons_.push_back({tier, std::move(text)}); }

  void warn(std::string text) {
    if (std::ranges::find(risk_.warnings, text) == risk_.warnings.end()) risk_.warnings.push_back(std::move(text));
  }

  void removed(const Manifest& gone) {
    const auto words = to_string(gone.ref);
    if (const auto* next = successor(gone, before_, after_)) {
      say(gravity_of(gone.ref.group_kind()), fmt::format("{}: replaced by {}", words, next->ref.name));
      return;
    }
    ++deleted_;
    const auto tier = gravity_of_deletion(gone.ref.group_kind());
    deletes_.push_back({tier, words});
    say(tier, fmt::format("{}: goes{}", words, what_goes_with(gone.ref)));
    if (!is_built_in(gone.ref.group_kind())) warn(fmt::format("{} goes: its controller may delete whatever it made for it", words));
  }

  static std::string_view what_goes_with(const ObjectRef& ref) {
    if (ref.kind == "Namespace") return ", with everything in it";
    if (ref.kind == "CustomResourceDefinition") return ", with every object of its kind";
    if (ref.kind == "PersistentVolumeClaim" || ref.kind == "PersistentVolume") return ", perhaps with its data";
    return "";
  }

  void added(const Manifest& made) {
    const auto words = to_string(made.ref);
    const bool replaces = std::ranges::any_of(before_, [&](const auto& entry) { return !after_.contains(entry.first) && successor(*entry.second, before_, after_) == &made; });
    const bool schema = is_schema_job(made.ref, *made.body);
    if (!replaces || schema) say(schema ? RiskTier::High : gravity_of(made.ref.group_kind()), fmt::format("{}: new{}", words, schema ? ", changes a schema by its looks" : ""));
    if (schema) warn(fmt::format("{} looks like it changes a schema: a rollback doesn't undo that", words));
    for (auto& found : findings_of(made.ref, nullptr, *made.body)) say(found.tier, fmt::format("{}: {}", words, found.what));
  }

  void kept_one(const Manifest& old_one, const Manifest& new_one) {
    if (old_one.body == new_one.body) return;
    const auto findings = findings_of(new_one.ref, old_one.body.get(), *new_one.body);
    if (findings.empty()) return;
    const auto words = to_string(new_one.ref);
    for (const auto& found : findings) say(found.tier, fmt::format("{}: {}", words, found.what));
    warn_of(new_one, words, findings);
  }

  void warn_of(const Manifest& manifest, const std::string& words, const std::vector<RiskFinding>& findings) {
    const auto any = [&](std::string_view start) { return std::ranges::any_of(findings, [&](const RiskFinding& found) { return found.what.starts_with(start); }); };
    if (manifest.ref.kind == "StatefulSet" && any("image of ")) warn(fmt::format("{} keeps its data: a rollback doesn't bring back its schema", words));
    if (is_schema_job(manifest.ref, *manifest.body)) warn(fmt::format("{} looks like it changes a schema: a rollback doesn't undo that", words));
    if (any("selector, ") || any("volume claim template") || any("serviceName, ")) warn(fmt::format("{} can't be changed so in place: it has to be deleted and made anew", words));
    if (manifest.ref.kind == "CustomResourceDefinition" && any("version ")) warn(fmt::format("{}: objects stored in a version that goes can't be read any more", words));
  }

  Risk finished() {
    std::ranges::stable_sort(reasons_, std::greater{}, &Reason::tier);
    std::ranges::stable_sort(deletes_, std::greater{}, &Reason::tier);
    if (!reasons_.empty()) risk_.tier = reasons_.front().tier;
    for (const auto& reason : reasons_) {
      if (risk_.reasons.size() == kMaxReasons) {
        risk_.reasons.push_back(fmt::format("and {} more", reasons_.size() - kMaxReasons));
        break;
      }
      risk_.reasons.push_back(reason.text);
    }
    for (const auto& gone : deletes_) risk_.deletes.push_back(gone.text);
    return std::move(risk_);
  }

  ById before_;
  ById after_;
  std::vector<Reason> reasons_;
  std::vector<Reason> deletes_;
  std::size_t deleted_ = 0;
  Risk risk_;
};

}  // namespace

Risk assess_risk(const std::vector<Manifest>& before, const std::vector<Manifest>& after, int share_percent) { return Assessment{before, after}.assess(share_percent); }

Risk risk_of_planned(const App& app) { return {RiskTier::Medium, {fmt::format("what {} makes of it is only planned after the merge", to_string(app.plan.tool))}, {}, {}}; }

}  // namespace driftwarden
