// What was said in plain words, or not understood: one command that the person may run by a button, or a way to say it better.
#include "bot/assist/assistant.hpp"
#include "bot/assist/suggestion.hpp"
#include "bot/audit/details.hpp"
#include "bot/command/sentences.hpp"
#include "bot/conversation/conversation.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/sentence_view.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kMayBeRunFor = std::chrono::minutes{10};
constexpr Duration kLongestReading = std::chrono::seconds{15};  ///< the person waits for it, and so does what they say next
constexpr std::string_view kWhichApp = "Which App? `";
constexpr std::string_view kNoApp = "There is no App \"";

/// The verb whose App is missing; null for another trouble.
const VerbInfo* lacks_an_app(const NotUnderstood& trouble) {
  if (!trouble.message.starts_with(kWhichApp) || trouble.suggestions.empty()) return nullptr;
  const auto rest = trouble.message.substr(kWhichApp.size());
  return find_verb(rest.substr(0, rest.find_first_of(" `")));
}

/// What is asked of an App that another instance looks after; nothing for other troubles.
std::optional<std::string> say_where(const Config& config, const NotUnderstood& trouble) {
  if (!trouble.message.starts_with(kNoApp)) return std::nullopt;
  const auto name = to_lower(trouble.message.substr(kNoApp.size(), trouble.message.find('"', kNoApp.size()) - kNoApp.size()));
  const auto found = std::ranges::find_if(config.elsewhere, [&](const auto& entry) { return to_lower(entry.first) == name; });
  if (found == config.elsewhere.end()) return std::nullopt;
  return fmt::format(":point_right: *{}* is looked after by the shard *{}*, not by me (*{}*): ask its bot.", slack::escape(found->first), slack::escape(found->second), slack::escape(config.shard));
}

bool serves(const Services& services, Purpose purpose) { return services.assistant != nullptr && services.assistant->serves(purpose); }

/// Typed or said, not pressed: what a button or a form says is a command already.
bool is_said(const Request& request) {
  return request.kind == Request::Kind::Mention || request.kind == Request::Kind::DirectMessage || request.kind == Request::Kind::Slash;
}

/// A model costs money and sees what is said: it is asked for people of the configuration only.
bool may_ask_model(const Services& services, const Call& call, const GrammarContext& context) {
  const bool known = !call.caller.person.empty() && call.caller.standing == Standing::Member;
  return known && serves(services, Purpose::Sentence) && looks_like_sentence(call.request.text, context);
}

struct Reading {
  std::optional<Command> command;
  std::string model;
  std::string note;  ///< why the model has nothing to say, "" = it simply hasn't
};

asio::awaitable<Reading> read_by_model(Services& services, Call call, GrammarContext context) {
  Reading reading;
  const auto sentence = call.request.text;
  const bool drafts = serves(services, Purpose::Propose);
  Asking asking;
  asking.purpose = Purpose::Sentence;
  asking.who = caller_id(call);
  asking.app = context.implied_app;
  asking.where = where_of(call.request.message ? *call.request.message : MessageRef{call.request.channel, call.request.thread_ts});
  auto prompt = suggestion_prompt(sentence, context, drafts);
  auto task = services.assistant->ask(std::move(asking), std::move(prompt));
  auto timed = with_deadline(services.clock, services.clock.mono_now() + kLongestReading, std::move(task));
  auto told = co_await std::move(timed);
  if (!told) {
    log_warn("model", "a sentence could not be read: " + told.error().message);
    if (told.error().kind == ErrorKind::RateLimited) reading.note = told.error().message;
    co_return reading;
  }
  reading.command = suggestion_from(told->text, sentence, context, drafts);
  reading.model = told->model;
  co_return reading;
}

}  // namespace

Answer Conversation::not_understood(const NotUnderstood& trouble) const {
  if (const auto* info = lacks_an_app(trouble)) return pick_app(*info, "");
  if (auto elsewhere = say_where(services_.config, trouble)) return say(std::move(*elsewhere));
  return say(view::not_understood_message(trouble));
}

asio::awaitable<Answer> Conversation::make_out(Call call, NotUnderstood trouble, GrammarContext context, std::string channel) {
  const auto kind = call.request.kind;
  const bool said = is_said(call.request);
  Reading reading;
  if (said) reading.command = read_sentence(call.request.text, context, serves(services_, Purpose::Propose));
  if (said && !reading.command && may_ask_model(services_, call, context)) {
    auto asking = read_by_model(services_, call, std::move(context));
    reading = co_await std::move(asking);
  }
  Answer answer;
  // Who asks what can be asked is told: nothing of that needs a second thought.
  const bool asks_for_help = reading.command && reading.model.empty() && reading.command->verb == Verb::Help;
  if (asks_for_help) {
    call.command = *reading.command;
    auto running = run_command(call);
    auto told = co_await std::move(running);
    if (told) co_return std::move(*told);
  }
  if (reading.command) {
    call.command = *reading.command;
    view::ReadAs read;
    read.command = *reading.command;
    read.button.user = call.request.user;
    read.button.until = services_.clock.wall_now() + kMayBeRunFor;
    read.button.command = to_text(*reading.command);
    read.model = reading.model;
    log_info("command", fmt::format("{} ({}): read {} as: {}", call.caller.person.empty() ? "somebody" : call.caller.person, call.request.user, reading.model.empty() ? "by rule" : "by the model",
                                    to_log_text(call.command)));
    answer = say(view::read_as_message(read));
  } else {
    answer = not_understood(trouble);
    call.command.verb = Verb::Status;  // names Apps, as that does
    if (!reading.note.empty()) answer.reply.message = with_lines(std::move(answer.reply.message), {":information_source: " + slack::escape(reading.note)});
  }
  answer.keep_private = kind == Request::Kind::Modal || kind == Request::Kind::Shortcut || !may_be_read_in(services_, call, channel, {});
  co_return answer;
}

std::optional<Answer> Conversation::refuse_press(Call call, const RunIt& asked, const GrammarContext& context, bool before) const {
  const auto parsed = parse_command(asked.command, context);
  call.command.verb = Verb::Status;
  if (const auto* command = std::get_if<Command>(&parsed)) call.command = *command;
  std::optional<Answer> refused;
  const auto now = services_.clock.wall_now();
  if (call.request.user != asked.user) {
    refused = refuse(services_, call, "Those are somebody else's words: say it yourself, and it is your command.", "run-it: another person's words");
  } else if (now > asked.until) {
    refused = say(fmt::format(":hourglass: That was for {} only: say it again, or type {}.", format_age(kMayBeRunFor), view::code_span(asked.command)));
  } else if (before) {
    refused = say(":information_source: That was run already: once is what the button is for.");
  }
  if (refused) refused->keep_private = true;
  return refused;
}

}  // namespace driftwarden
