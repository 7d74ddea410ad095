// Views: what is asked before a yes or a no counts, and the form for a new App. Limits: slack.md section 2.4.
#include "bot/view/blocks.hpp"
#include "bot/view/card_view.hpp"
#include "bot/view/change_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace driftwarden::view {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTitle = 24;
constexpr std::size_t kMaxOptions = 100;
constexpr std::size_t kMaxOptionText = 75;
constexpr std::size_t kMaxMetadata = 3000;

json plain(std::string_view text, std::size_t limit) { return {{"type", "plain_text"}, {"text", ellipsize(text, limit)}}; }

struct Input {
  std::string id;
  std::string label;
  std::string placeholder{};
  std::string hint{};
  bool optional = false;
  bool multiline = false;
  std::size_t min_length = 0;
  std::size_t max_length = 0;
};

json input_of(const Input& input, json element) {
  json block{{"type", "input"}, {"block_id", input.id}, {"label", plain(input.label, 2000)}, {"optional", input.optional}, {"element", std::move(element)}};
  if (!input.hint.empty()) block["hint"] = plain(input.hint, 2000);
  return block;
}

json text_input(const Input& input) {
  json element{{"type", "plain_text_input"}, {"action_id", input.id}};
  if (input.multiline) element["multiline"] = true;
  if (input.min_length > 0) element["min_length"] = input.min_length;
  if (input.max_length > 0) element["max_length"] = input.max_length;
  if (!input.placeholder.empty()) element["placeholder"] = plain(input.placeholder, 150);
  return input_of(input, std::move(element));
}

/// A select must have an option, and no more than it can show; what doesn't fit is typed.
json select_input(const Input& input, const std::vector<std::string>& values) {
  json options = json::array();
  for (const auto& value : values) {
    if (!value.empty() && value.size() <= kMaxOptionText) options.push_back({{"text", plain(value, kMaxOptionText)}, {"value", value}});
  }
  if (options.empty() || values.size() > kMaxOptions) return text_input(input);
  json element{{"type", "static_select"}, {"action_id", input.id}, {"options", std::move(options)}};
  if (!input.placeholder.empty()) element["placeholder"] = plain(input.placeholder, 150);
  return input_of(input, std::move(element));
}

json section(std::string_view mrkdwn) { return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", cut_mrkdwn(mrkdwn, 3000)}, {"verbatim", true}}}}; }

struct Modal {
  std::string callback_id;
  std::string title;
  std::string submit;
  std::string command;
};

slack::JsonPtr modal_of(const Modal& modal, const std::string& channel, const std::string& thread_ts, json blocks) {
  const json metadata{{"command", modal.command}, {"channel", channel}, {"thread_ts", thread_ts}};
  auto text = metadata.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kMaxMetadata) text = json{{"command", modal.command}}.dump(-1, ' ', false, json::error_handler_t::replace);
  json view{{"type", "modal"},
            {"callback_id", modal.callback_id},
            {"title", plain(modal.title, kMaxTitle)},
            {"submit", plain(modal.submit, kMaxTitle)},
            {"close", plain("Not now", kMaxTitle)},
            {"private_metadata", std::move(text)},
            {"blocks", std::move(blocks)}};
  // What people wrote may be anything; a view must be UTF-8.
  return std::make_shared<const json>(json::parse(view.dump(-1, ' ', false, json::error_handler_t::replace)));
}

}  // namespace

slack::JsonPtr approve_modal(const Change& change, const App& app, const std::string& seen_head, const std::string& channel, const std::string& thread_ts) {
  const auto name = change_name(change.id);
  const auto& words = slack_dialect();
  json blocks = json::array();
  blocks.push_back(section(fmt::format("*{}* {} on *{}*: {}", name, words.text(app.name), words.text(app.cluster), intent_words(change))));
  if (const auto risk = join(risk_lines(change.risk, words), "\n"); !risk.empty()) blocks.push_back(section(risk));
  if (change.quorum.step_up == StepUp::Totp) {
    Input code{"code", "One-time code"};
    code.placeholder = "123456";
    code.hint = "The six digits that your authenticator app shows now.";
    code.min_length = 6;
    code.max_length = 7;
    blocks.push_back(text_input(code));
  }
  if (change.quorum.typed_name) {
    Input typed{"name", "Type the App's name: " + app.name};
    typed.hint = "What this Change destroys doesn't come back.";
    blocks.push_back(text_input(typed));
  }
  const auto head = seen_head.empty() ? short_sha(change.content.head_sha) : short_sha(seen_head);
  return modal_of({"approve", "Approve " + name, "Approve", fmt::format("approve {} {}", name, head)}, channel, thread_ts, std::move(blocks));
}

slack::JsonPtr reject_modal(const Change& change, const std::string& channel, const std::string& thread_ts) {
  const auto name = change_name(change.id);
  Input reason{"reason", "Why not?"};
  reason.placeholder = "too risky before the weekend";
  reason.multiline = true;
  reason.max_length = 1000;
  json blocks = json::array({section(fmt::format("*{}*: {}", name, intent_words(change))), text_input(reason)});
  return modal_of({"reject", "Reject " + name, "Reject", "reject " + name}, channel, thread_ts, std::move(blocks));
}

slack::JsonPtr create_app_modal(const std::vector<App>& apps, const std::vector<std::string>& clusters, const std::string& channel, const std::string& thread_ts) {
  std::vector<std::string> patterns;
  for (const auto& app : apps) {
    if (!app.orphans && !app.repository.empty()) patterns.push_back(app.name);
  }
  Input like{"like", "Like which App?"};
  like.hint = "Its files are copied with its name replaced. Without one a plain Deployment is made, and an image is needed.";
  like.optional = true;
  Input image{"image", "Image", "ghcr.io/acme/web:1.4.2"};
  image.optional = true;
  Input path{"path", "Path in the repository", "apps/web"};
  path.optional = true;
  Input namespace_{"namespace", "Namespace"};
  namespace_.max_length = 63;
  Input where{"channel", "Channel", "#shop-prod"};
  where.optional = true;
  Input name{"name", "Name"};
  name.max_length = 63;
  Input reason{"reason", "Why?"};
  reason.optional = true;
  reason.max_length = 1000;
  json blocks = json::array();
  blocks.push_back(text_input(name));
  blocks.push_back(select_input(like, patterns));
  blocks.push_back(text_input(image));
  blocks.push_back(select_input({"cluster", "Cluster"}, clusters));
  blocks.push_back(text_input(namespace_));
  blocks.push_back(text_input(path));
  blocks.push_back(text_input(where));
  blocks.push_back(text_input(reason));
  return modal_of({"create-app", "New App", "Propose", "create-app"}, channel, thread_ts, std::move(blocks));
}

}  // namespace driftwarden::view
