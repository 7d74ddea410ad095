#include "tests/sim/truth.hpp"

#include "gitops/base/text.hpp"
#include "gitops/drift/cause.hpp"
#include "gitops/manifest/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

constexpr Duration kMergeUnderWay = std::chrono::minutes{2};  // sent before the hold began, and taking its time
constexpr Duration kOnItsWay = std::chrono::seconds{30};
const std::string kOurs = "driftwarden/c-";

std::string text_of(const std::vector<std::string>& names) { return names.empty() ? "nobody" : join(names, ", "); }

/// As Git has it: without what the bot notes on an object.
json without_marks(json object) {
  auto& metadata = object["metadata"];
  if (!metadata.contains("annotations")) return object;
  auto& annotations = metadata["annotations"].get_ref<json::object_t&>();
  std::erase_if(annotations, [](const auto& entry) { return entry.first.starts_with("driftwarden.io/"); });
  if (annotations.empty()) metadata.erase("annotations");
  return object;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool is_sha(const std::string& word) { return word.size() >= 7 && word.find_first_not_of("0123456789abcdef") == std::string::npos; }

}  // namespace

std::int64_t change_of_branch(const std::string& branch) {
  std::int64_t id = 0;
  if (!branch.starts_with(kOurs)) return 0;
  std::from_chars(branch.data() + kOurs.size(), branch.data() + branch.size(), id);
  return id;
}

Truth::Truth(Outside outside) : at_(std::move(outside)) {
  at_.slack.on_shown = [this](const Posted& message) { on_shown(message); };
  at_.forge.on_opened = [this](const PullEntry& entry) { on_opened(entry); };
  at_.forge.on_merge = [this](const PullEntry& entry, MonoTime asked_at) { on_merge(entry, asked_at); };
  at_.cluster.on_apply = [this](const ObjectRef& ref, const json& wanted) { on_apply(ref, wanted); };
  at_.cluster.on_patch = [this](const ObjectRef& ref, const json& patch) { on_patch(ref, patch); };
  at_.cluster.on_remove = [this](const ObjectRef& ref) {
    at_.ground.check(may_alter(ref.name), "asked-for", [&] { return to_string(ref) + " was deleted, and no Change is being put in force"; });
  };
  for (const auto& [name, remote] : at_.remotes) {
    remote->on_push = [this, to = remote](const std::string& branch, const std::string& before, const std::string& after) { on_push(*to, branch, before, after); };
  }
}

std::optional<Change> Truth::change(std::int64_t id) {
  const auto found = look<std::optional<Change>>([id](storage::Transaction& tx) { return tx.find_change(id); });
  return found ? *found : std::nullopt;
}

std::vector<Change> Truth::changes() {
  return look<std::vector<Change>>([](storage::Transaction& tx) { return tx.changes({"", false, 1000}); }).value_or(std::vector<Change>{});
}

std::vector<Hold> Truth::holds() {
  return look<std::vector<Hold>>([](storage::Transaction& tx) { return tx.open_holds(); }).value_or(std::vector<Hold>{});
}

GitRemote& Truth::remote_of(const std::string& app) const { return *at_.remotes.at(scene_app(app)->repository); }

void Truth::on_said(const Event& event) {
  const auto words = words_of(event.text);
  if (words.empty() || words.front() != "approve") return;
  const auto* player = player_by_slack(event.who);
  Act act;
  act.at = at_.ground.time.mono();
  act.person = player == nullptr ? "" : player->name;
  for (const auto& word : words) {
    if (is_sha(word)) {
      act.sha = word;
      act.named = true;
    }
  }
  for (const auto& word : words) {
    const auto id = parse_change_name(word);
    if (!id || is_sha(word) || word == words.front()) continue;
    act.change = *id;
    acts_.push_back(act);
  }
}

void Truth::on_review(const std::string& person, const std::string& branch, const std::string& head) {
  acts_.push_back({at_.ground.time.mono(), person, change_of_branch(branch), head, true});
}

std::vector<std::string> Truth::yes_sayers(const Change& change, const std::string& head, bool with_requester, const std::vector<std::string>& of) const {
  const auto& remote = remote_of(change.app);
  const auto born = remote.born.find(head);
  const auto writers = remote.writers.find(head);
  std::set<std::string> people;
  for (const auto& act : acts_) {
    if (act.change != change.id || act.person.empty()) continue;
    // A restart has no commit: what is approved is the Change itself.
    const bool meant = head.empty() || (act.named ? head.starts_with(act.sha) : born != remote.born.end() && born->second <= act.at);
    if (!meant) continue;
    if (std::ranges::find(of, act.person) == of.end()) continue;
    if (act.person == change.requester && !with_requester) continue;
    if (writers != remote.writers.end() && writers->second.contains(act.person + "@example.org")) continue;
    people.insert(act.person);
  }
  return {people.begin(), people.end()};
}

void Truth::check_approved(const Change& change, const std::string& head, const std::string& deed) {
  const auto others = yes_sayers(change, head, false, approvers());
  if (is_approved(change, head, false)) {
    at_.ground.reach("approved by " + std::to_string(others.size()));
    if (is_dear(change, head)) at_.ground.reach("approved for its cost as well");
    return at_.ground.check(true, "approved", [] { return std::string(); });
  }
  const bool self = is_approved(change, head, true);
  at_.ground.check(false, self ? "never-self-approved" : "approved", [&] {
    return fmt::format("{} ({}) {} at {} for {}, asked for by {}; {} wanted, and these said yes to exactly this: {}{}", change_name(change.id), to_string(change.verb), deed, head.substr(0, 8), change.app,
                       change.requester, at_.rules.need, text_of(others),
                       is_dear(change, head) ? "; for its cost " + text_of(yes_sayers(change, head, false, money_people())) : std::string());
  });
}

void Truth::check_holds(const Change& change, MonoTime asked_at, const std::string& deed) {
  const auto wall_at_ask = at_.ground.time.wall() - std::chrono::duration_cast<Duration>(at_.ground.time.mono() - asked_at);
  for (const auto& [subject, hold] : holds_) {
    // An ignore rule alters no cluster: a halt alone stops it.
    if (is_git_only(change.verb) && hold.kind != "halt") continue;
    const bool covers = hold.scope == "everything" || hold.scope == "prod" || hold.scope == "cluster prod-eu" || hold.scope == change.app;
    const bool active = (!hold.ended || *hold.ended > asked_at) && (!hold.until || *hold.until > wall_at_ask);
    const bool for_them = hold.kind != "lock" || hold.owner != change.requester;
    const bool long_since = asked_at - hold.since > kMergeUnderWay;
    at_.ground.check(!(covers && active && for_them && long_since), "holds-respected",
                     [&] { return fmt::format("{} was {} behind the {} of {} by {} ({})", change_name(change.id), deed, hold.kind, hold.scope, hold.owner, subject); });
  }
}

void Truth::on_shown(const Posted& message) {
  if (message.key.empty()) return;
  auto key = message.key;
  if (key.starts_with("reply:")) {
    if (const auto mark = key.find('#'); mark != std::string::npos) key.erase(mark);
    std::size_t answers = 0;
    for (const auto& other : at_.slack.messages) {
      if (!other.deleted && (other.key == key || other.key.starts_with(key + "#"))) ++answers;
    }
    return at_.ground.check(answers <= 1, "one-answer", [&] { return fmt::format("{} was answered {} times: {}", key, answers, message.text.substr(0, 100)); });
  }
  const auto same = at_.slack.with_key(key).size();
  const auto* name = key.starts_with("incident:") ? "one-incident-message" : key.starts_with("change:") ? "one-card" : "one-notice";
  at_.ground.check(same <= 1, name, [&] { return fmt::format("{} messages have the key {}", same, key); });
}

void Truth::on_opened(const PullEntry& entry) {
  // One that somebody closed or merged before the bot had heard that it was opened, or while it was made again, may be asked for again.
  const auto same = std::ranges::count_if(at_.forge.entries, [&](const PullEntry& other) {
    return other.by_bot && change_of_branch(other.pull.branch) == change_of_branch(entry.pull.branch) && other.pull.state != forge::PullRequestState::Closed && !other.merged_by_hand;
  });
  at_.ground.check(same <= 1, "one-pull-request", [&] { return fmt::format("{} pull requests from {} are open or merged", same, entry.pull.branch); });
}

void Truth::on_merge(const PullEntry& entry, MonoTime asked_at) {
  const auto known = change(change_of_branch(entry.pull.branch));
  at_.ground.check(known.has_value(), "asked-for", [&] { return fmt::format("#{} was merged, and no Change stands behind it", entry.pull.number); });
  if (!known) return;
  check_approved(*known, entry.pull.head_sha, "was merged");
  check_holds(*known, asked_at, "merged");
  check_gates(*known, entry.pull.head_sha, std::chrono::duration_cast<Duration>(at_.ground.time.mono() - asked_at) + kMergeUnderWay, "merged");
  check_draft(*known, entry.pull.head_sha);
  deeds_.push_back({"change.merged", change_name(known->id), fmt::format("the merge of #{}", entry.pull.number)});
  at_.ground.reach("merged on the forge");
}

void Truth::on_push(GitRemote& remote, const std::string& branch, const std::string& before, const std::string& after) {
  if (const auto id = change_of_branch(branch); id != 0) {
    const auto writers = remote.writers.find(before);
    // What people pushed there may be replaced only when the commit is made anew for everybody to see; an attempt at that may be under way when the Change ends.
    const auto known = change(id);
    const bool made_anew = known && (known->state == ChangeState::Requested || (is_final(known->state) && at_.ground.time.wall() - known->updated_at < kMergeUnderWay));
    at_.ground.check(writers == remote.writers.end() || writers->second.empty() || after.empty() || made_anew, "no-overwriting",
                     [&] { return fmt::format("{} was moved from somebody's {}", branch, before.substr(0, 8)); });
    return;
  }
  at_.ground.check(branch == "main" && remote.name() == "tools" && !after.empty() && remote.contains(after, before), "no-overwriting",
                   [&] { return fmt::format("the bot moved {} of {} from {} to {}", branch, remote.name(), before.substr(0, 8), after.substr(0, 8)); });
  own_merges_.insert(after);
  const auto parents = after.empty() ? std::vector<std::string>{} : remote.parents(after);
  std::int64_t id = 0;
  for (const auto& name : remote.branches()) {
    if (!parents.empty() && remote.head(name) == parents.back()) id = change_of_branch(name);
  }
  const auto known = change(id);
  at_.ground.check(known.has_value(), "asked-for", [&] { return fmt::format("{} of {} is a merge that no Change stands behind", after.substr(0, 8), remote.name()); });
  if (!known) return;
  check_approved(*known, parents.back(), "was merged");
  check_holds(*known, at_.ground.time.mono(), "merged");
  check_gates(*known, parents.back(), kMergeUnderWay, "merged");
  check_draft(*known, parents.back());
  deeds_.push_back({"change.merged", change_name(known->id), "the merge " + after.substr(0, 8)});
  at_.ground.reach("merged without a forge");
}

std::optional<Change> Truth::being_put_in_force(const std::string& app) {
  for (const auto& each : changes()) {
    if (each.app == app && (each.state == ChangeState::Merged || each.state == ChangeState::Applying)) return each;
  }
  return std::nullopt;
}

bool Truth::may_alter(const std::string& app) {
  if (being_put_in_force(app)) return true;
  const auto all = changes();
  return std::ranges::any_of(all, [&](const Change& each) { return each.app == app && each.state == ChangeState::Superseded && at_.ground.time.wall() - each.updated_at < kOnItsWay; });
}

void Truth::on_apply(const ObjectRef& ref, const json& wanted) {
  const auto marked = wanted.at("metadata").value("annotations", json::object()).value("driftwarden.io/change", "");
  auto known = being_put_in_force(ref.name);
  if (known && change_name(known->id) != marked) known.reset();
  // The request was on its way when something else went before that Change.
  const auto of = change(parse_change_name(marked).value_or(0));
  if (of && of->app == ref.name && of->state == ChangeState::Superseded && at_.ground.time.wall() - of->updated_at < kOnItsWay) known = of;
  at_.ground.check(known.has_value(), "asked-for", [&] { return to_string(ref) + " was applied, and no Change of it is merged and waits to be put in force"; });
  if (!known) return;
  at_.ground.check(marked == change_name(known->id), "asked-for", [&] { return fmt::format("{} was applied as of \"{}\", and {} is what is being put in force", to_string(ref), marked, change_name(known->id)); });
  auto& remote = remote_of(known->app);
  at_.ground.check(remote.contains(remote.head("main"), known->merged_sha), "merged-first", [&] { return fmt::format("{} was applied, and {} isn't on main", change_name(known->id), known->merged_sha); });
  check_approved(*known, known->content.head_sha, "was applied");
  check_holds(*known, at_.ground.time.mono(), "applied");
  bool as_merged = false;
  for (const auto& [path, text] : remote.tree(known->merged_sha, manifest_path(known->app))) {
    const auto manifests = parse_manifests(text, path);
    if (!manifests) continue;
    for (const auto& manifest : *manifests) as_merged = as_merged || (same_object(manifest.ref, ref) && *manifest.body == without_marks(wanted));
  }
  at_.ground.check(as_merged, "applied-as-merged", [&] { return fmt::format("{} of {} is not what {} says: {}", to_string(ref), change_name(known->id), known->merged_sha.substr(0, 8), wanted.dump()); });
  deeds_.push_back({"change.", change_name(known->id), "the apply of " + to_string(ref)});
  at_.ground.reach("applied");
}

void Truth::on_patch(const ObjectRef& ref, const json& patch) {
  if (patch.dump().find("restartedAt") == std::string::npos) {
    return at_.ground.check(may_alter(ref.name), "asked-for", [&] { return to_string(ref) + " was altered, and no Change is being put in force"; });
  }
  std::optional<Change> restart;
  for (const auto& each : changes()) {
    if (each.app == ref.name && each.verb == ChangeVerb::Restart && each.state == ChangeState::Approved) restart = each;
  }
  at_.ground.check(restart.has_value(), "asked-for", [&] { return to_string(ref) + " was restarted, and nobody asked for it"; });
  if (!restart) return;
  check_approved(*restart, "", "was restarted");
  check_holds(*restart, at_.ground.time.mono(), "restarted");
  at_.ground.reach("restarted");
}

void Truth::on_audit(const AuditRow& row) {
  const auto& action = row.entry.action;
  at_.ground.reach("audit " + action);
  if (action == "change.requested") {
    const auto who = approvers();
    at_.ground.check(std::ranges::find(who, row.entry.actor) != who.end(), "rights", [&] { return fmt::format("{} was asked for by {}, who has no right to", row.entry.subject, row.entry.actor); });
  }
  if (action == "sentence.run") at_.ground.check(run_.insert(row.entry.on).second, "run-once", [&] { return "the same button ran its command twice: " + row.entry.detail; });
  if (action == "model.asked") return on_question(row);
  if (action == "change.drafted") return on_drafted(row);
  if (action.starts_with("waiver.")) return on_waiver(row);
  if (action.starts_with("commit.")) return on_commit_row(row);
  if (!action.starts_with("hold.")) return;
  if (action == "hold.freeze" || action == "hold.lock" || action == "hold.halt") {
    const auto detail = json::parse(row.entry.detail, nullptr, false);
    HoldSeen seen;
    seen.kind = action.substr(5);
    seen.scope = detail.value("scope", "");
    seen.owner = row.entry.actor;
    if (const auto until = parse_time(detail.value("until", ""))) seen.until = *until;
    const auto known = holds_.find(row.entry.subject);
    seen.since = known != holds_.end() && !known->second.ended ? known->second.since : at_.ground.time.mono();
    holds_[row.entry.subject] = seen;
    return;
  }
  if (const auto known = holds_.find(row.entry.subject); known != holds_.end()) known->second.ended = at_.ground.time.mono();
}

}  // namespace driftwarden::sim
