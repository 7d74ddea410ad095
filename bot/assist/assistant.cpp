#include "bot/assist/assistant.hpp"

#include "bot/assist/outgoing.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr Duration kWindow = std::chrono::hours{1};
constexpr std::size_t kRowsAtOnce = 64;  ///< a row holds a whole prompt
constexpr const char* kAsked = "model.asked";

using Questions = std::map<PersonId, std::deque<WallTime>>;

std::string dump(const ordered_json& value) { return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

std::string_view to_word(llm::Role role) {
  switch (role) {
    case llm::Role::System: return "system";
    case llm::Role::User: return "user";
    case llm::Role::Assistant: return "assistant";
  }
  return "user";
}

ordered_json messages_of(const llm::Prompt& prompt) {
  auto messages = ordered_json::array();
  for (const auto& message : prompt.messages) messages.push_back({{"role", to_word(message.role)}, {"text", message.text}});
  return messages;
}

AuditEntry entry_of(const Asking& asking, std::string action, const ordered_json& detail) {
  AuditEntry entry;
  entry.actor = asking.who;
  entry.action = std::move(action);
  entry.app = asking.app;
  entry.subject = asking.subject;
  entry.where = asking.where;
  entry.detail = dump(detail);
  return entry;
}

ordered_json detail_of_answer(const std::string& question, const Result<llm::Completion>& answer, Duration took) {
  ordered_json detail{{"question", question}};
  if (answer) {
    detail["model"] = answer->model;
    detail["digest"] = sha256_hex(answer->text);
    detail["bytes"] = answer->text.size();
    detail["prompt_tokens"] = answer->prompt_tokens;
    detail["answer_tokens"] = answer->answer_tokens;
    if (answer->cut) detail["cut"] = true;
  } else {
    detail["why"] = answer.error().message;
  }
  detail["ms"] = took.count();
  return detail;
}

Result<Questions> questions_since(storage::Transaction& tx, WallTime since) {
  Questions asked;
  storage::AuditQuery query;
  query.action = kAsked;
  query.since = since;
  query.newest_first = false;
  query.limit = kRowsAtOnce;
  while (true) {
    TRY(const auto rows, tx.audit(query));
    for (const auto& row : rows) asked[row.entry.actor].push_back(row.at);
    if (rows.size() < kRowsAtOnce) return asked;
    query.after_seq = rows.back().seq;
  }
}

asio::awaitable<Result<std::string>> write(AsyncStore& store, AuditEntry entry) {
  std::function<Result<std::string>(storage::Transaction&)> work = [entry = std::move(entry)](storage::Transaction& tx) -> Result<std::string> {
    TRY(const auto row, tx.append_audit(entry));
    return fmt::format("{}:{}", row.seq, row.hash);
  };
  auto writing = store.query<std::string>(std::move(work));
  co_return co_await std::move(writing);
}

}  // namespace

std::string_view to_string(Purpose purpose) {
  switch (purpose) {
    case Purpose::Propose: return "propose";
    case Purpose::Ask: return "ask";
    case Purpose::Sentence: return "sentence";
  }
  return "?";
}

Assistant::Assistant(Parts parts) : parts_(parts) {}

bool Assistant::serves(Purpose purpose) const {
  if (parts_.model == nullptr || !parts_.config->model) return false;
  const auto& model = *parts_.config->model;
  switch (purpose) {
    case Purpose::Propose: return model.propose;
    case Purpose::Ask: return model.ask;
    case Purpose::Sentence: return model.sentences;
  }
  return false;
}

asio::awaitable<Result<Told>> Assistant::ask(Asking asking, llm::Prompt prompt) {
  if (!serves(asking.purpose)) co_return Error{ErrorKind::InvalidInput, fmt::format("no model is configured for this: `model` with `for: [{}]`", to_string(asking.purpose))};
  CO_CHECK_OK(co_await remember_questions());
  CO_CHECK_OK(within_limits(asking));
  const auto own = own_secrets(*parts_.config);
  for (auto& message : prompt.messages) message.text = redacted_for_model(message.text, own);
  cut_to(prompt, static_cast<std::size_t>(parts_.config->model->prompt_kib) << 10U);
  prompt.answer_tokens = std::min(prompt.answer_tokens, parts_.config->model->answer_tokens);
  const auto messages = messages_of(prompt);
  const ordered_json question{{"purpose", to_string(asking.purpose)}, {"model", parts_.model->name()}, {"digest", sha256_hex(dump(messages))}, {"prompt", messages}};
  // What isn't in the audit log isn't sent.
  auto noting = write(*parts_.store, entry_of(asking, kAsked, question));
  CO_TRY(const auto audit, co_await std::move(noting));
  const auto began = parts_.clock->mono_now();
  auto completing = parts_.model->complete(std::move(prompt));
  auto answer = co_await std::move(completing);
  const auto took = std::chrono::duration_cast<Duration>(parts_.clock->mono_now() - began);
  if (!answer) {
    const auto kind = answer.error().kind;
    const Error hidden{kind, kind == ErrorKind::Cancelled ? "whoever asked waits no longer" : redacted_for_model(answer.error().message, own)};
    answer = hidden;
    if (kind != ErrorKind::Cancelled) log_warn("assist", hidden.message);
    // The question has its end in the audit log, also when its asker is gone.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  }
  auto closing = write(*parts_.store, entry_of(asking, answer ? "model.answered" : "model.failed", detail_of_answer(audit, answer, took)));
  CO_CHECK_OK(co_await std::move(closing));
  if (!answer) co_return answer.error();
  Told told;
  told.text = std::move(answer->text);
  told.model = answer->model.empty() ? parts_.config->model->name : answer->model;
  told.audit = audit;
  told.cut = answer->cut;
  co_return told;
}

asio::awaitable<Result<void>> Assistant::remember_questions() {
  if (remembers_) co_return Result<void>{};
  std::function<Result<Questions>(storage::Transaction&)> work = [since = parts_.clock->wall_now() - kWindow](storage::Transaction& tx) { return questions_since(tx, since); };
  auto working = parts_.store->query<Questions>(std::move(work));
  CO_TRY(auto asked, co_await std::move(working));
  // Somebody else's question may have looked meanwhile, and have been asked.
  if (!remembers_) asked_ = std::move(asked);
  remembers_ = true;
  co_return Result<void>{};
}

Result<void> Assistant::within_limits(const Asking& asking) {
  const auto& model = *parts_.config->model;
  const auto now = parts_.clock->wall_now();
  std::size_t all = 0;
  for (auto& [who, times] : asked_) {
    while (!times.empty() && times.front() + kWindow <= now) times.pop_front();
    all += times.size();
  }
  std::erase_if(asked_, [](const auto& person) { return person.second.empty(); });
  const auto own = asked_.find(asking.who);
  const auto mine = own == asked_.end() ? std::size_t{0} : own->second.size();
  const auto refuse = [&](int most, std::string_view whose, WallTime oldest) {
    const auto again = format_age(std::chrono::duration_cast<Duration>(oldest + kWindow - now));
    return Error{ErrorKind::RateLimited, fmt::format("the model may be asked {} times an hour {}, and was; the next question goes in {}", most, whose, again)};
  };
  if (mine >= static_cast<std::size_t>(model.per_person)) return refuse(model.per_person, "by each person", own->second.front());
  if (all >= static_cast<std::size_t>(model.per_hour)) {
    auto oldest = now;
    for (const auto& [who, times] : asked_) oldest = std::min(oldest, times.front());
    return refuse(model.per_hour, "by all people", oldest);
  }
  asked_[asking.who].push_back(now);
  return Result<void>{};
}

}  // namespace driftwarden
