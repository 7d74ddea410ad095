#pragma once
// Envelope -> inbox -> command -> handler -> answer. Each accepted command gets exactly one answer, across crashes too.
#include "bot/conversation/handlers.hpp"
#include "gitops/base/async.hpp"
#include "integrations/slack/slack.hpp"

#include <string>

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
  asio::awaitable<void> answer_safely(storage::InboxRow row);
  asio::awaitable<void> answer(storage::InboxRow row);
  asio::awaitable<Result<Answer>> handle(Request request);
  asio::awaitable<Result<GrammarContext>> context_of(Request request);
  asio::awaitable<Result<void>> finish(storage::InboxRow row, std::optional<Request> request, Answer answer);
  asio::awaitable<Result<std::string>> deliver_reply(storage::OutboxRow row);

  Services services_;
  Messenger& messenger_;
  slack::Identity identity_;
  Signal wake_;
  TaskGroup tasks_;
};

}  // namespace driftwarden
