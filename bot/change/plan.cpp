#include "bot/change/plan.hpp"

#include "bot/command/ignore_request.hpp"
#include "bot/config/policy.hpp"
#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/drift_diff.hpp"
#include "gitops/diff/inputs.hpp"
#include "gitops/diff/print.hpp"
#include "gitops/edit/edit.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

/// Letters, digits and dashes: what every forge takes as a branch name.
std::string slug(std::string_view text) {
  std::string out = to_lower(text);
  std::ranges::replace_if(out, [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
  return out;
}

CommitPerson author_of(const Config& config, const PersonId& id) {
  const auto* person = find_person(config, id);
  return {id, person != nullptr && !person->emails.empty() ? person->emails.front() : id + "@users.noreply.invalid"};
}

std::string subject_of(const Change& change, const App& app) {
  switch (change.verb) {
    case ChangeVerb::Sync: return fmt::format("{}: sync to {}", app.name, change.target_revision.substr(0, 7));
    case ChangeVerb::Rollback: return fmt::format("{}: roll back to {}", app.name, change.target_revision.substr(0, 7));
    case ChangeVerb::Adopt: return fmt::format("{}: adopt what was changed live", app.name);
    case ChangeVerb::Ignore: {
      const auto request = ignore_request_from(change.argument);
      const auto what = request.fields.size() == 1 ? request.fields.front().path : fmt::format("{} fields that drift", request.fields.size());
      return fmt::format("{}: ignore {} until {}", app.name, without_control_characters(what), format_time(request.until).substr(0, 10));
    }
  }
  return app.name;
}

std::string joined(const std::string& directory, const std::string& file) { return directory.empty() ? file : directory + "/" + file; }

const Manifest* find_manifest(const std::vector<Manifest>& manifests, const ObjectRef& ref) {
  const auto found = std::ranges::find_if(manifests, [&](const Manifest& manifest) { return same_object(manifest.ref, ref); });
  return found == manifests.end() ? nullptr : &*found;
}

Result<std::vector<ValueEdit>> adoption_edits(const ObjectDrift& drift) {
  std::vector<ValueEdit> edits;
  for (const auto& field : drift.fields) {
    if (field.op == FieldOp::Order || field.op == FieldOp::Stale) continue;
    // Also inside an added element: {"name": "DB_PASSWORD", "value": "hmac:..."}.
    if (field.live && field.live->find("\"hmac:") != std::string::npos) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} {} is secret: it does not go into Git", to_string(drift.object), field.path)};
    }
    edits.push_back({field.path, field.op == FieldOp::Removed ? std::nullopt : field.live});
  }
  return edits;
}

}  // namespace

std::string branch_name(const Change& change) { return fmt::format("driftwarden/c-{}-{}-{}", change.id, to_string(change.verb), slug(change.app)); }

std::string commit_message(const Change& change, const App& app, const std::string& audit_id) {
  auto message = subject_of(change, app) + "\n\n";
  if (!change.reason.empty()) message += without_control_characters(change.reason) + "\n\n";
  message += fmt::format("Requested-by: {}\nChange: {}\nDriftwarden-Audit: {}\n", change.requester, change_name(change.id), audit_id);
  return message;
}

CommitRequest plan_commit(const Change& change, const App& app, const Config& config, const std::string& head, const std::string& audit_id,
                          std::vector<FileEdit> adopted) {
  CommitRequest request;
  request.base = head;
  request.branch = branch_name(change);
  request.author = author_of(config, change.requester);
  request.committer = {"Driftwarden", "driftwarden@users.noreply.invalid"};
  request.at = change.requested_at;
  request.message = commit_message(change, app, audit_id);
  const Pin pin{change.target_revision, change.requester, change.reason, format_time(change.requested_at)};
  const bool pinned = app.track == Track::Pin;
  if (change.verb == ChangeVerb::Adopt || change.verb == ChangeVerb::Ignore) {
    request.edits = std::move(adopted);
  } else if (pinned) {
    request.edits.push_back({pin_path(app.name), write_pin(pin, app.name)});
  } else if (change.verb == ChangeVerb::Sync) {
    request.edits.push_back({sync_record_path(app.name), write_pin(pin, app.name)});
  } else {
    request.restore_path = app.path;
    request.restore_revision = change.target_revision;
  }
  return request;
}

Result<std::vector<FileEdit>> plan_adoption(const App& app, const DriftReport& report, const std::vector<Manifest>& desired,
                                            const std::function<Result<std::string>(const std::string&)>& source) {
  std::map<std::string, std::string> files;
  for (const auto& drift : report.objects) {
    if (drift.verdict != Verdict::OutOfSync) {
      return Error{ErrorKind::InvalidInput, fmt::format("{} is {} and only changed fields can be adopted so far; sync it, or change Git by hand", to_string(drift.object), to_string(drift.verdict))};
    }
    const auto* manifest = find_manifest(desired, drift.object);
    if (manifest == nullptr || manifest->file.empty()) return Error{ErrorKind::NotFound, fmt::format("no file of {} holds {}", app.path, to_string(drift.object))};
    TRY(const auto edits, adoption_edits(drift));
    auto& text = files[manifest->file];
    if (text.empty()) {
      TRY(text, source(manifest->file));
    }
    auto edited = edit_manifest(text, manifest->file, manifest->ref, edits);
    if (!edited) return wrap("adopting " + to_string(drift.object), edited.error());
    text = std::move(*edited);
  }
  std::vector<FileEdit> result;
  for (auto& [file, text] : files) result.push_back({joined(app.path, file), std::move(text)});
  return result;
}

FileEdit plan_ignore(const Change& change, const App& app, std::vector<IgnoreRule> rules) {
  return {ignore_path(app.name), write_ignore_rules(with_request(std::move(rules), ignore_request_from(change.argument), change.requester, change.reason))};
}

std::string effect_text(const std::vector<Manifest>& before, const std::vector<Manifest>& after, const Redactor& redactor) {
  std::string text;
  const auto add = [&](const ObjectRef& ref, const nlohmann::json& from, const nlohmann::json& to) {
    const auto diff = unified_yaml_diff(to, from);
    if (!diff.empty()) text += fmt::format("{}\n{}", to_string(ref), diff);
  };
  for (const auto& manifest : after) {
    const auto* old = find_manifest(before, manifest.ref);
    add(manifest.ref, old == nullptr ? nlohmann::json() : redactor.redact(*old->body), redactor.redact(*manifest.body));
  }
  for (const auto& manifest : before) {
    if (find_manifest(after, manifest.ref) == nullptr) add(manifest.ref, redactor.redact(*manifest.body), nlohmann::json());
  }
  return text;
}

std::string undo_text(const DriftReport& report, const std::vector<Manifest>& desired, const std::function<JsonPtr(const ObjectRef&)>& live, const Redactor& redactor) {
  std::string text;
  for (const auto& drift : report.objects) {
    const auto* manifest = find_manifest(desired, drift.object);
    const auto object = live(drift.object);
    const auto desired_json = manifest == nullptr ? nlohmann::json() : redactor.redact(*manifest->body);
    const auto live_json = object == nullptr ? nlohmann::json() : redactor.redact(*object);
    text += fmt::format("{}\n{}\n", to_string(drift.object), drift_diff(manifest == nullptr ? nullptr : &desired_json, object == nullptr ? nullptr : &live_json, drift));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace driftwarden
