#pragma once
// The answer to a question: what was found, numbered and linked; below it what a model says of it, each sentence with the numbers it rests on.
#include "gitops/base/clock.hpp"
#include "integrations/slack/slack.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::view {

struct AskFact {
  std::string text;  ///< plain, from outside
  std::string link;  ///< made by us; "" = none
};

struct AskLine {
  std::string text;                ///< plain, a model's
  std::vector<std::size_t> cites;  ///< numbers of facts, from 1
};

struct AskShown {
  std::string headline;            ///< mrkdwn: what it is about, and how that stands
  std::vector<AskFact> facts;      ///< fact n is facts[n - 1]; what answers the question best comes first
  std::vector<std::string> notes;  ///< plain: what could not be looked at
  std::string model;               ///< whose words `lines` are; "" = none was asked
  bool waits = false;              ///< the model is still asked
  std::vector<AskLine> lines;
  std::size_t dropped = 0;         ///< sentences of the model's that rest on nothing
  std::string trouble;             ///< plain: why the model has no words
  std::vector<std::string> looks;  ///< commands that show where the facts are from
  WallTime now{};
};
slack::Message ask_message(const AskShown& shown);

}  // namespace driftwarden::view
