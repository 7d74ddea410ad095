#include "tests/sim/people.hpp"

#include "bot/policy/findings.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

GitAuthor author_of(const Player& player) { return {player.name.empty() ? "stranger" : player.name, player.email}; }

std::string deployment_id(const std::string& app) { return object_id({"apps", "v1", "Deployment", "shop", app}); }

}  // namespace

const Player& People::somebody() { return at_.ground.pick(players()); }

const Player& People::member() {
  const auto& all = players();
  return all[at_.ground.random->below(3)];
}

std::string People::an_app() { return at_.ground.pick(scene_apps()).name; }

void People::say(const Player& who, const std::string& text) {
  const auto event = at_.slack.mention(who.slack, text);
  at_.truth.on_said(at_.slack.events[event]);
  at_.deliver(event);
}

void People::press(const Player& who, const Posted& message, const Button& button) {
  const auto copy = message;  // what they look at, whatever becomes of it
  const int clicks = at_.ground.random->below(5) == 0 ? 2 : 1;
  for (int i = 0; i < clicks; ++i) {
    const auto event = at_.slack.press(who.slack, copy, button);
    at_.truth.on_said(at_.slack.events[event]);
    at_.deliver(event);
  }
}

void People::act() {
  const auto kind = at_.ground.random->below(100);
  if (kind < 17) return edit_live();
  if (kind < 24) return commit();
  if (kind < 40) return ask_for_a_change();
  if (kind < 45) return ask_in_words();
  if (kind < 52) return waive();
  if (kind < 74) return decide();
  if (kind < 81) return decide_on_forge();
  if (kind < 86) return meddle_on_forge();
  if (kind < 90) return hold();
  if (kind < 95) return press_anything();
  if (kind < 98) return talk();
  open_own_pull_request();
}

void People::edit_live() {
  const auto app = an_app();
  const auto id = deployment_id(app);
  if (!at_.cluster.objects.contains(id)) return;
  const auto replicas = static_cast<int>(1 + at_.ground.random->below(5));
  switch (at_.ground.random->below(5)) {
    case 0:
    case 1: at_.cluster.edit(id, "kubectl-edit", "/spec/replicas", replicas, {{"f:spec", {{"f:replicas", json::object()}}}}); break;
    case 2:
      at_.cluster.edit(id, "kubectl-set", "/spec/template/spec/containers/0/image", at_.ground.random->below(5) == 0 ? fmt::format("shop/{}:main", app) : fmt::format("shop/{}:hot-{}", app, ++tags_),
                       {{"f:spec", {{"f:template", {{"f:spec", {{"f:containers", {{R"(k:{"name":"app"})", {{"f:image", json::object()}}}}}}}}}}}});
      break;
    case 3: {
      const auto label = at_.ground.random->below(2) == 0 ? json("blue") : json();
      if (!at_.cluster.objects.at(id).at("metadata").contains("labels")) at_.cluster.objects.at(id)["metadata"]["labels"] = json::object();
      at_.cluster.edit(id, "kubectl-label", "/metadata/labels/team", label, {{"f:metadata", {{"f:labels", {{"f:team", json::object()}}}}}});
      break;
    }
    default: {
      // Undone by hand: as Git says.
      auto& remote = *at_.remotes.at(scene_app(app)->repository);
      const auto text = remote.file(remote.head("main"), manifest_path(app) + "/deployment.yaml");
      const auto manifests = parse_manifests(text, "deployment.yaml");
      if (!manifests || manifests->empty()) return;
      const auto& body = *manifests->front().body;
      at_.cluster.edit(id, "kubectl-edit", "/spec/replicas", body.at("spec").value("replicas", 1), {{"f:spec", {{"f:replicas", json::object()}}}});
    }
  }
}

void People::commit() {
  const auto app = an_app();
  auto& remote = *at_.remotes.at(scene_app(app)->repository);
  const auto& who = member();
  const auto replicas = static_cast<int>(1 + at_.ground.random->below(5));
  if (scene_app(app)->has_config_map && at_.ground.random->below(4) == 0) {
    (void)remote.commit("main", {{manifest_path(app) + "/config.yaml", config_map_text(app, fmt::format("mode{}", replicas))}}, author_of(who), "Another mode for " + app);
  } else {
    const auto kind = at_.ground.random->below(10);
    const auto tag = kind < 4 ? "1.0" : kind == 9 ? "edge" : fmt::format("1.{}", ++tags_);
    (void)remote.commit("main", {{manifest_path(app) + "/deployment.yaml", deployment_text(app, replicas, tag)}}, author_of(who), "Change " + app);
  }
  at_.ground.say(fmt::format("{} commits to {} for {}: {}", who.name, remote.name(), app, remote.head("main").substr(0, 8)));
  at_.forge.moved();
}

void People::ask_for_a_change() {
  const auto app = an_app();
  const auto& who = at_.ground.random->below(8) == 0 ? somebody() : member();
  const auto number = 1 + at_.ground.random->below(6);
  switch (at_.ground.random->below(8)) {
    case 0:
    case 1:
    case 2: return say(who, "sync " + app + " because the drift must go");
    case 3: return say(who, fmt::format("scale {} to {}", app, number));
    case 4: return say(who, number > 2 ? fmt::format("set-image {} shop/{}:latest", app, app) : fmt::format("set-image {} shop/{}:2.{}", app, app, number));
    case 5: return say(who, "adopt " + app);
    case 6: return say(who, "rollback " + app + " --previous");
    default: return say(who, "restart " + app);
  }
}

void People::decide() {
  std::vector<const Posted*> cards;
  for (const auto* card : at_.slack.with_prefix("change:")) {
    if (std::ranges::any_of(buttons_of(*card), [](const Button& button) { return button.value.starts_with("approve "); })) cards.push_back(card);
  }
  if (cards.empty()) return ask_for_a_change();
  const auto& card = *at_.ground.pick(cards);
  const auto name = "C-" + card.key.substr(7);
  const auto& who = at_.ground.random->below(6) == 0 ? players()[3] : at_.ground.random->below(8) == 0 ? somebody() : member();
  const auto kind = at_.ground.random->below(20);
  if (kind < 5) return say(who, "approve " + name);
  if (kind == 5) return say(who, "reject " + name + " not today");
  if (kind == 6) return say(who, "cancel " + name);
  for (const auto& button : buttons_of(card)) {
    if (button.value.starts_with(kind == 7 ? "reject" : "approve ")) return press(who, card, button);
  }
}

std::vector<PullEntry*> People::open_pulls(bool of_bot) {
  std::vector<PullEntry*> found;
  for (auto& entry : at_.forge.entries) {
    at_.forge.refresh(entry);
    if (entry.pull.state == forge::PullRequestState::Open && entry.by_bot == of_bot) found.push_back(&entry);
  }
  return found;
}

void People::decide_on_forge() {
  const auto pulls = open_pulls(true);
  if (pulls.empty()) return decide();
  auto& entry = *at_.ground.pick(pulls);
  const auto& who = at_.ground.random->below(6) == 0 ? players()[3] : member();
  const bool yes = at_.ground.random->below(5) != 0;
  at_.forge.review(entry, who.name, yes ? forge::ReviewState::Approved : forge::ReviewState::ChangesRequested);
  if (yes) at_.truth.on_review(who.name, entry.pull.branch, entry.pull.head_sha);
}

void People::meddle_on_forge() {
  const auto pulls = open_pulls(true);
  if (pulls.empty()) return open_own_pull_request();
  auto& entry = *at_.ground.pick(pulls);
  const auto& who = member();
  switch (at_.ground.random->below(4)) {
    case 0: {
      at_.ground.say(fmt::format("{} merges #{} by hand", who.name, entry.pull.number));
      (void)at_.forge.merge(entry, author_of(who), "By hand");
      return;
    }
    case 1:
      entry.pull.state = forge::PullRequestState::Closed;
      at_.ground.say(fmt::format("{} closes #{}", who.name, entry.pull.number));
      return at_.forge.moved();
    default: {
      const auto app = entry.pull.branch.ends_with("cart") ? "cart" : "checkout";
      const auto replicas = static_cast<int>(1 + at_.ground.random->below(9));
      const auto* tag = at_.ground.random->below(4) == 0 ? "nightly" : "1.0";
      (void)at_.forge.remote().commit(entry.pull.branch, {{manifest_path(app) + "/deployment.yaml", deployment_text(app, replicas, tag)}}, author_of(who), "While we are at it");
      at_.forge.refresh(entry);
      at_.ground.say(fmt::format("{} pushes to {}: {}", who.name, entry.pull.branch, entry.pull.head_sha.substr(0, 8)));
      return at_.forge.moved();
    }
  }
}

void People::ask_in_words() {
  static const std::vector<std::string> wishes{"give it what it needs", "more replicas, please", "the newest version", "more CPU for the sale", "a new setting"};
  const auto& who = at_.ground.random->below(8) == 0 ? somebody() : member();
  const auto app = an_app();
  switch (at_.ground.random->below(10)) {
    case 0: return say(somebody(), "ask \"why is " + app + " red?\"");
    case 1: return say(somebody(), "cost " + app);
    case 2: return say(who, "would you kindly see to " + app);
    default: return say(who, fmt::format("propose {} \"{}\"", app, at_.ground.pick(wishes)));
  }
}

void People::waive() {
  const auto& who = at_.ground.random->below(5) == 0 ? somebody() : at_.ground.random->below(2) == 0 ? players()[1] : players()[3];
  const auto minutes = at_.ground.random->below(3) == 0 ? 3 : 1;
  if (at_.ground.random->below(8) == 0) return say(who, fmt::format("unwaive {}", 1 + at_.ground.random->below(5)));
  std::vector<Change> held;
  for (auto& each : at_.truth.changes()) {
    if (!is_final(each.state) && !blocking_in(each.gates).empty()) held.push_back(std::move(each));
  }
  const bool whole = held.empty() || at_.ground.random->below(5) < 3;
  const auto app = held.empty() ? an_app() : at_.ground.pick(held).app;
  if (whole) return say(who, fmt::format("waive {} floating-tag for {}m because the vendor has no other", app, minutes));
  say(who, fmt::format("waive {} for {}m because it has to be today", change_name(at_.ground.pick(held).id), minutes));
}

void People::hold() {
  const auto& who = at_.ground.random->below(5) == 0 ? somebody() : member();
  const auto app = an_app();
  switch (at_.ground.random->below(8)) {
    case 0: return say(who, "freeze prod because of the sale");
    case 1: return say(who, "freeze " + app + " for 3m");
    case 2: return say(who, "unfreeze prod");
    case 3: return say(who, "halt because something burns");
    case 4:
    case 5: return say(who, "resume");
    case 6: return say(who, "lock " + app + " for 5m");
    default: return say(who, "unlock " + app);
  }
}

void People::press_anything() {
  std::vector<const Posted*> with_buttons;
  for (const auto& message : at_.slack.messages) {
    if (message.user.empty() && !buttons_of(message).empty()) with_buttons.push_back(&message);
  }
  // A dialog that was opened is filled in.
  if (!at_.slack.dialogs.empty() && at_.ground.random->below(3) == 0) {
    const auto& [trigger, view] = *std::next(at_.slack.dialogs.begin(), static_cast<std::ptrdiff_t>(at_.ground.random->below(at_.slack.dialogs.size())));
    if (view.value("private_metadata", "").find("reject") != std::string::npos) {
      at_.deliver(at_.slack.submit(member().slack, view, {{"reason", "not like this"}}));
      return;
    }
  }
  if (with_buttons.empty()) return talk();
  const auto& message = *at_.ground.pick(with_buttons);
  const auto buttons = buttons_of(message);
  const auto button = at_.ground.pick(buttons);
  press(at_.ground.random->below(4) == 0 ? somebody() : member(), message, button);
}

void People::talk() {
  const auto app = an_app();
  switch (at_.ground.random->below(9)) {
    case 0: return say(somebody(), "status");
    case 1: return say(somebody(), "whoami");
    case 2: return say(somebody(), "frobnicate " + app);
    case 3: return say(somebody(), "pending");
    case 4: return say(member(), "ack " + app);
    case 5: return say(member(), "snooze " + app + " 1m");
    case 6: return say(players()[3], "sync " + app);
    case 7: return say(players()[4], "freeze prod");
    default: return say(somebody(), "approve C-99");
  }
}

void People::open_own_pull_request() {
  auto own = open_pulls(false);
  const auto& who = member();
  if (!own.empty()) {
    auto& entry = *at_.ground.pick(own);
    if (at_.ground.random->below(2) == 0) {
      (void)at_.forge.merge(entry, author_of(who), "Merged by its author");
    } else {
      entry.pull.state = forge::PullRequestState::Closed;
      at_.forge.moved();
    }
    return;
  }
  auto& remote = at_.forge.remote();
  const auto branch = fmt::format("{}/idea-{}", who.name, ++tags_);
  remote.point(branch, remote.head("main"));
  (void)remote.commit(branch, {{manifest_path("cart") + "/deployment.yaml", deployment_text("cart", static_cast<int>(1 + at_.ground.random->below(6)), "1.0")}}, author_of(who), "An idea");
  forge::PullRequestDraft draft;
  draft.title = "An idea";
  draft.branch = branch;
  draft.base = "main";
  (void)at_.forge.open(draft, who.name);
}

void People::tidy_up() {
  for (const auto& hold : at_.truth.holds()) {
    const auto& someone_else = hold.owner == "alice" ? players()[1] : players()[0];
    switch (hold.kind) {
      case HoldKind::Freeze: say(players()[0], "unfreeze " + (hold.scope.kind == HoldScope::Kind::Everything ? std::string("all") : hold.scope.name)); break;
      case HoldKind::Halt: say(someone_else, "resume"); break;
      case HoldKind::Lock: say(players()[0], "unlock " + hold.scope.name); break;
      case HoldKind::BreakGlass: break;
    }
  }
  for (const auto& each : at_.truth.changes()) {
    // What a gate holds is let pass by somebody who may, or given up.
    const bool held = each.state == ChangeState::Approved && each.waiting_for.find("the gate ") != std::string::npos;
    if (!held) continue;
    const auto choice = at_.ground.random->below(3);
    const auto requester = std::ranges::find(players(), each.requester, &Player::name);
    if (choice == 0 && requester != players().end()) say(*requester, "cancel " + change_name(each.id));
    if (choice > 0) say(choice == 1 ? players()[1] : players()[3], fmt::format("waive {} for 3m because the day is over", change_name(each.id)));
  }
  for (auto& entry : at_.forge.entries) {
    at_.forge.refresh(entry);
    const bool stuck = entry.pull.state == forge::PullRequestState::Open && !at_.forge.remote().merges_cleanly(entry.pull.base, entry.pull.head_sha);
    if (entry.by_bot && stuck) {
      entry.pull.state = forge::PullRequestState::Closed;
      at_.ground.say(fmt::format("somebody closes #{}, which conflicts", entry.pull.number));
    }
    for (auto& review : entry.reviews) {
      if (review.state == forge::ReviewState::ChangesRequested) review.state = forge::ReviewState::Dismissed;
    }
  }
}

}  // namespace driftwarden::sim
