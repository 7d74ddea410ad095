// From a request to a pull request that people can decide on.
#include "bot/change/changes.hpp"
#include "bot/change/cost_of_change.hpp"
#include "bot/change/git_diff.hpp"
#include "bot/change/judge_gates.hpp"
#include "bot/change/move.hpp"
#include "bot/change/planned_files.hpp"
#include "bot/change/quorum_facts.hpp"
#include "bot/change/secret_guard.hpp"
#include "bot/change/set_out.hpp"
#include "bot/change/waivers.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/policy/code_owners.hpp"
#include "bot/policy/risk.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/drift/as_live.hpp"
#include "gitops/drift/cause.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

struct CommitMade {
  std::string commit;
  std::vector<FileDiff> files;
  std::string shown;
  std::vector<std::string> notes;
  std::vector<PersonId> authors;
  bool authors_incomplete = false;
  std::vector<std::string> code_owners;
};

/// As the base has it: a Change can't choose who reviews it.
std::vector<std::string> code_owners_of(Mirror& mirror, const std::string& base, const std::vector<FileDiff>& files, ForgeKind dialect) {
  std::vector<std::string> owners;
  for (const auto& path : code_owners_files(dialect)) {
    const auto text = mirror.read_file(base, path);
    if (!text) continue;
    const auto rules = parse_code_owners(*text, dialect);
    for (const auto& file : files) {
      for (auto& owner : owners_of_path(rules, file.path, dialect)) {
        if (std::ranges::find(owners, owner) == owners.end()) owners.push_back(std::move(owner));
      }
    }
    break;
  }
  return owners;
}

/// `left_behind`: an earlier try may have pushed the branch and got no further, so that nobody was shown it; then it makes way.
Result<void> push_branch(Mirror& mirror, const std::string& branch, const std::string& remote_head, bool left_behind) {
  auto pushed = mirror.push(branch, branch, remote_head);
  if (!pushed && pushed.error().kind == ErrorKind::Conflict && left_behind) {
    CHECK_OK(mirror.delete_remote_branch(branch));
    pushed = mirror.push(branch, branch, "");
  }
  return pushed;
}

/// Other Apps whose rendering this commit changes, too: people were asked about one App only.
Result<std::vector<std::string>> siblings_changed(Mirror& mirror, const App& app, const std::vector<App>& apps, const Renderer& render, const std::string& base, const std::string& commit) {
  std::vector<std::string> changed;
  for (const auto& other : apps) {
    if (other.name == app.name || other.repository != app.repository || !is_rendered(other)) continue;
    const auto before = sources_id(mirror, other, base);
    const auto after = sources_id(mirror, other, commit);
    if ((before ? *before : "") == (after ? *after : "")) continue;
    const auto was = render_edited(mirror, other, base, {}, render);
    const auto is = render_edited(mirror, other, commit, {}, render);
    const bool same = was && is && was->size() == is->size() && std::ranges::equal(*was, *is, [](const Manifest& one, const Manifest& two) { return *one.body == *two.body; });
    if (!same) changed.push_back(other.name);
  }
  return changed;
}

/// Those that `who` doesn't see without their names: it is told on a card, and to a model.
std::string names_for(const Config& config, const PersonId& who, const std::vector<std::string>& names, const std::vector<App>& apps) {
  auto seen = names;
  std::erase_if(seen, [&](const std::string& name) {
    const auto app = std::ranges::find(apps, name, &App::name);
    return app == apps.end() || !is_visible(config, who, *app);
  });
  const auto hidden = names.size() - seen.size();
  if (hidden > 0) seen.push_back(hidden == 1 ? "an App of a private team" : fmt::format("{} Apps of private teams", hidden));
  return join(seen, ", ");
}

/// Every touched file in full, before and after.
Result<std::vector<TouchedFile>> touched_files(Mirror& mirror, const std::string& before, const std::string& after, const std::vector<FileDiff>& files) {
  std::vector<TouchedFile> touched;
  const auto read = [&](const std::string& revision, const std::string& path) -> Result<std::string> {
    auto text = mirror.read_file(revision, path);
    if (!text && text.error().kind == ErrorKind::NotFound) return std::string{};
    return text;
  };
  for (const auto& file : files) {
    TouchedFile one{file.path, {}, {}};
    TRY(one.before, read(before, file.path));
    TRY(one.after, read(after, file.path));
    touched.push_back(std::move(one));
  }
  return touched;
}

/// What the clusters get of a move: names, since nothing of the objects themselves changes.
std::string move_text(const App& here, const App& there, const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  auto text = fmt::format("First, made on {}\n", there.cluster);
  for (const auto& manifest : after) text += fmt::format("+ {}\n", to_string(manifest.ref));
  text += fmt::format("Then, deleted on {}\n", here.cluster);
  for (const auto& manifest : before) text += fmt::format("- {}\n", to_string(manifest.ref));
  return text;
}

/// Somebody pressed merge or close there while its commit was being made again: it was not what was approved.
std::function<ChangeStep(Change)> ended_on_forge(const forge::PullRequest& pull_request, bool bot_applies, WallTime now) {
  return [merged = pull_request.state == forge::PullRequestState::Merged, sha = pull_request.merged_sha, bot_applies, now](Change current) {
    if (!merged) return on_cancelled(std::move(current), "somebody on the forge", "the pull request was closed", now);
    return on_merged_elsewhere(std::move(current), sha, false, bot_applies, now);
  };
}

/// What clusters have before it: of a sync what is live, which may be why it was asked for.
std::vector<Manifest> before_it(Fleet& fleet, const Change& change, const App& app, std::vector<Manifest> in_git) {
  if (change.verb != ChangeVerb::Sync) return in_git;
  const auto report = fleet.report(app.name);
  const std::function<JsonPtr(const ObjectRef&)> live = [&](const ObjectRef& ref) { return fleet.live(app, ref); };
  auto objects = as_live_is(std::move(in_git), report);
  add_extras(report, live, objects);
  return objects;
}

/// What the files of a tool's App cost, or that nobody knows.
void take_price(Result<CostChange> priced, Proposal& proposal) {
  if (priced) {
    proposal.cost = std::move(*priced);
    return;
  }
  proposal.cost_trouble = without_values(priced.error().message);
  proposal.notes.push_back("What it costs isn't known: " + proposal.cost_trouble);
}

constexpr int kNoShare = 1000;  // of the objects: all of them go, and come back elsewhere

}  // namespace

std::string restart_text(const std::vector<ObjectRef>& workloads) {
  std::string text;
  for (const auto& ref : workloads) text += "restart " + to_string(ref) + "\n";
  return text;
}

asio::awaitable<Result<ImportedRules>> Changes::ignore_file_at(App app, std::string revision) {
  std::function<Result<ImportedRules>(Mirror&)> read = [name = app.name, revision](Mirror& mirror) -> Result<ImportedRules> {
    const auto path = ignore_path(name);
    const auto text = mirror.read_file(revision, path);
    if (!text && text.error().kind == ErrorKind::NotFound) return ImportedRules{};
    if (!text) return text.error();
    return parse_ignore_file(*text, path);
  };
  auto reading = parts_.fleet->repository(app.repository).with_mirror<ImportedRules>(std::move(read));
  co_return co_await std::move(reading);
}

asio::awaitable<Result<Changes::Written>> Changes::write(Change change, App app, std::string head, std::string audit_id) {
  const auto report = parts_.fleet->report(app.name);
  const auto desired = parts_.fleet->desired(app.name);
  const bool needs_desired = is_rendered(app) && change.verb != ChangeVerb::CreateApp && change.verb != ChangeVerb::Rollback && change.verb != ChangeVerb::Ignore;
  if (!desired && needs_desired) co_return Error{ErrorKind::Unavailable, app.name + " is not rendered yet"};
  // The pool reads this copy: people may be linked meanwhile.
  const auto config = std::make_shared<const Config>(*parts_.config);
  const auto dialect = parts_.fleet->repository_config(app.repository).forge.kind;
  const auto application = change.verb == ChangeVerb::Move ? application_of(app) : std::optional<PlanContext::Held>{};
  std::function<Result<CommitMade>(Mirror&)> work = [=, render = parts_.fleet->renderer(), apps = parts_.fleet->apps(), sign = signer_of(app)](Mirror& mirror) -> Result<CommitMade> {
    CommitMade made;
    const PlanContext context{*config, mirror, render, head, report, desired.value_or(std::vector<Manifest>{}), apps, application};
    TRY(auto plan, plan_verb(change, app, context));
    made.notes = plan.notes;
    made.authors = plan.authors;
    made.authors_incomplete = plan.authors_incomplete;
    auto request = commit_of(change, app, *config, head, audit_id, std::move(plan));
    request.sign = sign;
    TRY(made.commit, mirror.commit(request));
    TRY(made.files, mirror.diff(head, made.commit, ""));
    TRY(const auto touched, touched_files(mirror, head, made.commit, made.files));
    CHECK_OK(check_added_secrets(touched));
    const auto variables = is_rendered(app) ? std::nullopt : std::optional(variables_around(mirror, app, head, made.commit));
    made.shown = shown_git_diff(made.files, whole_files(mirror, head, made.commit), variables ? &*variables : nullptr);
    TRY(auto siblings, siblings_changed(mirror, app, apps, render, head, made.commit));
    if (!is_rendered(app) && change.verb != ChangeVerb::Ignore) {
      for (auto& name : planned_along(mirror, app, apps, head, made.commit, made.files)) siblings.push_back(std::move(name));
    }
    if (application) std::erase(siblings, application->app.name);
    if (!siblings.empty()) {
      return Error{ErrorKind::InvalidInput, fmt::format("this would change {} as well, which share{} files with {}; make a pull request of your own, which is judged for each of them",
                                                        names_for(*config, change.requester, siblings, apps), siblings.size() == 1 ? "s" : "", app.name)};
    }
    made.code_owners = code_owners_of(mirror, head, made.files, dialect);
    return made;
  };
  auto working = parts_.fleet->repository(app.repository).with_mirror<CommitMade>(std::move(work));
  auto made = co_await std::move(working);
  if (!made) co_return made.error();
  Written written;
  written.files = std::move(made->files);
  written.authors = std::move(made->authors);
  written.authors_incomplete = made->authors_incomplete;
  written.code_owners = std::move(made->code_owners);
  written.proposal.branch = branch_name(change);
  written.proposal.base_sha = head;
  written.proposal.content.head_sha = made->commit;
  written.proposal.notes = std::move(made->notes);
  written.proposal.git_diff = std::move(made->shown);
  co_return written;
}

/// What clusters have before and after it, and how that is told; nothing of an ignore rule or of what a tool plans.
asio::awaitable<Result<Changes::Effect>> Changes::effect_of(Change change, App app, std::string base, std::string head) {
  Effect effect;
  auto now = co_await parts_.fleet->render_at(app, base);
  if (now) effect.before = std::move(now->manifests);
  if (!now && change.verb != ChangeVerb::CreateApp) {
    // What would be taken away is what was desired last.
    effect.before = parts_.fleet->desired(app.name).value_or(std::vector<Manifest>{});
    effect.note = "What is in Git now can't be rendered: " + without_values(now.error().message);
  }
  App there = app;
  if (change.verb == ChangeVerb::Move) {
    auto moved = moved_app(app, move_record_from(change.argument).to, *parts_.config);
    if (!moved) co_return moved.error();
    there = std::move(*moved);
  }
  auto then = co_await parts_.fleet->render_at(there, head);
  if (!then) co_return then.error();
  effect.after = std::move(then->manifests);
  effect.text = change.verb == ChangeVerb::Move ? move_text(app, there, effect.before, effect.after) : effect_text(effect.before, effect.after, *parts_.redactor);
  co_return effect;
}

/// How risky it is by what is rendered. A move takes all of it away here, which is no news.
Risk Changes::risk_of(const Change& change, const App& app, const Effect& effect) const {
  if (!is_rendered(app)) return change.verb == ChangeVerb::Ignore ? Risk{} : risk_of_planned(app);
  if (change.verb == ChangeVerb::Move) {
    auto risk = assess_risk(effect.before, {}, kNoShare);
    risk.tier = std::max(risk.tier, RiskTier::High);
    return risk;
  }
  auto risk = assess_risk(effect.before, effect.after, parts_.config->policy.destructive.share_percent);
  if (change.verb == ChangeVerb::Rollback) {
    for (auto& warning : rollback_warnings(effect.before, effect.after)) risk.warnings.push_back(std::move(warning));
  }
  // A sentence that somebody hid may have asked for it: whatever a draft takes away counts as what destroys.
  if (change.verb == ChangeVerb::Propose && !risk.deletes.empty() && risk.tier != RiskTier::Destructive) {
    risk.tier = RiskTier::Destructive;
    risk.reasons.insert(risk.reasons.begin(), "a model drafted a deletion");
  }
  return risk;
}

/// Who must agree: of a move, those of either place.
Quorum Changes::quorum_for_places(const Change& change, const App& app, QuorumFacts facts) const {
  std::optional<Quorum> quorum;
  for (const auto& place : places_of(change, app)) {
    facts.overridden = is_git_only(change.verb) ? nullptr : freeze_to_override(*parts_.config, place, parts_.clock->wall_now());
    auto of_place = quorum_of(*parts_.config, place, facts);
    quorum = quorum ? stricter(*parts_.config, *quorum, app, of_place, place) : std::move(of_place);
  }
  return std::move(*quorum);
}

/// What the commit changes in the cluster, how risky that is, and who must agree.
asio::awaitable<Result<void>> Changes::judge(Change change, App app, Written& written) {
  auto& proposal = written.proposal;
  const bool gated = is_gated(parts_.gates, *parts_.config) && change.verb != ChangeVerb::Ignore && is_rendered(app);
  if (gated) proposal.gates = not_judged(*parts_.config, place_after(change, app, *parts_.config));
  Effect effect;
  if (change.verb != ChangeVerb::Ignore && is_rendered(app)) {
    auto looked = co_await effect_of(change, app, proposal.base_sha, proposal.content.head_sha);
    if (!looked) co_return looked.error();
    effect = std::move(*looked);
    if (!effect.note.empty()) proposal.notes.push_back(effect.note);
    proposal.diff = effect.text;
    const auto report = parts_.fleet->report(app.name);
    if (change.verb == ChangeVerb::Sync && effect.text.empty() && report.state == AppState::OutOfSync) {
      const std::function<JsonPtr(const ObjectRef&)> live = [&](const ObjectRef& ref) { return parts_.fleet->live(app, ref); };
      proposal.diff = undo_text(report, effect.before, live, *parts_.redactor);
    }
  }
  if (gated) {
    auto judging = judge_gates(*parts_.gates, app, place_after(change, app, *parts_.config), effect.before, effect.after);
    proposal.gates = co_await std::move(judging);
  }
  if (!is_rendered(app)) proposal.diff = view::planned_later(app);
  // Gates compare Git with Git; risk and cost are told against what runs.
  if (is_rendered(app)) effect.before = before_it(*parts_.fleet, change, app, std::move(effect.before));
  proposal.risk = risk_of(change, app, effect);
  if (is_rendered(app)) proposal.cost = cost_of_change(*parts_.config, change, app, effect.before, effect.after);
  // A broken glass waits for nobody's price.
  const bool priced_by_files = app.kind == AppKind::Terraform && !is_git_only(change.verb) && change.break_glass.empty() && parts_.config->cost.infracost && parts_.hands.price_files;
  if (priced_by_files) {
    auto pricing = parts_.hands.price_files(app, proposal.base_sha, proposal.content.head_sha);
    auto priced = co_await std::move(pricing);
    if (!priced && priced.error().kind == ErrorKind::Cancelled) co_return priced.error();
    take_price(std::move(priced), proposal);
  }
  std::string raw;
  for (const auto& file : written.files) raw += file.patch;
  proposal.content.diff_digest = sha256_hex(raw + '\n' + effect.text);
  auto asking = quorum_facts(*parts_.store, *parts_.config, change, proposal, parts_.clock->wall_now());
  CO_TRY(auto facts, co_await std::move(asking));
  facts.code_owners = people_behind(*parts_.config, written.code_owners, parts_.fleet->repository_config(app.repository).forge.api_url);
  facts.commit_authors = written.authors;
  proposal.quorum = quorum_for_places(change, app, std::move(facts));
  if (change.verb == ChangeVerb::Move) {
    if (const auto why = too_few_can(*parts_.config, proposal.quorum, app, change.requester); !why.empty()) co_return Error{ErrorKind::InvalidInput, "nobody could approve this move: " + why};
  }
  // One of the approvers may have written a part of it.
  if (written.authors_incomplete && proposal.quorum.need > 0) ++proposal.quorum.need;
  proposal.expiry = approval_expiry(*parts_.config, app, to_string(change.verb), proposal.risk.tier);
  co_return Result<void>{};
}

asio::awaitable<std::string> Changes::permalink_of(Change change) {
  if (!change.card) co_return std::string{};
  slack::JsonPtr arguments = std::make_shared<const json>(json{{"channel", change.card->channel}, {"message_ts", change.card->ts}});
  const auto answer = co_await parts_.messenger->api().call("chat.getPermalink", std::move(arguments));
  if (!answer) co_return std::string{};
  co_return (*answer)->value("permalink", std::string{});
}

asio::awaitable<Result<forge::PullRequest>> Changes::pull_request_for(Change change, App app, Proposal proposal, std::string audit_id) {
  auto* forge = forge_of(app);
  const auto base = parts_.fleet->repository_config(app.repository).branch;
  auto existing = co_await forge->find_open(proposal.branch, base);
  if (!existing) co_return existing.error();
  const auto permalink = co_await permalink_of(change);
  auto shown = change;
  shown.notes = proposal.notes;
  shown.git_diff = proposal.git_diff;
  shown.risk = proposal.risk;
  shown.cost = proposal.cost;
  shown.gates = proposal.gates;
  shown.quorum = proposal.quorum;
  shown.base_sha = proposal.base_sha;
  shown.content = proposal.content;
  forge::PullRequestDraft draft;
  draft.title = view::pull_request_title(shown);
  auto looking = waivers_for(*parts_.store, *parts_.config, shown, app, parts_.clock->wall_now());
  const auto waivers = co_await std::move(looking);
  draft.body = view::pull_request_body(shown, app, proposal.diff, audit_id, permalink, view::kPullRequestLimit, waivers);
  draft.branch = proposal.branch;
  draft.base = base;
  if (change.verb == ChangeVerb::Propose) draft.labels = {"driftwarden", "driftwarden/model-draft"};
  if (*existing) {
    // It was made again: reviewers on the forge must not read the old diff.
    auto updated = co_await forge->update((**existing).number, draft.title, draft.body);
    if (!updated) co_return updated.error();
    // An earlier try may have ended between the two.
    const auto labelled = co_await forge->label((**existing).number, draft.labels);
    if (!labelled) log_warn("forge", labelled.error().message);
    co_return **existing;
  }
  co_return co_await forge->open(std::move(draft));
}

/// The pull request of an earlier try, when it isn't open any more. Its opening may never have been heard of.
asio::awaitable<Result<std::optional<forge::PullRequest>>> Changes::decided_earlier(Change change, App app) {
  auto* forge = change.review == ReviewMode::PullRequest ? forge_of(app) : nullptr;
  std::optional<forge::PullRequest> none;
  if (forge == nullptr) co_return none;
  if (change.pull_request == 0) co_return co_await forge->find_merged(branch_name(change), parts_.fleet->repository_config(app.repository).branch);
  auto known = co_await forge->get(change.pull_request);
  if (!known) co_return known.error();
  if (known->state == forge::PullRequestState::Open) co_return none;
  co_return std::optional<forge::PullRequest>(std::move(*known));
}

asio::awaitable<Result<void>> Changes::push(Change change, App app, Proposal proposal, bool made_before) {
  // An earlier try may have pushed this branch, perhaps on an older head: then it is moved, from exactly what was found there.
  auto* forge = change.review == ReviewMode::PullRequest ? forge_of(app) : nullptr;
  std::string remote_head;
  if (forge != nullptr && made_before) {
    const auto existing = co_await forge->find_open(proposal.branch, parts_.fleet->repository_config(app.repository).branch);
    if (!existing) co_return wrap("looking for an earlier pull request", existing.error());
    if (*existing) remote_head = (**existing).head_sha;
  }
  const bool left_behind = made_before && remote_head.empty();
  std::function<Result<bool>(Mirror&)> work = [branch = proposal.branch, remote_head, left_behind](Mirror& mirror) -> Result<bool> {
    CHECK_OK(push_branch(mirror, branch, remote_head, left_behind));
    return true;
  };
  auto working = parts_.fleet->repository(app.repository).with_mirror<bool>(std::move(work));
  const auto pushed = co_await std::move(working);
  if (!pushed) co_return pushed.error();
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> Changes::propose(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  const auto audit_id = payload.at("audit").get<std::string>() + (parts_.audit_instance.empty() ? "" : ":" + parts_.audit_instance);
  auto change = co_await load(payload.at("change").get<std::int64_t>());
  if (!change) co_return change.error();
  if (change->state != ChangeState::Requested) co_return std::string("proposed already");
  const auto app = co_await settled_app_of(row, *change, false);
  if (!app) co_return app.error();
  if (!change->break_glass.empty()) {
    auto free = co_await pass_holds(row, *change, *app, GateStage::Request);
    if (!free) co_return free.error();
  }
  if (is_live(change->verb)) co_return co_await propose_live(*change, *app);
  const bool may_break_glass = !change->break_glass.empty();
  auto head = co_await parts_.fleet->repository(app->repository).fetch();
  if (!head && may_break_glass && is_transient(head.error())) co_return co_await propose_behind_broken_glass(*change, *app, audit_id, head.error());
  if (!head) co_return head.error();
  Result<Written> written = Error{ErrorKind::Corrupt, ""};
  if (change->verb == ChangeVerb::Propose) {
    written = co_await write_drafted(*change, *app, *head, audit_id);
  } else {
    written = co_await write(*change, *app, *head, audit_id);
  }
  if (!written) co_return wrap("proposing " + change_name(change->id), written.error());
  auto judged = co_await judge(*change, *app, *written);
  if (!judged) co_return wrap("what the commit would change", judged.error());
  auto& proposal = written->proposal;
  const bool made_before = row.attempts > 1 || !change->branch.empty();
  if (made_before) {
    // Somebody merged or closed its pull request meanwhile: that ends it, and nobody is shown another one.
    const auto earlier = co_await decided_earlier(*change, *app);
    if (!earlier && !may_break_glass) co_return wrap("looking for an earlier pull request", earlier.error());
    if (earlier && *earlier) {
      auto ending = step(change->id, ended_on_forge(**earlier, applies(*change, *app), parts_.clock->wall_now()));
      const auto ended = co_await std::move(ending);
      if (!ended) co_return ended.error();
      co_return std::string("decided on the forge");
    }
  }
  auto pushed = co_await push(*change, *app, proposal, made_before);
  if (!pushed && may_break_glass && is_transient(pushed.error())) co_return co_await propose_behind_broken_glass(*change, *app, audit_id, pushed.error());
  if (!pushed) co_return wrap("proposing " + change_name(change->id), pushed.error());
  if (change->review == ReviewMode::PullRequest && forge_of(*app) != nullptr) {
    auto pull_request = co_await pull_request_for(*change, *app, proposal, audit_id);
    if (!pull_request && may_break_glass && is_transient(pull_request.error())) co_return co_await propose_behind_broken_glass(*change, *app, audit_id, pull_request.error());
    if (!pull_request) co_return wrap("opening the pull request", pull_request.error());
    proposal.pull_request = pull_request->number;
    proposal.pull_request_url = pull_request->url;
  }
  std::function<ChangeStep(Change)> event = [proposal, now = parts_.clock->wall_now()](Change current) { return on_proposed(std::move(current), proposal, now); };
  auto stepping = step(change->id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  co_return proposal.content.head_sha;
}

}  // namespace driftwarden
