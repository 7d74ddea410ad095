// What each verb writes to Git, and the commit that says so.
#include "bot/change/plan.hpp"

#include "bot/change/plan_parts.hpp"
#include "bot/command/ignore_request.hpp"
#include "bot/command/intents.hpp"
#include "bot/config/policy.hpp"
#include "bot/watch/app_files.hpp"
#include "gitops/base/forge_text.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxSubject = 72;
constexpr std::size_t kMaxBranch = 120;

std::string one_line(std::string_view text) { return std::string(trim(without_control_characters(text))); }

/// A line of a commit message, in which nothing is an order to the forge or its CI.
std::string words(std::string_view text) { return without_forge_commands(one_line(text)); }

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

std::string short_revision(const std::string& revision) { return one_line(revision.substr(0, 7)); }

std::string ignored(const Change& change) {
  const auto request = ignore_request_from(change.argument);
  const auto what = request.fields.size() == 1 ? request.fields.front().path : fmt::format("{} fields that drift", request.fields.size());
  return fmt::format("ignore {} until {}", what, format_time(request.until).substr(0, 10));
}

std::string deed_of(const Change& change) {
  switch (change.verb) {
    case ChangeVerb::Sync: return "sync to " + short_revision(change.target_revision);
    case ChangeVerb::Rollback: {
      const auto undo = rollback_request_from(change.argument).undo;
      return undo.empty() ? "roll back to " + short_revision(change.target_revision) : "take back " + short_revision(undo);
    }
    case ChangeVerb::Adopt: return "adopt what was changed live";
    case ChangeVerb::Ignore: return ignored(change);
    case ChangeVerb::SetImage: {
      const auto request = set_image_request_from(change.argument);
      return fmt::format("set image {} to {}", request.image, request.tag.empty() ? request.digest.substr(0, 19) : request.tag);
    }
    case ChangeVerb::Scale: {
      const auto request = scale_request_from(change.argument);
      return fmt::format("scale {}{}to {}", request.workload, request.workload.empty() ? "" : " ", request.replicas);
    }
    case ChangeVerb::Set: {
      const auto request = set_request_from(change.argument);
      return fmt::format("{} {}{}{}", request.value.empty() ? "remove" : "set", request.path, request.target.empty() ? "" : " of ", request.target);
    }
    case ChangeVerb::Promote: return "promote from " + promote_request_from(change.argument).from;
    case ChangeVerb::CreateApp: return "create the App";
    case ChangeVerb::Restart: return "restart";
    case ChangeVerb::Move: {
      const auto request = move_request_from(change.argument);
      return fmt::format("move to {}{}{}", request.cluster, request.namespace_.empty() ? "" : ", namespace ", request.namespace_);
    }
    case ChangeVerb::Apply: return "apply what is planned";
    case ChangeVerb::Propose: return propose_request_from(change.argument).sentence;
  }
  return std::string(to_string(change.verb));
}

std::string subject_of(const Change& change, const App& app) { return ellipsize(words(fmt::format("{}: {}", app.name, deed_of(change))), kMaxSubject); }

/// What a person wrote, as a paragraph that nothing reads as a trailer.
std::string paragraph(std::string_view text) {
  auto line = words(text);
  if (line.empty()) return line;
  const auto end = line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
  const auto colon = end == std::string::npos ? end : line.find_first_not_of(' ', end);
  if (colon != std::string::npos && line[colon] == ':') line = "Reason given - " + line;
  return line + "\n\n";
}

std::string trailer(std::string_view key, std::string_view value) { return fmt::format("{}: {}\n", key, one_line(value)); }

std::string model_of(const Change& change) {
  const auto model = propose_request_from(change.argument).model;
  return model.empty() ? std::string("a model") : words(model);
}

std::string message_of(const Change& change, const App& app, const std::string& audit_id, const std::string& deed) {
  auto message = subject_of(change, app) + "\n\n" + paragraph(change.reason);
  if (!deed.empty()) message += deed + "\n\n";
  if (change.verb == ChangeVerb::Propose) message += trailer("Drafted-by", model_of(change));
  message += trailer("Requested-by", change.requester) + trailer("Driftwarden-Change", change_name(change.id)) + trailer("Driftwarden-Audit", audit_id);
  return message;
}

std::string deed_in_full(const VerbPlan& plan) {
  const auto where = plan.restore_path.empty() ? "everything" : words(plan.restore_path);
  if (!plan.undo_revision.empty()) return fmt::format("This reverts commit {}, as far as {} goes.", one_line(plan.undo_revision), where);
  if (!plan.restore_revision.empty()) return fmt::format("This restores {} to what it was at {}.", where, one_line(plan.restore_revision));
  return "";
}

/// Where an edit may be: below the App's own paths, or in the files that are kept about it.
bool is_of(const App& app, const std::string& path) {
  const bool kept = path == pin_path(app.name) || path == sync_record_path(app.name) || path == ignore_path(app.name) || path == app_file_path(app.name);
  const bool own = planning::is_below(path, app.path) || std::ranges::any_of(app.more, [&](const SourcePart& part) { return planning::is_below(path, part.path); });
  return planning::is_safe_path(path) && (kept || (own && !planning::is_below(path, ".driftwarden")));
}

/// Nothing that says the same as Git already, and nothing that isn't the App's.
Result<void> check_edits(const App& app, const PlanContext& context, VerbPlan& plan, bool own_paths) {
  for (const auto& edit : plan.edits) {
    const bool allowed = own_paths ? is_of(app, edit.path) : planning::is_safe_path(edit.path);
    if (!allowed) return planning::refused(fmt::format("{} is outside of {}, and nothing else is written for {}", planning::shown(edit.path), app.path, app.name));
  }
  std::erase_if(plan.edits, [&](const FileEdit& edit) {
    const auto now = context.mirror.read_file(context.head, edit.path);
    return edit.content ? now && *now == *edit.content : !now && now.error().kind == ErrorKind::NotFound;
  });
  const bool restores = !plan.restore_revision.empty() || !plan.undo_revision.empty();
  if (plan.edits.empty() && !restores) return planning::refused("this would change nothing in Git: it says so already");
  return Result<void>{};
}

Result<VerbPlan> plan_of(const Change& change, const App& app, const PlanContext& context) {
  using namespace planning;
  switch (change.verb) {
    case ChangeVerb::Sync: return plan_sync(change, app, context);
    case ChangeVerb::Rollback: return plan_rollback(change, app, context);
    case ChangeVerb::Adopt: return plan_adopt(change, app, context);
    case ChangeVerb::Ignore: return plan_ignore_file(change, app, context);
    case ChangeVerb::SetImage: return plan_set_image(change, app, context);
    case ChangeVerb::Scale: return plan_scale(change, app, context);
    case ChangeVerb::Set: return plan_set(change, app, context);
    case ChangeVerb::Promote: return plan_promote(change, app, context);
    case ChangeVerb::CreateApp: return plan_create_app(change, app, context);
    case ChangeVerb::Move: return plan_move(change, app, context);
    case ChangeVerb::Propose: return plan_propose(change, app, context);
    case ChangeVerb::Restart:
    case ChangeVerb::Apply: return VerbPlan{};
  }
  return refused("nothing is known of this verb");
}

}  // namespace

std::string kept_elsewhere(ChangeVerb verb, const App& app) {
  if (app.revision.empty() || is_live(verb) || is_git_only(verb) || verb == ChangeVerb::CreateApp) return {};
  const auto by = app.deployer.kind != DeployerKind::None ? fmt::format("{}'s {}", to_string(app.deployer.kind), to_string(app.deployer.object))
                  : app.found_by.empty()                  ? std::string("its configuration (`revision`)")
                                                          : "what was found by " + planning::shown(app.found_by);
  return fmt::format("{} isn't put in force from the branch that I write to: {} says that its revision is \"{}\". Change that where it is written, or what it names by a pull request of your own",
                     app.name, by, planning::shown(app.revision));
}

Result<VerbPlan> plan_verb(const Change& change, const App& app, const PlanContext& context) {
  if (app.orphans) return planning::refused(app.name + " stands for what no Git knows: there is nothing to write");
  if (const auto why = kept_elsewhere(change.verb, app); !why.empty()) return planning::refused(why);
  TRY(auto plan, plan_of(change, app, context));
  if (is_live(change.verb)) return plan;
  const bool own_paths = change.verb != ChangeVerb::CreateApp && change.verb != ChangeVerb::Move;
  CHECK_OK(check_edits(app, context, plan, own_paths));
  return plan;
}

CommitRequest commit_of(const Change& change, const App& app, const Config& config, const std::string& head, const std::string& audit_id, VerbPlan plan) {
  CommitRequest request;
  request.base = head;
  request.branch = branch_name(change);
  request.author = author_of(config, change.requester);
  request.committer = {"Driftwarden", "driftwarden@users.noreply.invalid"};
  request.at = change.requested_at;
  request.message = message_of(change, app, audit_id, deed_in_full(plan));
  request.edits = std::move(plan.edits);
  // "" would restore nothing, "." is the root.
  const bool restores = !plan.restore_revision.empty() || !plan.undo_revision.empty();
  request.restore_path = restores && plan.restore_path.empty() ? "." : plan.restore_path;
  request.restore_revision = plan.restore_revision;
  request.undo_revision = plan.undo_revision;
  return request;
}

std::string commit_message(const Change& change, const App& app, const std::string& audit_id) { return message_of(change, app, audit_id, ""); }

std::string merge_message(const Change& change, std::string message) {
  constexpr std::string_view kTrailer = "\nDriftwarden-Change: ";
  while (message.ends_with('\n')) message.pop_back();
  const auto last = message.rfind(kTrailer);
  const auto ours = std::string(kTrailer) + change_name(change.id);
  const bool named = last != std::string::npos && message.substr(last, message.find('\n', last + 1) - last) == ours;
  return named ? message + "\n" : message + "\n" + ours + "\n";
}

std::string approval_trailers(const Change& change, const std::vector<PersonId>& approvers) {
  std::string text;
  for (const auto& approver : approvers) {
    text += trailer("Approved-by", approver);
    const auto given = std::ranges::find(change.approvals, approver, &Approval::by);
    if (given != change.approvals.end() && !given->in_place_of.empty()) text += trailer("In-place-of", given->in_place_of);
  }
  if (!change.break_glass.empty()) text += trailer("Break-glass-by", change.break_glass);
  return text;
}

std::string branch_name(const Change& change) { return fmt::format("driftwarden/c-{}-{}-{}", change.id, to_string(change.verb), slug(change.app)).substr(0, kMaxBranch); }

}  // namespace driftwarden
