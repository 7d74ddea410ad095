// ask: what was found, at once; then, where a model is configured, its words about exactly that.
#include "bot/assist/assistant.hpp"
#include "bot/audit/details.hpp"
#include "bot/conversation/answer_row.hpp"
#include "bot/conversation/ask_facts.hpp"
#include "bot/conversation/logs_read.hpp"
#include "bot/view/ask_view.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kGraceOfAnswer = std::chrono::seconds{15};  ///< beyond the model's own deadline
constexpr Duration kAskAfter{1'000};

/// The commands that show where the facts are from, in the facts' order.
std::vector<std::string> looks_of(const Evidence& evidence, const std::string& app) {
  std::vector<std::string> looks;
  for (const auto& found : evidence.facts) {
    auto command = app.empty() ? found.fact.source : found.fact.source + " " + app;
    if (app.empty() && found.fact.source != "status") continue;
    if (std::ranges::find(looks, command) == looks.end()) looks.push_back(std::move(command));
  }
  return looks;
}

view::AskShown shown_of(const Evidence& evidence, const std::string& app, WallTime now) {
  view::AskShown shown;
  shown.headline = evidence.headline;
  for (const auto& found : evidence.facts) shown.facts.push_back({found.fact.text, found.link});
  shown.notes = evidence.notes;
  shown.looks = looks_of(evidence, app);
  shown.now = now;
  return shown;
}

/// One question to the model under way.
struct Asked {
  Asked(Services& services_, view::AskShown shown_) : services(services_), shown(std::move(shown_)) {}
  Services& services;
  view::AskShown shown;
  std::vector<Fact> facts;
  Asking asking;
  llm::Prompt prompt;
  bool over = false;
};

asio::awaitable<std::optional<slack::Message>> ask_model(std::shared_ptr<Asked> asked) {
  if (asked->over) co_return std::nullopt;
  asked->over = true;
  auto asking = asked->asking;
  auto prompt = asked->prompt;
  auto task = asked->services.assistant->ask(std::move(asking), std::move(prompt));
  auto told = co_await std::move(task);
  asked->shown.waits = false;
  if (told) {
    auto explained = explained_from(told->text, asked->facts);
    asked->shown.model = told->model;
    asked->shown.dropped = explained.dropped;
    for (auto& line : explained.lines) asked->shown.lines.push_back({std::move(line.text), std::move(line.cites)});
  } else {
    log_warn("model", "a question was not answered: " + told.error().message);
    asked->shown.trouble = told.error().message;
  }
  co_return view::ask_message(asked->shown);
}

/// A model costs money and sees the facts: it is asked for people of the configuration only.
bool may_ask_model(const Services& services, const Call& call) {
  const bool known = !call.caller.person.empty() && call.caller.standing == Standing::Member;
  return known && services.assistant != nullptr && services.assistant->serves(Purpose::Ask) && services.config.model;
}

/// Facts of a running App change by the second: the model is asked about those that are shown, and about no others.
Progress words_to_follow(Services& services, const Call& call, const Evidence& evidence, view::AskShown shown) {
  const auto& model = *services.config.model;
  auto asked = std::make_shared<Asked>(services, std::move(shown));
  for (const auto& found : evidence.facts) asked->facts.push_back(found.fact);
  asked->asking.purpose = Purpose::Ask;
  asked->asking.who = caller_id(call);
  asked->asking.app = call.command.app;
  asked->asking.where = where_of(call.request.message ? *call.request.message : MessageRef{call.request.channel, call.request.thread_ts});
  constexpr std::size_t kKib = 1'024;
  asked->prompt = explanation_prompt(call.command.sentence, call.command.app, asked->facts, static_cast<std::size_t>(std::max(1, model.prompt_kib)) * kKib);
  Progress progress;
  progress.every = kAskAfter;
  progress.longest = model.timeout + kGraceOfAnswer;
  progress.next = [asked] { return ask_model(asked); };
  return progress;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_ask(Services& services, Call call) {
  Evidence evidence;
  if (call.command.app.empty()) {
    auto looking = find_facts_of_all(services, call);
    evidence = co_await std::move(looking);
  } else {
    const auto* known = services.fleet.app(call.command.app);
    if (known == nullptr) co_return Error{ErrorKind::NotFound, fmt::format("There is no App {} any more", call.command.app)};
    const App app = *known;
    if (auto refusal = check_policy(services, call, app)) co_return std::move(*refusal);
    auto looking = find_facts(services, call, app);
    evidence = co_await std::move(looking);
  }
  auto shown = shown_of(evidence, call.command.app, services.clock.wall_now());
  const bool asks = may_ask_model(services, call);
  if (asks) {
    shown.model = services.config.model->name;
    shown.waits = true;
  }
  Answer answer;
  answer.reply.message = view::ask_message(shown);
  answer.reply.private_ = !evidence.logs_read.empty() && call.request.kind == Request::Kind::Slash;
  if (asks) answer.progress = words_to_follow(services, call, evidence, std::move(shown));
  if (evidence.logs_read.empty()) co_return answer;
  auto entry = logs_read_entry(call, evidence.logs_read, "ask");
  co_return with_row(std::move(answer), std::move(entry));
}

}  // namespace driftwarden
