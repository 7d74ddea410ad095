#pragma once
// Block Kit, with Slack's limits kept by construction: what is too long is cut visibly, what is too many is dropped with a count.
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::view {

struct Button {
  std::string text;
  std::string command;  ///< what pressing it says, in chat's own grammar: "sync checkout"
  enum class Style { Plain, Primary, Danger } style = Style::Plain;
  std::string confirm;  ///< asked before it counts; "" = not asked
};

struct Option {
  std::string text;
  std::string command;  ///< what choosing it says
};

/// Collects the blocks of one message.
class Blocks {
 public:
  Blocks();
  ~Blocks();
  Blocks& header(std::string_view text);
  Blocks& section(std::string_view mrkdwn);
  /// Preformatted text, exactly as it is; long text is cut at a line with a count of what is missing.
  Blocks& code(std::string_view text, std::string_view language = "");
  Blocks& context(const std::vector<std::string>& mrkdwn);
  Blocks& actions(const std::vector<Button>& buttons);
  /// A menu: choosing says the option's command. At most 100 options are shown; an option whose command is too long for Slack (150) is left out.
  Blocks& select(std::string_view placeholder, const std::vector<Option>& options);
  /// A menu of Apps that fills itself while one types (external_select): choosing says "<verb> <app><rest>".
  Blocks& app_picker(std::string_view placeholder, std::string_view verb, std::string_view rest = "");
  Blocks& divider();
  slack::JsonPtr finish();

 private:
  std::unique_ptr<nlohmann::json> blocks_;
};

/// The action_id of an app_picker: what the type-ahead request is known by, and back again. Nothing for other ids.
struct PickerId {
  std::string verb;
  std::string rest;
};
std::string picker_id(std::string_view verb, std::string_view rest);
std::optional<PickerId> read_picker_id(std::string_view action_id);

slack::Message text_message(std::string mrkdwn);
/// The blocks with their fallback: `text` says the same to whoever gets no blocks (notifications, screen readers).
slack::Message message_of(Blocks& blocks, std::string text);
/// JSON carries UTF-8 only; what a program printed may be anything. What is none becomes "?".
std::string valid_utf8(std::string_view text);
/// `text` cut to `limit` bytes at a line, else not inside an entity, a link or a code span; says that something is missing.
std::string cut_mrkdwn(std::string_view text, std::size_t limit);
/// `code`, with backticks inside made harmless.
std::string code_span(std::string_view text);
/// "<!date^...>": shown in the reader's own time zone.
std::string time_span(WallTime time);
/// The same without the day: "12:03:11".
std::string clock_span(WallTime time);
/// Seven digits, or "-" for none.
std::string short_sha(std::string_view sha);
std::string link(std::string_view url, std::string_view text);

}  // namespace driftwarden::view
