#include "bot/view/inspect_view.hpp"

#include "bot/view/change_words.hpp"
#include "bot/view/drift_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kInlineBytes = 2700;  // a code block of Slack's holds 3,000, with room for its own words
constexpr std::size_t kPodsShown = 30;
constexpr std::size_t kSection = 2800;

void add_lines(Blocks& blocks, const std::vector<std::string>& lines) {
  std::string section;
  for (const auto& line : lines) {
    if (!section.empty() && section.size() + line.size() + 1 > kSection) {
      blocks.section(section);
      section.clear();
    }
    section += (section.empty() ? "" : "\n") + line;
  }
  blocks.section(section);
}

std::string age_of(const std::optional<WallTime>& when, WallTime now) { return when ? format_age(std::max(Duration{0}, now - *when)) : std::string(); }

bool is_waiting(const PodRow& row) { return row.phase == "Running" || row.phase == "ContainerCreating" || row.phase == "PodInitializing" || row.phase == "Terminating" || row.phase.starts_with("Init:"); }

std::string pod_emoji(const PodRow& row) {
  if (row.phase == "Completed" || row.phase == "Succeeded") return ":ballot_box_with_check:";
  if (row.ready) return ":white_check_mark:";
  const bool failing = row.phase.starts_with("Init:") && row.phase.find('/') == std::string::npos;
  return is_waiting(row) && !failing ? ":hourglass_flowing_sand:" : ":red_circle:";
}

/// One line that says what it is, and a second one for what is wrong with it.
std::string pod_line(const PodRow& row, WallTime now) {
  std::size_t ready = 0;
  std::size_t total = 0;
  int restarts = 0;
  for (const auto& one : row.containers) {
    if (!one.init) {
      ++total;
      ready += one.ready ? 1 : 0;
    }
    restarts += one.restarts;
  }
  auto line = fmt::format("{} {}\n*{}* \u00b7 {}/{}", pod_emoji(row), code_span(row.name), slack::escape(row.phase), ready, total);
  if (restarts > 0) line += fmt::format(" \u00b7 {} {}", restarts, restarts == 1 ? "restart" : "restarts");
  if (const auto age = age_of(row.created, now); !age.empty()) line += " \u00b7 " + age;
  if (!row.why.empty()) line += "\n" + slack::escape(ellipsize(without_control_characters(row.why), 280));
  for (const auto& one : row.containers) {
    if (one.restarts > 0 && !one.last.empty() && row.why.find(one.last) == std::string::npos) {
      line += fmt::format("\n{} ended before: {}", code_span(one.name), slack::escape(one.last));
    }
  }
  return line;
}

std::string count_words(const App& app, const std::vector<PodRow>& rows) {
  const auto ready = std::ranges::count_if(rows, [](const PodRow& row) { return row.ready; });
  auto words = fmt::format("*{}* on {}: {}", slack::escape(app.name), slack::escape(app.cluster), counted(rows.size(), "pod"));
  if (!rows.empty()) words += fmt::format(", {}", static_cast<std::size_t>(ready) == rows.size() ? "all well" : fmt::format("{} ready", ready));
  return words;
}

std::vector<Button> looks(const App& app, std::initializer_list<std::string_view> verbs) {
  std::vector<Button> buttons;
  for (const auto verb : verbs) {
    auto text = std::string(verb);
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    buttons.push_back({text, fmt::format("{} {}", verb, app.name), Button::Style::Plain, ""});
  }
  return buttons;
}

Excerpt excerpt(std::vector<std::string> lines, std::size_t most_lines, bool from_end) {
  Excerpt out;
  std::size_t bytes = 0;
  std::vector<std::string> taken;
  const auto total = lines.size();
  for (std::size_t i = 0; i < total && taken.size() < most_lines; ++i) {
    auto& line = lines[from_end ? total - 1 - i : i];
    if (taken.empty() && line.size() > kInlineBytes) {
      line = ellipsize(line, kInlineBytes);
      out.cut = true;
    }
    if (bytes + line.size() + 1 > kInlineBytes + 1) break;
    bytes += line.size() + 1;
    taken.push_back(std::move(line));
  }
  if (from_end) std::ranges::reverse(taken);
  out.lines = taken.size();
  out.missing = total - taken.size();
  out.text = join(taken, "\n");
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  auto lines = split(text, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

Excerpt head_of(const std::string& text, std::size_t most_lines) { return excerpt(lines_of(text), most_lines, false); }
Excerpt tail_of(const std::string& text, std::size_t most_lines) { return excerpt(lines_of(text), most_lines, true); }

slack::Message pods_message(const App& app, const std::vector<PodRow>& rows, WallTime now, const std::string& note) {
  const auto head = count_words(app, rows);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    if (lines.size() < kPodsShown) lines.push_back(pod_line(row, now));
  }
  if (rows.size() > kPodsShown) {
    const auto rest = std::ranges::subrange(rows.begin() + kPodsShown, rows.end());
    const auto ready = std::ranges::count_if(rest, [](const PodRow& row) { return row.ready; });
    lines.push_back(fmt::format("\u2026 and {} more, {} of them ready", rows.size() - kPodsShown, ready));
  }
  if (rows.empty()) lines.emplace_back("Nothing of it runs now: it may be scaled to 0, or not be applied yet.");
  if (!note.empty()) lines.push_back(slack::escape(note));
  Blocks blocks;
  blocks.section(head);
  add_lines(blocks, lines);
  blocks.context({"as of " + time_span(now)});
  blocks.actions(looks(app, {"logs", "events", "why"}));
  return message_of(blocks, head + "\n" + join(lines, "\n"));
}

slack::Message events_message(const App& app, const std::vector<EventRow>& rows, WallTime now) {
  const auto warnings = static_cast<std::size_t>(std::ranges::count(rows, "Warning", &EventRow::type));
  auto head = fmt::format("*{}* on {}: {}", slack::escape(app.name), slack::escape(app.cluster), counted(rows.size(), "event"));
  if (warnings > 0) head += fmt::format(", {} of them warnings", warnings);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    const auto age = age_of(row.last, now);
    lines.push_back(fmt::format("{} *{}*{}{} {}\n{}", row.type == "Warning" ? ":warning:" : ":small_blue_diamond:", slack::escape(row.reason), row.count > 1 ? fmt::format(" \u00d7{}", row.count) : "",
                                age.empty() ? "" : " \u00b7 " + age, code_span(row.object), slack::escape(ellipsize(without_control_characters(row.message), 280))));
  }
  if (rows.empty()) lines.emplace_back("The cluster remembers none: it forgets them after an hour or so.");
  Blocks blocks;
  blocks.section(head);
  add_lines(blocks, lines);
  blocks.context({"warnings first, the newest first; as of " + time_span(now)});
  blocks.actions(looks(app, {"pods", "logs", "why"}));
  return message_of(blocks, head + "\n" + join(lines, "\n"));
}

slack::Message describe_message(const App& app, const std::string& object, const Excerpt& shown, bool with_file) {
  const auto head = fmt::format("*{}* on {}{}", slack::escape(app.name), slack::escape(app.cluster), object.empty() ? std::string() : ": " + code_span(object));
  Blocks blocks;
  blocks.section(head);
  blocks.code(shown.text);
  std::vector<std::string> facts{"values of Secrets are hidden"};
  if (shown.cut) facts.insert(facts.begin(), with_file ? "this line is cut, all of it in the file" : "this line is cut");
  if (shown.missing > 0) facts.insert(facts.begin(), fmt::format("{} more, {}", counted(shown.missing, "line"), with_file ? "all of it in the file" : "not shown"));
  blocks.context(facts);
  blocks.actions(looks(app, {"pods", "events", "logs"}));
  return message_of(blocks, head + "\n" + slack::escape(shown.text));
}

slack::Message logs_message(const App& app, const LogText& log, const Excerpt& shown, const LogsShown& how) {
  std::vector<std::string> names;
  for (const auto& source : log.sources) names.push_back(code_span(source));
  auto head = fmt::format("Logs of *{}*", slack::escape(app.name));
  if (how.previous) head += ", the run before";
  if (names.size() == 1) head += ": " + names.front();
  if (names.size() > 1) head += fmt::format(": {} pods", names.size());
  Blocks blocks;
  blocks.section(head);
  auto text = head;
  if (shown.lines == 0) {
    const auto nothing = std::string(log.sources.empty() ? "Nothing could be read." : "No line of that yet.");
    blocks.section(nothing);
    text += "\n" + nothing;
  } else {
    blocks.code(shown.text);
    text += "\n" + slack::escape(shown.text);
  }
  std::vector<std::string> troubles;
  for (const auto& trouble : log.troubles) {
    if (troubles.size() < 6) troubles.push_back(":warning: " + slack::escape(ellipsize(without_control_characters(trouble), 300)));
  }
  if (log.troubles.size() > troubles.size()) troubles.push_back(fmt::format("\u2026 and {} more", log.troubles.size() - troubles.size()));
  add_lines(blocks, troubles);
  if (!troubles.empty()) text += "\n" + join(troubles, "\n");
  std::vector<std::string> facts{fmt::format("last {}", counted(shown.lines, "line"))};
  if (shown.cut) facts.emplace_back(how.with_file ? "this line is cut, all of it in the file" : "this line is cut");
  if (shown.missing > 0 && how.with_file) facts.push_back(fmt::format("all {} in the file", log.lines));
  if (shown.missing > 0 && !how.with_file) facts.push_back(fmt::format("{} earlier not shown", shown.missing));
  if (log.cut) facts.emplace_back("there is more before: `since`, `tail`, `grep`");
  facts.emplace_back("what looks like a secret is hidden");
  if (shown.lines > 0) blocks.context(facts);
  if (!how.note.empty()) {
    blocks.context({how.note});
    text += "\n" + how.note;
  }
  if (!how.follows) {
    auto buttons = looks(app, {"pods", "events"});
    if (!how.asked.empty()) buttons.insert(buttons.begin(), {"Again", how.asked, Button::Style::Plain, ""});
    blocks.actions(buttons);
  }
  return message_of(blocks, text);
}

slack::Message with_health(slack::Message message, const App& app, const DriftReport& report, const WhyFacts& facts) {
  std::vector<std::string> lines;
  for (const auto& line : facts.health) lines.push_back("\u2022 " + slack::escape(without_control_characters(line)));
  const auto head = !facts.unknown.empty()  ? ":grey_question: Its health can't be told: " + slack::escape(ellipsize(facts.unknown, 400))
                    : facts.health.empty() ? std::string(":green_heart: What runs of it is healthy.")
                                           : std::string(":broken_heart: It isn't healthy:");
  Blocks more;
  more.section(head);
  add_lines(more, lines);
  std::string last;
  if (facts.last_change) {
    const auto& change = *facts.last_change;
    last = fmt::format("last change {} {} by {}: {}, {}", change_name(change.id), to_string(change.verb), slack::escape(change.requester), to_string(change.state), time_span(change.updated_at));
    more.context({last});
  }
  std::vector<Button> buttons;
  if (facts.has_pods) buttons = looks(app, {"logs"});
  if (!facts.health.empty()) {
    for (auto& button : looks(app, {"pods", "events"})) buttons.push_back(std::move(button));
  }
  if (report.state == AppState::OutOfSync) buttons.push_back(looks(app, {"diff"}).front());
  if (!app.orphans) buttons.push_back(looks(app, {"history"}).front());
  more.actions(buttons);
  auto blocks = message.blocks ? *message.blocks : nlohmann::json::array();
  const auto added = more.finish();
  for (const auto& block : *added) blocks.push_back(block);
  message.text = cut_mrkdwn(message.text + "\n" + head + (lines.empty() ? "" : "\n" + join(lines, "\n")) + (last.empty() ? "" : "\n" + last), 4000);
  message.blocks = std::make_shared<const nlohmann::json>(std::move(blocks));
  return message;
}

}  // namespace driftwarden::view
