#pragma once
// What runs, in messages: pods, events, one object, logs. Rows fit a phone: one short line, its details below.
#include "bot/inspect/rows.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"

namespace driftwarden::view {

/// `note`: what else is to be said, plain.
slack::Message pods_message(const App& app, const std::vector<PodRow>& rows, WallTime now, const std::string& note = {});
slack::Message events_message(const App& app, const std::vector<EventRow>& rows, WallTime now);

/// What of a long text is shown in a message; the rest is in a file.
struct Excerpt {
  std::string text;
  std::size_t lines = 0;
  std::size_t missing = 0;  ///< lines that aren't shown
  bool cut = false;         ///< the one line that is shown isn't whole
  bool is_whole() const { return missing == 0 && !cut; }
};
/// From its beginning, whole lines.
Excerpt head_of(const std::string& text, std::size_t most_lines);
/// From its end: what is newest in a log.
Excerpt tail_of(const std::string& text, std::size_t most_lines);

slack::Message describe_message(const App& app, const std::string& object, const Excerpt& shown, bool with_file);

struct LogsShown {
  std::string asked;  ///< how it was asked for, as a command: "logs checkout web"
  bool previous = false;
  bool with_file = false;
  std::string note;   ///< what else is to be said, mrkdwn
  bool follows = false;
};
slack::Message logs_message(const App& app, const LogText& log, const Excerpt& shown, const LogsShown& how);

struct WhyFacts {
  std::vector<std::string> health;    ///< plain lines, worst first
  std::string unknown;                ///< why health can't be told, "" when it can
  std::optional<Change> last_change;
  bool has_pods = false;
};
/// The answer to `why` with what is known of the App's health, and buttons to go on from there.
slack::Message with_health(slack::Message message, const App& app, const DriftReport& report, const WhyFacts& facts);

}  // namespace driftwarden::view
