#pragma once
// Answers from the record: the audit log, time in drift, and the ignore rules.
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"
#include "integrations/slack/slack.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

struct TimeInDrift {
  std::string name;
  std::size_t incidents = 0;
  std::size_t open = 0;
  Duration total{0};   ///< within the window
  Duration mean{0};    ///< to reconcile, of those that are over
  std::size_t over = 0;
  bool operator==(const TimeInDrift&) const = default;
};

/// Each list worst first.
struct TimesInDrift {
  std::vector<TimeInDrift> apps;
  std::vector<TimeInDrift> teams;
  std::vector<TimeInDrift> clusters;
  bool operator==(const TimesInDrift&) const = default;
};

slack::Message stats_message(const TimesInDrift& times, const std::string& app, WallTime now);

/// One rule as `ignores` lists it.
struct RuleRow {
  std::string app;
  RuleUse use;
};
/// Those that ran out first, then those that run out next.
slack::Message ignores_message(std::vector<RuleRow> rows, const std::string& app, int page = 1);

/// One row of the audit log. Plain text, not escaped yet.
struct AuditLine {
  std::int64_t seq = 0;
  WallTime at{};
  PersonId actor;
  std::string deed;
  std::string url;  ///< of the message it was said in, "" = not known
};
struct AuditPage {
  std::string title;    ///< "of checkout", "about C-12"; "" = all
  std::vector<AuditLine> lines;
  bool oldest_first = false;
  std::string command;  ///< what was asked, without its page: "audit checkout since 30d"
  int page = 1;
  bool more = false;
  std::string head;     ///< of the chain, where this is its end: "41:0123456789ab"
};
slack::Message audit_message(const AuditPage& page);
/// `text` as the report is in a terminal; `note` what it leaves out, "" = nothing.
slack::Message audit_report_message(const std::string& text, const std::string& note);

}  // namespace driftwarden::view
