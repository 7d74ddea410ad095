// What doesn't work by itself now, read off an App's report and its Desired. Pure.
#include "bot/digest/digest.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::string_view kAutomated = ".spec.syncPolicy.automated";

const json* member(const json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

const json* spec_of(const Manifest& manifest, const char* key) { return manifest.body == nullptr ? nullptr : member(member(manifest.body.get(), "spec"), key); }

bool is_true(const json* value) { return value != nullptr && value->is_boolean() && value->get<bool>(); }

bool is_application(const ObjectRef& ref) { return ref.kind == "Application" && ref.group == "argoproj.io"; }

const FieldDrift* find_field(const ObjectDrift* drift, std::string_view path) {
  if (drift == nullptr) return nullptr;
  const auto found = std::ranges::find(drift->fields, path, &FieldDrift::path);
  return found == drift->fields.end() ? nullptr : &*found;
}

/// Collects the pauses of one App.
class Pauses {
 public:
  Pauses(const App& app, const DriftReport& report) : app_(app), report_(report) {}

  /// A field that pauses when it is true.
  void look_at_flag(const ObjectRef& ref, const json* in_git, std::string_view path, const std::string& what) {
    const auto* drift = find_drift(ref);
    if (drift != nullptr && drift->verdict == Verdict::Missing) return;
    if (const auto* field = find_field(drift, path)) {
      if (field->live == "true") add_live(what, *field);
    } else if (is_true(in_git)) {
      add(what, "", "so in Git", std::nullopt, "");
    }
  }

  void look_at_replicas(const ObjectRef& ref) {
    const auto* field = find_field(find_drift(ref), ".spec.replicas");
    if (field == nullptr || field->live != "0" || field->desired == "0" || field->cause == FieldCause::Git) return;
    add_live(fmt::format("{} is scaled to 0 by hand", to_string(ref)), *field);
  }

  void look_at_automation(const Manifest& manifest) {
    const auto what = fmt::format("automatic sync of {} is off", to_string(manifest.ref));
    const auto* drift = find_drift(manifest.ref);
    const auto* automated = member(spec_of(manifest, "syncPolicy"), "automated");
    const auto* enabled = member(automated, "enabled");
    const bool on_in_git = automated != nullptr && automated->is_object() && (enabled == nullptr || is_true(enabled));
    if (!on_in_git) {
      const bool live_has_it = drift != nullptr && std::ranges::any_of(drift->fields, [](const FieldDrift& field) { return field.path.starts_with(kAutomated) && field.live; });
      if (!live_has_it) add(what, "", "so in Git", std::nullopt, "");
      return;
    }
    if (const auto* field = taken_away(drift, *automated)) add_live(what, *field);
  }

  const ObjectDrift* find_drift(const ObjectRef& ref) const {
    const auto found = std::ranges::find_if(report_.objects, [&](const ObjectDrift& drift) { return same_object(drift.object, ref); });
    return found == report_.objects.end() ? nullptr : &*found;
  }

  std::vector<view::Pause> take() { return std::move(pauses_); }

 private:
  /// The field that says so, when live has nothing left of what Git says of the automation.
  static const FieldDrift* taken_away(const ObjectDrift* drift, const json& automated) {
    if (drift == nullptr) return nullptr;
    std::size_t removed = 0;
    const FieldDrift* last = nullptr;
    for (const auto& field : drift->fields) {
      const bool off = field.path == std::string(kAutomated) + ".enabled" && field.live == "false";
      const bool whole = field.op == FieldOp::Removed && (field.path == ".spec.syncPolicy" || field.path == kAutomated);
      if (off || whole) return &field;
      if (field.op != FieldOp::Removed || !field.path.starts_with(std::string(kAutomated) + ".")) continue;
      ++removed;
      last = &field;
    }
    return removed > 0 && removed >= automated.size() ? last : nullptr;
  }

  void add_live(const std::string& what, const FieldDrift& field) {
    add(what, field.by.value_or(""), "changed live", field.time, app_.orphans || app_.repository.empty() ? "" : "sync " + app_.name);
  }

  void add(std::string what, std::string who, std::string why, std::optional<WallTime> since, std::string command) {
    pauses_.push_back({app_.name, std::move(what), std::move(who), std::move(why), since, std::move(command)});
  }

  const App& app_;
  const DriftReport& report_;
  std::vector<view::Pause> pauses_;
};

}  // namespace

view::Pause pause_of(const DeployPause& pause, const App& app, const App* holder, const Manifest* held) {
  view::Pause told{app.name, pause.what, pause.who, "", pause.since, ""};
  if (holder != nullptr && held != nullptr) {
    const bool in_git = is_true(spec_of(*held, "suspend"));
    told.why = in_git ? "so in Git" : "changed live";
    told.command = in_git ? fmt::format("set {} {}/{} .spec.suspend=false", holder->name, held->ref.kind, held->ref.name) : "sync " + holder->name;
  } else if (app.deployer.kind == DeployerKind::ArgoCd && app.deployer.may_sync) {
    told.command = "sync " + app.name;
  }
  return told;
}

std::vector<view::Pause> pauses_in(const App& app, const DriftReport& report, const std::vector<Manifest>& desired) {
  Pauses pauses{app, report};
  for (const auto& manifest : desired) {
    pauses.look_at_flag(manifest.ref, spec_of(manifest, "suspend"), ".spec.suspend", fmt::format("{} is suspended", to_string(manifest.ref)));
    if (manifest.ref.kind == "Deployment") {
      pauses.look_at_flag(manifest.ref, spec_of(manifest, "paused"), ".spec.paused", fmt::format("rollouts of {} are paused", to_string(manifest.ref)));
    }
    pauses.look_at_replicas(manifest.ref);
    if (is_application(manifest.ref)) pauses.look_at_automation(manifest);
  }
  return pauses.take();
}

}  // namespace driftwarden
