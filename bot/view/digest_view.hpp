#pragma once
// The daily digest.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/hold.hpp"
#include "gitops/model/incident.hpp"
#include "gitops/model/silence.hpp"
#include "gitops/model/waiver.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden::view {

/// Something that doesn't work by itself now, and that somebody wanted so for a while.
struct Pause {
  std::string app;
  std::string what;   ///< "CronJob shop/report is suspended", "automatic sync of Application argocd/shop is off"
  std::string who;    ///< "" = not known
  std::string why;
  std::optional<WallTime> since;
  std::string command;  ///< what ends it in chat, "" = nothing here does
};

struct ExpiringRule {
  std::string app;
  std::string rule;   ///< for people
  std::string owner;
  std::optional<WallTime> until;  ///< nothing: it never ends
  bool expired = false;
};

struct DigestContent {
  std::vector<Incident> open;          ///< by age, oldest first
  std::size_t apps = 0;
  std::size_t in_sync = 0;
  std::vector<Change> pending;         ///< that wait for approval, oldest first
  std::vector<ExpiringRule> rules;     ///< that run out within a week, ran out, or never do
  std::vector<Pause> pauses;
  std::vector<Hold> holds;             ///< locks, freezes, halts
  std::vector<Hold> broken_glass;      ///< of the last day, ended ones too
  std::vector<Silence> silences;
  std::size_t resolved_since = 0;      ///< incidents of the last day that are over
  std::vector<Waiver> waivers{};       ///< that run out within a week, soonest first
};

/// Nothing to say: then nothing is posted.
bool is_quiet(const DigestContent& content);
slack::Message digest_message(const DigestContent& content, WallTime now);

}  // namespace driftwarden::view
