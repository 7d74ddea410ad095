#pragma once
// Envelope -> inbox -> command -> handler -> answer. Each accepted command gets exactly one answer, across crashes too. What one person says, and
// what is said in one thread, is answered in order; else a few are answered at once, so that a slow remote holds up nobody else.
#include "bot/command/run_it.hpp"
#include "bot/conversation/forms.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/conversation/outsiders.hpp"
#include "bot/conversation/place.hpp"
#include "gitops/base/async.hpp"
#include "integrations/slack/slack.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

class Conversation {
 public:
  Conversation(asio::any_io_executor executor, Services services, Messenger& messenger, slack::Identity identity);

  /// Stores the envelope; an error means that it must not be acknowledged. Nothing else happens before the ack, but what the ack itself says: what is
  /// wrong with a form (it isn't stored then), what a menu offers. One transaction at most, and no outside call.
  asio::awaitable<Result<slack::JsonPtr>> accept(slack::Envelope envelope);
  void start();
  asio::awaitable<void> stop();
  /// Begins nothing new, and returns when nothing is under way, or at `until`: what waits is answered by the next start. stop() comes after.
  asio::awaitable<void> drain(MonoTime until);

 private:
  asio::awaitable<void> run();
  /// Those of the waiting rows that nothing said earlier stands before, as many as may run at once.
  void start_ready(std::vector<storage::InboxRow> rows);
  asio::awaitable<void> answer_safely(storage::InboxRow row);
  /// True when the row is finished.
  asio::awaitable<bool> answer(storage::InboxRow row);
  asio::awaitable<Result<Answer>> answer_to(Request request, int attempts);
  asio::awaitable<void> follow_links();
  Call call_of(const Request& request) const;
  FormFacts facts_for(const Request& request, const nlohmann::json& payload) const;
  slack::JsonPtr suggest(const Suggestion& suggestion) const;

  // admission.cpp
  /// By what the payload says of the person's workspace.
  bool is_elsewhere(const std::string& team) const;
  /// What isn't for us is acknowledged, not worked on, and audited once.
  asio::awaitable<Result<void>> refuse_envelope(std::string type, Foreign foreign);
  /// What Slack says of the caller. Unavailable when it can't be asked.
  asio::awaitable<Result<Standing>> standing_of(const Request& request);

  // handle.cpp
  void warn_of_hidden_aliases() const;
  /// With its alias taken for what it stands for. InvalidInput: words are missing.
  Result<Request> without_alias(Request request) const;
  asio::awaitable<Result<Answer>> handle(Request request);
  Answer answer_stranger(Call call) const;
  asio::awaitable<Result<Answer>> run_command(Call call);

  // understand.cpp
  /// A press of `Run it`. Nothing: it counts; else why it doesn't. `before`: it was run already.
  std::optional<Answer> refuse_press(Call call, const RunIt& asked, const GrammarContext& context, bool before) const;
  /// What somebody may have meant by plain words: one command that they are asked about, by our own rules or by the model's; else why it isn't understood.
  asio::awaitable<Answer> make_out(Call call, NotUnderstood trouble, GrammarContext context, std::string channel);
  Answer not_understood(const NotUnderstood& trouble) const;

  // deliver.cpp
  asio::awaitable<Result<void>> finish(storage::InboxRow row, std::optional<Request> request, Answer answer);
  asio::awaitable<Result<std::string>> deliver_reply(storage::OutboxRow row);
  asio::awaitable<Result<std::string>> deliver_file(std::string key, MessageRef at, std::string thread_ts, nlohmann::json file, slack::Message message);
  void follow_up(const std::string& key, MessageRef at, std::string thread_ts);
  asio::awaitable<void> follow_progress(std::string key, MessageRef at, std::string thread_ts, Progress progress);

  std::unique_ptr<Random> system_random_ = create_system_random();
  Services services_;
  Messenger& messenger_;
  slack::Identity identity_;
  Signal wake_;
  Signal link_asked_;
  std::map<std::int64_t, std::vector<std::string>> running_;  ///< rows under way, with their lanes
  std::map<std::string, Progress> progress_;   ///< of replies that aren't posted yet, by the row's key
  std::shared_ptr<std::size_t> following_ = std::make_shared<std::size_t>(0);  ///< answers that go on
  ChannelNames channels_;
  OwnAddress own_;
  std::set<std::string> refused_;  ///< foreign workspaces and apps that are in the audit log already
  bool draining_ = false;
  Signal rest_;  ///< nothing is under way
  TaskGroup tasks_;
};

}  // namespace driftwarden
