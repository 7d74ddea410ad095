#pragma once
// What a question can be answered from, as one who asks may see it: status, drift, health, events, Changes, incidents, holds, history, logs, cost.
#include "bot/assist/explanation.hpp"
#include "bot/conversation/handlers.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// What a question is about: which facts come first. In the words of the question alone, never of a model.
enum class Topic { Any, Rollout, Failure, Who, Drift, Cost };
Topic topic_of(std::string_view question);

struct FoundFact {
  Fact fact;
  std::string link;  ///< made by us: to an incident's message, a Change's card, a pull request
};

struct Evidence {
  view::StatusRow row;                 ///< of one App
  std::string headline;                ///< mrkdwn
  std::vector<FoundFact> facts;        ///< what the topic wants first
  std::vector<std::string> notes;      ///< plain: what could not be looked at
  std::vector<std::string> logs_read;  ///< "web-5d4f/app": whose lines are among them
};

/// Each source only where the caller may use the command that shows it.
asio::awaitable<Evidence> find_facts(Services& services, Call call, App app);
/// Of all Apps that the caller sees, what isn't fine first.
asio::awaitable<Evidence> find_facts_of_all(Services& services, Call call);

}  // namespace driftwarden
