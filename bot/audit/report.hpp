#pragma once
// What an auditor asks of a span of the log. Pure: rows in, figures and names out.
#include "gitops/base/clock.hpp"
#include "gitops/model/audit.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// One case, named by the row that shows it.
struct AuditCase {
  std::int64_t seq = 0;
  WallTime at{};
  std::string subject;  ///< "C-12"
  std::string app;
  PersonId who;
  std::string why;
  bool operator==(const AuditCase&) const = default;
};

struct GlassUse {
  AuditCase use;  ///< `why` is the reason given
  std::optional<WallTime> ended_at{};
  std::vector<std::string> changes{};  ///< put in force behind it
  std::string follow_up{};             ///< the Change that brings it before others' eyes; "" = none yet
  bool operator==(const GlassUse&) const = default;
};

struct AuditReport {
  std::optional<WallTime> from{};  ///< nothing = since the log began
  WallTime to{};
  std::size_t rows = 0;
  std::size_t requested = 0;
  std::map<std::string, std::size_t> outcomes{};  ///< of Changes: "done" -> 12; "open" for those without one
  std::vector<AuditCase> self_approvals{};        ///< must be empty
  std::vector<AuditCase> unapproved{};            ///< in force with fewer approvals than needed, or merged on the forge past the policy
  std::vector<AuditCase> outside{};               ///< merged while a freeze, a halt or a lock held
  std::vector<AuditCase> overridden{};            ///< merged in a freeze, with the approvals that breaking it asks for
  std::vector<GlassUse> broken_glass{};
  std::vector<AuditCase> pushes{};                ///< others' commits on a proposed branch: they took the approvals back
  std::vector<AuditCase> past{};                  ///< commits that reached a branch past the bot; `who` is their author
  std::size_t past_commits = 0;                   ///< how many: one row may be of many
  std::size_t past_people = 0;
  std::vector<AuditCase> rewritten{};             ///< force-pushes of a deployed branch
  std::map<std::string, std::size_t> refused{};   ///< attempts by rule
  std::vector<AuditCase> waived{};                ///< what gates found and somebody let pass
  std::map<std::string, std::size_t> drafted{};   ///< Changes that a model drafted, by outcome
  std::size_t model_questions = 0;
  std::size_t model_silences = 0;                 ///< of these, without an answer
  std::int64_t model_tokens = 0;                  ///< as far as its endpoint counts them
  std::vector<AuditCase> given_up{};              ///< effects that never happened: words undelivered, deeds undone
  std::size_t incidents = 0;                      ///< closed in the span
  std::size_t incidents_open = 0;
  Duration mean_drift{0};                         ///< from opened to in sync again, of those closed
  Duration p95_drift{0};
  bool operator==(const AuditReport&) const = default;
};

/// `rows` oldest first, all of the span. What began before it is judged by what the span shows.
AuditReport make_report(const std::vector<AuditRow>& rows, std::optional<WallTime> from, WallTime to);

/// For terminals and chat, plain text.
std::string to_text(const AuditReport& report);
nlohmann::ordered_json to_json(const AuditReport& report);

}  // namespace driftwarden
