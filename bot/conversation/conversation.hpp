#pragma once
// Envelope -> inbox -> command -> handler -> answer. Each accepted command gets exactly one answer, across crashes too. What one person says, and
// what is said in one thread, is answered in order; else a few are answered at once, so that a slow remote holds up nobody else.
#include "bot/conversation/handlers.hpp"
#include "gitops/base/async.hpp"
#include "integrations/slack/slack.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden {

class Conversation {
 public:
  Conversation(asio::any_io_executor executor, Services services, Messenger& messenger, slack::Identity identity);

  /// Stores the envelope; an error means that it must not be acknowledged. Nothing else happens before the ack.
  asio::awaitable<Result<slack::JsonPtr>> accept(slack::Envelope envelope);
  void start();
  asio::awaitable<void> stop();

 private:
  asio::awaitable<void> run();
  /// Those of the waiting rows that nothing said earlier stands before, as many as may run at once.
  void start_ready(std::vector<storage::InboxRow> rows);
  asio::awaitable<void> answer_safely(storage::InboxRow row);
  /// True when the row is finished.
  asio::awaitable<bool> answer(storage::InboxRow row);
  asio::awaitable<void> follow_links();
  asio::awaitable<Result<Answer>> handle(Request request);
  asio::awaitable<Result<GrammarContext>> context_of(Request request);
  asio::awaitable<Result<void>> finish(storage::InboxRow row, std::optional<Request> request, Answer answer);
  asio::awaitable<Result<std::string>> deliver_reply(storage::OutboxRow row);

  std::unique_ptr<Random> system_random_ = create_system_random();
  Services services_;
  Messenger& messenger_;
  slack::Identity identity_;
  Signal wake_;
  Signal link_asked_;
  std::map<std::int64_t, std::vector<std::string>> running_;  ///< rows under way, with their lanes
  TaskGroup tasks_;
};

}  // namespace driftwarden
