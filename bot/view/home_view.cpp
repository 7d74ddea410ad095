// The App Home: one page per person. Limits: slack.md section 2.4 (100 blocks, 250 kB).
#include "bot/view/home_view.hpp"

#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::view {
namespace {

using nlohmann::json;

// What is shown of each part; with headers, counts and buttons that stays below Slack's 100 blocks.
constexpr std::size_t kChangesShown = 10;
constexpr std::size_t kMineShown = 12;
constexpr std::size_t kOthersShown = 10;
constexpr std::size_t kMaxBlocks = 100;
constexpr std::size_t kLine = 700;
constexpr std::size_t kNames = 1500;

/// Parts of a page, each within a message's limits.
class Page {
 public:
  void add(Blocks& part) {
    const auto blocks = part.finish();
    for (const auto& block : *blocks) {
      if (blocks_.size() < kMaxBlocks) blocks_.push_back(block);
    }
  }
  /// Beside the last part's buttons, or on a line of its own: opens a page, and is no command.
  void add_url(const std::string& text, const std::string& url) {
    json button{{"type", "button"}, {"text", {{"type", "plain_text"}, {"text", text}, {"emoji", true}}}, {"action_id", "open"}, {"url", url}, {"style", "primary"}};
    if (!blocks_.empty() && blocks_.back().at("type") == "actions") {
      auto& elements = blocks_.back().at("elements");
      elements.insert(elements.begin(), std::move(button));
    } else if (blocks_.size() < kMaxBlocks) {
      blocks_.push_back({{"type", "actions"}, {"elements", json::array({std::move(button)})}});
    }
  }
  slack::JsonPtr finish() {
    const json view{{"type", "home"}, {"callback_id", "home"}, {"blocks", std::move(blocks_)}};
    return std::make_shared<const json>(json::parse(view.dump(-1, ' ', false, json::error_handler_t::replace)));
  }

 private:
  json blocks_ = json::array();
};

Button plain_button(std::string text, std::string command) { return {std::move(text), std::move(command), Button::Style::Plain, ""}; }

std::string words(std::string_view text, std::size_t limit = 120) { return slack::escape(without_control_characters(ellipsize(text, limit))); }

bool is_fine(const StatusRow& row) { return row.report.state == AppState::Synced && (row.health.empty() || row.health == "healthy") && !row.incident; }

std::string app_line(const StatusRow& row) {
  const bool ailing = row.report.state == AppState::Synced && !is_fine(row);
  auto line = fmt::format("{} *{}* {} {}", ailing ? ":warning:" : state_emoji(row.report.state), words(row.app.name), row.app.kind == AppKind::Kubernetes ? "on" : "by", words(place_name(row.app)));
  if (row.report.state == AppState::OutOfSync) line += ": " + (row.app.orphans ? counted(row.report.objects.size(), "object") + " that no Git knows" : row.app.kind == AppKind::Kubernetes ? cause_words(row.report) : planned_words(row.report));
  if (row.report.state == AppState::Unknown) line += ": " + words(row.report.reason);
  if (row.incident) line += " since " + time_span(row.incident->opened_at);
  if (row.incident && row.incident->state != IncidentState::Open) line += fmt::format(" \u00b7 {}", to_string(row.incident->state));
  if (row.health != "healthy" && !row.health.empty()) line += " \u00b7 " + words(row.health, 80);
  if (row.open_change) line += fmt::format(" \u00b7 {} {}", change_name(row.open_change->id), to_string(row.open_change->state));
  return cut_mrkdwn(line, kLine);
}

std::string url_of(const Change& change, const std::string& workspace_url) {
  if (workspace_url.empty() || !change.card) return {};
  auto ts = change.card->ts;
  std::erase(ts, '.');
  return fmt::format("{}{}archives/{}/p{}", workspace_url, workspace_url.ends_with('/') ? "" : "/", change.card->channel, ts);
}

std::string change_line(const Change& change, const std::string& workspace_url) {
  auto line = fmt::format("*{}* {}: {}", link(url_of(change, workspace_url), change_name(change.id)), words(change.app), intent_words(change));
  line += fmt::format("\n{}, asked by {} {}", to_string(change.state), words(change.requester, 60), time_span(change.requested_at));
  if (!change.waiting_for.empty()) line += ", waits for " + words(change.waiting_for);
  if (change.expires_at && change.state == ChangeState::Proposed) line += ", until " + time_span(*change.expires_at);
  if (!change.pull_request_url.empty()) line += " \u00b7 " + link(change.pull_request_url, fmt::format("#{}", change.pull_request));
  return cut_mrkdwn(line, kLine);
}

void add_rest(Page& page, std::size_t shown, std::size_t all, const std::string& how) {
  if (all <= shown) return;
  Blocks part;
  part.context({fmt::format("\u2026 and {} more: `{}`", all - shown, how)});
  page.add(part);
}

void add_apps(Page& page, const std::vector<StatusRow>& rows, std::size_t most) {
  for (std::size_t i = 0; i < rows.size() && i < most; ++i) {
    const auto& name = rows[i].app.name;
    Blocks part;
    part.section(app_line(rows[i]));
    std::vector<Button> buttons{plain_button("Status", "status " + name)};
    if (rows[i].report.state == AppState::OutOfSync) buttons.insert(buttons.begin(), plain_button("Diff", "diff " + name));
    part.actions(buttons);
    page.add(part);
  }
}

void add_mine(Page& page, const std::vector<StatusRow>& mine) {
  Blocks head;
  head.header("Your Apps");
  if (mine.empty()) head.section("None is yours: the `owners` of an App, and the teams, are in my configuration.");
  page.add(head);
  std::vector<StatusRow> troubled;
  std::string fine;
  std::size_t fine_count = 0;
  for (const auto& row : mine) {
    if (!is_fine(row)) {
      troubled.push_back(row);
      continue;
    }
    ++fine_count;
    if (fine.size() < kNames) fine += (fine.empty() ? "" : ", ") + words(row.app.name, 80);
  }
  add_apps(page, troubled, kMineShown);
  add_rest(page, kMineShown, troubled.size(), "status mine");
  if (fine_count == 0) return;
  Blocks part;
  part.section(fmt::format(":white_check_mark: {} in sync: {}{}", fine_count, fine, fine.size() < kNames ? "" : ", \u2026"));
  page.add(part);
}

void add_for_me(Page& page, const HomeContent& content) {
  if (content.for_me.empty()) return;
  Blocks head;
  head.header("Waits for your approval");
  page.add(head);
  for (std::size_t i = 0; i < content.for_me.size() && i < kChangesShown; ++i) {
    const auto& change = content.for_me[i];
    Blocks part;
    part.section(change_line(change, content.workspace_url));
    part.actions({plain_button("Diff", "diff " + change.app)});
    page.add(part);
    // What is approved is to be seen first: the card shows it.
    if (const auto url = url_of(change, content.workspace_url); !url.empty()) page.add_url("Approve \u2026", url);
  }
  add_rest(page, kChangesShown, content.for_me.size(), "pending");
}

bool can_be_cancelled(const Change& change) { return change.state == ChangeState::Requested || change.state == ChangeState::Proposed || change.state == ChangeState::Approved; }

void add_by_me(Page& page, const HomeContent& content) {
  if (content.by_me.empty()) return;
  Blocks head;
  head.header("You asked for");
  page.add(head);
  for (std::size_t i = 0; i < content.by_me.size() && i < kChangesShown; ++i) {
    const auto& change = content.by_me[i];
    const auto name = change_name(change.id);
    Blocks part;
    part.section(change_line(change, content.workspace_url));
    if (can_be_cancelled(change)) part.actions({{"Cancel", "cancel " + name, Button::Style::Danger, fmt::format("{} is withdrawn, and its pull request closed.", name)}});
    page.add(part);
  }
  add_rest(page, kChangesShown, content.by_me.size(), "pending");
}

void add_others(Page& page, const std::vector<StatusRow>& others) {
  if (others.empty()) return;
  Blocks head;
  head.header("Other open incidents");
  page.add(head);
  add_apps(page, others, kOthersShown);
  add_rest(page, kOthersShown, others.size(), "status drifted");
}

std::string summary(const HomeContent& content) {
  const auto troubled = static_cast<std::size_t>(std::ranges::count_if(content.mine, [](const StatusRow& row) { return !is_fine(row); }));
  auto text = fmt::format("*{}*: ", words(content.person));
  text += troubled == 0 ? "all is well with your Apps" : fmt::format("{} of your {} {} a look", troubled, counted(content.mine.size(), "App"), troubled == 1 ? "needs" : "need");
  text += content.for_me.empty() ? ", and nothing waits for you." : fmt::format(", and *{} {} for you*.", counted(content.for_me.size(), "Change"), content.for_me.size() == 1 ? "waits" : "wait");
  return text + fmt::format(" You see {}.", counted(content.visible, "App"));
}

slack::JsonPtr stranger_page(const HomeContent& content) {
  Page page;
  Blocks part;
  part.header("I don't know you yet");
  part.section(fmt::format("Ask who runs me to add you to `people` in my configuration, with your Slack id {}. Then your Apps are here, what waits for your approval, and what you asked for.",
                           code_span(content.slack_id.empty() ? "-" : content.slack_id)));
  part.section("Until then you may look: ask me for the `status`, or which commands there are.");
  part.actions({plain_button("Status", "status"), plain_button("Help", "help")});
  page.add(part);
  return page.finish();
}

}  // namespace

slack::JsonPtr home_view(const HomeContent& content, WallTime now) {
  if (content.person.empty()) return stranger_page(content);
  Page page;
  Blocks top;
  top.section(summary(content));
  std::vector<Button> buttons{plain_button("Status", "status"), plain_button("Pending", "pending")};
  if (std::ranges::find(content.verbs, "create-app") != content.verbs.end()) buttons.push_back(plain_button("New App", "create-app"));
  buttons.push_back(plain_button("Help", "help"));
  top.actions(buttons);
  page.add(top);
  add_for_me(page, content);
  add_mine(page, content.mine);
  add_by_me(page, content);
  add_others(page, content.others);
  Blocks end;
  end.context({"as of " + time_span(now)});
  page.add(end);
  return page.finish();
}

}  // namespace driftwarden::view
