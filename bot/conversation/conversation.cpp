#include "bot/conversation/conversation.hpp"

#include "bot/audit/audited.hpp"
#include "bot/audit/details.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/run_once.hpp"
#include "bot/conversation/suggestions.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kAttempts = 3;
constexpr std::size_t kRowsLookedAt = 256;  ///< one person's burst must not hide what others say
constexpr std::size_t kLanesAtOnce = 8;
constexpr Duration kLookForLinksEvery = std::chrono::seconds{10};
constexpr Duration kLookAtLeastEvery{5000};

std::string error_words(const Error& error) {
  if (is_transient(error)) return fmt::format(":hourglass: That did not work just now: {}. Try again in a moment.", slack::escape(error.message));
  return fmt::format(":x: {}", slack::escape(error.message));
}

/// What must be answered in order: what one person says, and what is said in one place.
std::vector<std::string> lanes_of(const std::optional<Request>& request) {
  if (!request) return {};
  std::vector<std::string> lanes{"user " + request->team + " " + request->user};
  // The App Home and the menu at the lightning bolt are no place that people share.
  if (!request->channel.empty()) lanes.push_back("place " + request->channel + " " + request->thread_ts);
  return lanes;
}

/// What became of an envelope.
struct Taken {
  bool fresh = false;
  std::map<std::string, std::string> errors;  ///< of its form: it isn't stored then
};

/// A decision that its own form sent back: which of its inputs stood in the way, never what they held.
AuditEntry refused_form(const Call& call, const Change& change, const std::map<std::string, std::string>& errors) {
  std::string inputs;
  for (const auto& [id, words] : errors) inputs += (inputs.empty() ? "" : ", ") + id;
  auto entry = refusal_entry(call, "form: " + inputs);
  entry.app = change.app;
  entry.subject = change_name(change.id);
  const auto& request = call.request;
  said_in(entry, where_of(request.message ? *request.message : MessageRef{request.channel, request.thread_ts}));
  return entry;
}

}  // namespace

Conversation::Conversation(asio::any_io_executor executor, Services services, Messenger& messenger, slack::Identity identity)
    : services_(std::move(services)), messenger_(messenger), identity_(std::move(identity)), wake_(executor), link_asked_(executor), rest_(executor), tasks_(executor) {
  if (services_.team.empty()) services_.team = identity_.team_id;
  if (services_.workspace_url.empty()) services_.workspace_url = identity_.url;
  if (services_.api == nullptr) services_.api = &messenger_.api();
  if (services_.random == nullptr) services_.random = system_random_.get();
  if (services_.home != nullptr) services_.home->set_workspace_url(services_.workspace_url);
  const auto& given = services_.config.slack;
  own_.team = given.team.empty() ? identity_.team_id : given.team;
  own_.enterprise = identity_.enterprise_id;
  own_.app = given.app.empty() ? app_of_token(given.app_token) : given.app;
  warn_of_hidden_aliases();
  services_.on_link_asked = [this] { link_asked_.notify(); };
  services_.outbox.on("slack.reply", [this](storage::OutboxRow row) { return deliver_reply(std::move(row)); }, Outbox::kWordsWait);
  services_.outbox.on("slack.spent", [this](storage::OutboxRow row) { return retire_button(services_.store, messenger_, std::move(row)); }, Outbox::kWordsWait);
}

void Conversation::start() {
  tasks_.spawn("inbox", run());
  tasks_.spawn("links", follow_links());
}

asio::awaitable<void> Conversation::stop() { co_await tasks_.join(); }

asio::awaitable<void> Conversation::drain(MonoTime until) {
  draining_ = true;
  while (!running_.empty()) {
    const auto rested = co_await rest_.wait_until(services_.clock, until);
    if (!rested || !*rested) co_return;
  }
}

Call Conversation::call_of(const Request& request) const {
  Call call;
  call.request = request;
  call.caller.slack_id = request.user;
  if (const auto* person = person_by_slack(services_.config, request.user)) call.caller.person = person->name;
  return call;
}

/// What can be known at once, by value: the form is judged on the database's thread.
FormFacts Conversation::facts_for(const Request& request, const json& payload) const {
  FormFacts facts;
  facts.parameters = form_parameters(payload);
  facts.apps = services_.fleet.apps();
  for (const auto& app : visible_apps(services_, call_of(request))) facts.visible.push_back(app.name);
  for (const auto& cluster : services_.config.clusters) facts.clusters.push_back(cluster.name);
  for (const auto& repository : services_.config.repositories) facts.repositories.push_back(repository.name);
  return facts;
}

slack::JsonPtr Conversation::suggest(const Suggestion& suggestion) const {
  Request request;
  request.user = suggestion.user;
  std::vector<App> apps;
  if (!is_elsewhere(suggestion.team)) apps = visible_apps(services_, call_of(request));
  return std::make_shared<const json>(suggested_options(apps, suggestion));
}

asio::awaitable<Result<slack::JsonPtr>> Conversation::accept(slack::Envelope envelope) {
  if (const auto suggestion = suggestion_from(envelope.type, *envelope.payload)) co_return suggest(*suggestion);
  if (auto foreign = foreign_envelope(envelope.type, *envelope.payload, own_)) {
    auto refusing = refuse_envelope(envelope.type, std::move(*foreign));
    if (auto refused = co_await std::move(refusing); !refused) co_return refused.error();
    co_return slack::JsonPtr{};
  }
  if (const auto opened = home_opened_from(envelope.type, *envelope.payload)) {
    if (services_.home != nullptr && !is_elsewhere(opened->team)) services_.home->on_opened(opened->user);
    co_return slack::JsonPtr{};
  }
  storage::InboxRow row;
  row.key = slack::dedupe_key(envelope);
  row.type = envelope.type;
  row.payload = envelope.payload->dump();
  row.received_at = services_.clock.wall_now();
  std::optional<Request> form;
  FormFacts facts;
  const auto type = envelope.payload->is_object() ? envelope.payload->find("type") : envelope.payload->end();
  if (envelope.type == "interactive" && type != envelope.payload->end() && *type == "view_submission") form = request_from(envelope.type, *envelope.payload, identity_.user_id);
  if (form && is_elsewhere(form->team)) form.reset();
  Call call;
  if (form) facts = facts_for(*form, *envelope.payload);
  if (form) call = call_of(*form);
  call.command.verb = form && form->text.starts_with("reject") ? Verb::Reject : Verb::Approve;
  std::function<Result<Taken>(storage::Transaction&)> work = [row, form, facts, call](storage::Transaction& tx) -> Result<Taken> {
    Taken taken;
    if (form) {
      auto known = facts;
      if (const auto id = change_of_form(*form); id != 0) {
        TRY(known.change, tx.find_change(id));
      }
      taken.errors = form_errors(*form, known);
      if (!taken.errors.empty() && known.change) {
        auto row_of = call;
        row_of.command.change = known.change->id;
        TRY(const auto written, tx.append_audit(refused_form(row_of, *known.change, taken.errors)));
      }
      if (!taken.errors.empty()) return taken;
    }
    TRY(taken.fresh, tx.add_inbox(row));
    return taken;
  };
  auto working = services_.store.query<Taken>(std::move(work));
  auto taken = co_await std::move(working);
  if (!taken) co_return taken.error();
  if (!taken->errors.empty()) {
    auto told = errors_payload(taken->errors, input_blocks(*envelope.payload));
    if (!told.is_null()) co_return std::make_shared<const json>(std::move(told));
  }
  if (taken->fresh) wake_.notify();
  co_return slack::JsonPtr{};
}

asio::awaitable<void> Conversation::run() {
  while (true) {
    std::function<Result<std::vector<storage::InboxRow>>(storage::Transaction&)> work = [](storage::Transaction& tx) { return tx.pending_inbox(kRowsLookedAt); };
    auto working = services_.store.query<std::vector<storage::InboxRow>>(std::move(work));
    auto rows = co_await std::move(working);
    if (rows) {
      start_ready(std::move(*rows));
    } else {
      log_error("inbox", rows.error().message);
    }
    auto woken = co_await wake_.wait_until(services_.clock, services_.clock.mono_now() + kLookAtLeastEvery);
    if (!woken) co_return;
  }
}

void Conversation::start_ready(std::vector<storage::InboxRow> rows) {
  if (draining_) return;
  std::set<std::string> taken;
  for (const auto& [id, lanes] : running_) taken.insert(lanes.begin(), lanes.end());
  for (auto& row : rows) {
    if (running_.size() >= kLanesAtOnce) return;
    if (running_.contains(row.id)) continue;
    auto lanes = lanes_of(request_from(row.type, json::parse(row.payload, nullptr, false), identity_.user_id));
    const bool waits = std::ranges::any_of(lanes, [&](const std::string& lane) { return taken.contains(lane); });
    // What waits holds up what was said after it, too.
    taken.insert(lanes.begin(), lanes.end());
    if (waits) continue;
    running_.emplace(row.id, std::move(lanes));
    tasks_.spawn("inbox row", answer_safely(std::move(row)));
  }
}

/// One request that goes wrong must not end those that follow. One that couldn't be finished is taken up again after a while.
asio::awaitable<void> Conversation::answer_safely(storage::InboxRow row) {
  const auto id = row.id;
  const auto key = row.key;
  bool finished = false;
  std::exception_ptr cancelled;
  try {
    finished = co_await answer(std::move(row));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) {
      cancelled = std::current_exception();
    } else {
      log_error("inbox", key + ": " + failure.what(), {{"envelope", key}});
    }
  } catch (const std::exception& failure) {
    log_error("inbox", key + ": " + failure.what(), {{"envelope", key}});
  }
  running_.erase(id);
  if (running_.empty()) rest_.notify();
  if (cancelled) std::rethrow_exception(cancelled);
  if (finished) wake_.notify();
}

asio::awaitable<bool> Conversation::answer(storage::InboxRow row) {
  const auto payload = json::parse(row.payload, nullptr, false);
  const auto request = request_from(row.type, payload, identity_.user_id);
  Answer nothing;
  nothing.reply.silent = true;
  if (!request) {
    auto skipped = co_await finish(row, std::nullopt, std::move(nothing));
    if (!skipped) log_error("inbox", skipped.error().message);
    co_return skipped.has_value();
  }
  std::function<Result<void>(storage::Transaction&)> begin = [id = row.id](storage::Transaction& tx) { return tx.begin_inbox(id); };
  auto beginning = services_.store.transact(std::move(begin));
  if (auto begun = co_await std::move(beginning); !begun) {
    log_error("inbox", begun.error().message);
    co_return false;
  }
  auto understood = without_alias(*request);
  auto said = understood ? std::move(*understood) : *request;
  if (said.said_at == WallTime{}) said.said_at = row.received_at;
  Result<Answer> answered = understood ? Error{ErrorKind::Corrupt, ""} : understood.error();
  if (understood) answered = co_await answer_to(said, row.attempts);
  if (!answered && answered.error().kind == ErrorKind::Cancelled) co_return false;
  Answer final_answer;
  if (answered) {
    final_answer = std::move(*answered);
  } else {
    final_answer = say(error_words(answered.error()));
  }
  auto finished = co_await finish(row, said, std::move(final_answer));
  if (finished) co_return true;
  // The deed was refused or failed: that is the answer, then.
  log_warn("inbox", fmt::format("{}: {}", without_values(said.text), finished.error().message));
  Answer apology = say(error_words(finished.error()));
  auto told = co_await finish(row, said, std::move(apology));
  if (!told) log_error("inbox", told.error().message);
  co_return told.has_value();
}

asio::awaitable<Result<Answer>> Conversation::answer_to(Request request, int attempts) {
  const auto words = without_values(request.text);
  if (attempts < kAttempts) {
    try {
      co_return co_await handle(std::move(request));
    } catch (const std::exception& failure) {
      log_error("inbox", fmt::format("{}: {}", words, failure.what()));
    }
  }
  co_return Error{ErrorKind::Corrupt, "the command ended by an exception; the log has more"};
}

/// While a link waits for its proof, the forges are asked for it.
asio::awaitable<void> Conversation::follow_links() {
  while (true) {
    auto waiting = co_await look_for_link_proofs(services_);
    if (!waiting) log_warn("link", waiting.error().message);
    if (waiting && *waiting == 0) {
      auto asked = co_await link_asked_.wait();
      if (!asked) co_return;
    }
    auto slept = co_await services_.clock.sleep_for(kLookForLinksEvery);
    if (!slept) co_return;
  }
}

}  // namespace driftwarden
