// What sentences, gates and money bring: questions to a model, drafts, waivers, and what a rise in cost wants.
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"
#include "tests/sim/truth.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace driftwarden::sim {
namespace {

using nlohmann::json;

constexpr Duration kClaimTakes = std::chrono::seconds{5};  // from the look at the clock to the commit
constexpr Duration kOverdue = std::chrono::minutes{2};

std::vector<Manifest> manifests_of(const std::map<std::string, std::string>& files) {
  std::vector<Manifest> all;
  for (const auto& [path, text] : files) {
    auto manifests = parse_manifests(text, path);
    if (!manifests) continue;
    for (auto& manifest : *manifests) all.push_back(std::move(manifest));
  }
  return all;
}

json containers_of(const Manifest& manifest) {
  const json::json_pointer place("/spec/template/spec/containers");
  return manifest.body->contains(place) ? manifest.body->at(place) : json::array();
}

bool is_moving(const std::string& image) {
  static const std::set<std::string> tags{"latest", "main", "edge", "nightly"};
  const auto colon = image.rfind(':');
  return colon == std::string::npos || tags.contains(image.substr(colon + 1));
}

/// By object, each as often as it is there.
std::multiset<std::pair<std::string, std::string>> moving_images(const std::vector<Manifest>& manifests) {
  std::multiset<std::pair<std::string, std::string>> found;
  for (const auto& manifest : manifests) {
    for (const auto& container : containers_of(manifest)) {
      const auto image = container.value("image", "");
      if (is_moving(image)) found.emplace(to_string(manifest.ref), image);
    }
  }
  return found;
}

std::int64_t millis_of(const json& quantity) {
  const auto text = quantity.is_string() ? quantity.get<std::string>() : quantity.dump();
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return text.ends_with('m') ? number : number * 1'000;
}

/// In thousandths a month.
std::int64_t price_of(const std::vector<Manifest>& manifests) {
  std::int64_t price = 0;
  const json::json_pointer cpu("/resources/requests/cpu");
  const json::json_pointer replicas("/spec/replicas");
  for (const auto& manifest : manifests) {
    const auto pods = manifest.body->contains(replicas) ? manifest.body->at(replicas).get<std::int64_t>() : 1;
    for (const auto& container : containers_of(manifest)) {
      if (container.contains(cpu)) price += pods * millis_of(container.at(cpu)) * kCpuPrice;
    }
  }
  return price;
}

bool is_same_file_set(const GitRemote& remote, const std::string& one, const std::string& other, const std::string& path) { return remote.tree(one, path) == remote.tree(other, path); }

}  // namespace

bool Truth::is_dear(const Change& change, const std::string& head) const {
  if (!at_.rules.cost || head.empty() || change.base_sha.empty()) return false;
  if (change.quorum.extra.need > 0) return true;
  // What was live before a sync isn't in Git.
  if (change.verb == ChangeVerb::Sync || is_git_only(change.verb)) return false;
  const auto& remote = remote_of(change.app);
  const auto path = manifest_path(change.app);
  const auto rise = price_of(manifests_of(remote.tree(head, path))) - price_of(manifests_of(remote.tree(change.base_sha, path)));
  return rise > kDearRise * 1'000;
}

bool Truth::is_approved(const Change& change, const std::string& head, bool with_requester) const {
  // A draft is never anybody's own work alone.
  const auto need = static_cast<std::size_t>(change.verb == ChangeVerb::Propose ? std::max(at_.rules.need, 1) : at_.rules.need);
  const auto by_rule = yes_sayers(change, head, with_requester, approvers());
  if (by_rule.size() < need || !is_dear(change, head)) return by_rule.size() >= need;
  const auto for_money = yes_sayers(change, head, with_requester, money_people());
  std::set<std::string> all(by_rule.begin(), by_rule.end());
  all.insert(for_money.begin(), for_money.end());
  return !for_money.empty() && all.size() > need;
}

void Truth::check_gates(const Change& change, const std::string& head, Duration within, const std::string& deed) {
  if (!at_.rules.gates || is_git_only(change.verb) || head.empty() || !change.break_glass.empty()) return;
  const auto& remote = remote_of(change.app);
  const auto path = manifest_path(change.app);
  auto found = moving_images(manifests_of(remote.tree(head, path)));
  for (const auto& known : moving_images(manifests_of(remote.tree(change.base_sha, path)))) {
    if (const auto same = found.find(known); same != found.end()) found.erase(same);
  }
  const auto from = at_.ground.time.mono() - within;
  const auto from_wall = at_.ground.time.wall() - within;
  const auto writers = remote.writers.find(head);
  for (const auto& [object, image] : found) {
    const bool let_pass = std::ranges::any_of(waivers_, [&](const auto& entry) {
      const auto& waiver = entry.second;
      const bool of_it = waiver.app == change.app && waiver.gate == "built-in" && waiver.rule == "floating-tag" && (waiver.object.empty() || waiver.object == object);
      const bool own = waiver.owner == change.requester || (writers != remote.writers.end() && writers->second.contains(waiver.owner + "@example.org"));
      return of_it && !own && waiver.until >= from_wall && (!waiver.ended || *waiver.ended >= from);
    });
    at_.ground.check(let_pass, "gates-respected", [&, image = image, object = object] {
      return fmt::format("{} ({}) of {} was {} at {}: {} gets {}, and nobody else lets it pass", change_name(change.id), to_string(change.verb), change.requester, deed, head.substr(0, 8), object, image);
    });
    at_.ground.reach("let pass by a waiver");
  }
}

void Truth::on_claim(std::int64_t id) {
  const auto claimed = change(id);
  if (claimed) check_gates(*claimed, claimed->content.head_sha, kClaimTakes, "about to be merged");
}

/// Whatever a model said: the files of this App, and nothing that gives rights or holds secrets.
void Truth::check_draft(const Change& change, const std::string& head) {
  if (change.verb != ChangeVerb::Propose) return;
  at_.ground.check(drafts_.contains(change_name(change.id)), "model-audited", [&] { return change_name(change.id) + " was merged, and no row says what drafted it"; });
  at_.ground.reach("merged a draft");
  const auto& remote = remote_of(change.app);
  const auto writers = remote.writers.find(head);
  if (writers != remote.writers.end() && !writers->second.empty()) return;
  for (const auto& app : scene_apps()) {
    const bool touched = app.name != change.app && app.repository == scene_app(change.app)->repository && !is_same_file_set(remote, change.base_sha, head, manifest_path(app.name));
    at_.ground.check(!touched, "drafts-bounded", [&] { return fmt::format("{}, a draft for {}, changes {}", change_name(change.id), change.app, app.name); });
  }
  for (const auto& manifest : manifests_of(remote.tree(head, manifest_path(change.app)))) {
    const bool known = (manifest.ref.kind == "Deployment" || manifest.ref.kind == "ConfigMap") && manifest.ref.name == change.app;
    const bool foreign = std::ranges::any_of(containers_of(manifest), [](const json& container) { return !container.value("image", "").starts_with("shop/"); });
    at_.ground.check(known && !foreign, "drafts-bounded", [&] { return fmt::format("{}, a draft for {}, brings {}", change_name(change.id), change.app, to_string(manifest.ref)); });
  }
}

void Truth::on_question(const AuditRow& row) {
  const auto detail = json::parse(row.entry.detail, nullptr, false);
  Question question;
  question.row = fmt::format("{}:{}", row.seq, row.hash);
  question.subject = row.entry.subject;
  question.purpose = detail.value("purpose", "");
  for (const auto& message : detail.value("prompt", json::array())) question.texts.push_back(message.value("text", ""));
  questions_.push_back(std::move(question));
}

std::string Truth::on_asked(const llm::Prompt& prompt) {
  std::vector<std::string> texts;
  for (const auto& message : prompt.messages) texts.push_back(message.text);
  const auto found = std::ranges::find_if(questions_, [&](const Question& question) { return !question.asked && question.texts == texts; });
  at_.ground.check(found != questions_.end(), "model-audited", [&] { return "a model is asked, and no row of the audit log says what: " + (texts.empty() ? std::string() : texts.back().substr(0, 120)); });
  for (const auto& text : texts) {
    at_.ground.check(text.find("hunter2") == std::string::npos, "model-audited", [] { return std::string("a model is told a secret"); });
  }
  if (found == questions_.end()) return {};
  found->asked = true;
  return found->purpose;
}

void Truth::on_drafted(const AuditRow& row) {
  const auto asked = json::parse(row.entry.detail, nullptr, false).value("asked", "");
  const bool named = std::ranges::any_of(questions_, [&](const Question& question) { return question.asked && question.row == asked && question.subject == row.entry.subject && question.purpose == "propose"; });
  at_.ground.check(named, "model-audited", [&] { return fmt::format("{} was drafted, and names \"{}\", which is no question of it", row.entry.subject, asked); });
  const auto drafts = ++drafts_[row.entry.subject];
  at_.ground.check(drafts == 1, "one-draft", [&] { return fmt::format("{} was drafted {} times", row.entry.subject, drafts); });
}

void Truth::on_waiver(const AuditRow& row) {
  if (row.entry.action == "waiver.used") {
    const auto known = waivers_.find(row.entry.subject);
    at_.ground.check(known != waivers_.end(), "gates-respected", [&] { return row.entry.subject + " let something pass, and nobody gave it"; });
    return;
  }
  if (row.entry.action == "waiver.resumed") {
    if (const auto known = waivers_.find(row.entry.subject); known != waivers_.end()) known->second.ended.reset();
    return;
  }
  if (row.entry.action == "waiver.ended" || row.entry.action == "waiver.suspended") {
    if (const auto known = waivers_.find(row.entry.subject); known != waivers_.end()) known->second.ended = at_.ground.time.mono();
    return;
  }
  const auto who = gate_people();
  at_.ground.check(std::ranges::find(who, row.entry.actor) != who.end(), "rights", [&] { return fmt::format("{} was given by {}, who has no right to", row.entry.subject, row.entry.actor); });
  const auto detail = json::parse(row.entry.detail, nullptr, false);
  WaiverSeen seen;
  seen.app = row.entry.app;
  seen.gate = detail.value("gate", "");
  seen.rule = detail.value("rule", "");
  seen.object = detail.value("object", "");
  seen.owner = row.entry.actor;
  seen.since = at_.ground.time.mono();
  const auto until = parse_time(detail.value("until", ""));
  at_.ground.check(until.has_value(), "waivers-end", [&] { return row.entry.subject + " has no end"; });
  if (until) seen.until = *until;
  waivers_[row.entry.subject] = seen;
}

std::optional<Truth::Unrest> Truth::unrest_of_waivers() {
  const auto open = look<std::vector<Waiver>>([](storage::Transaction& tx) { return tx.open_waivers(); });
  for (const auto& waiver : open.value_or(std::vector<Waiver>{})) {
    if (waiver.until + kOverdue < at_.ground.time.wall()) return Unrest{"waivers-end", fmt::format("waiver {} of {} is over, and still open", waiver.id, waiver.app)};
  }
  return std::nullopt;
}

}  // namespace driftwarden::sim
