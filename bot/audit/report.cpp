#include "bot/audit/report.hpp"

#include "bot/audit/details.hpp"
#include "bot/audit/words.hpp"
#include "gitops/base/plain_time.hpp"
#include "gitops/model/change.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kPercentile = 95;

std::string text_at(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string text_in(const ordered_json& object, const char* part, const char* key) {
  const auto found = object.find(part);
  return found != object.end() && found->is_object() ? text_at(*found, key) : std::string();
}

std::int64_t number_at(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

AuditCase case_of(const AuditRow& row, std::string why) { return {row.seq, row.at, row.entry.subject, row.entry.app, row.entry.actor, std::move(why)}; }

/// Two accounts of one human share one of their names.
bool same_human(const ordered_json& one, const ordered_json& other) {
  if (!one.is_object() || !other.is_object()) return false;
  for (const auto& [kind, name] : one.items()) {
    if (other.contains(kind) && other.at(kind) == name) return true;
  }
  return false;
}

ordered_json identities_of(const ordered_json& detail) {
  const auto found = detail.find("identities");
  return found == detail.end() ? ordered_json() : *found;
}

/// Reads the rows one after the other.
class Reader {
 public:
  explicit Reader(AuditReport& report) : report_(report) {}

  void read(const AuditRow& row) {
    const auto& action = row.entry.action;
    const auto detail = detail_of(row.entry);
    if (action.starts_with("change.")) read_change(row, detail);
    if (action.starts_with("incident.")) read_incident(row);
    if (action.starts_with("hold.break-glass")) read_glass(row, detail);
    if (action.ends_with(".refused")) ++report_.refused[text_at(detail, "rule").empty() ? "no rule named" : text_at(detail, "rule")];
    if (action.starts_with("commit.")) read_commit(row, detail);
    if (action.starts_with("model.")) read_model(action, detail);
    if (action == "waiver.begun") report_.waived.push_back(case_of(row, fmt::format("{} until {}: {}", waived_words(row.entry), plain_moment(text_at(detail, "until")), text_at(detail, "reason"))));
    if (action == "effect.given-up") report_.given_up.push_back(case_of(row, text_at(detail, "why")));
  }

  void finish() {
    for (const auto& [subject, outcome] : outcome_of_) ++report_.outcomes[outcome];
    for (const auto& subject : drafted_) ++report_.drafted[outcome_of_[subject]];
    report_.past_people = past_people_.size() + unnamed_people_;
    report_.incidents = ages_.size();
    report_.incidents_open = opened_.size();
    if (ages_.empty()) return;
    std::ranges::sort(ages_);
    const auto sum = std::accumulate(ages_.begin(), ages_.end(), Duration{0});
    report_.mean_drift = sum / static_cast<std::int64_t>(ages_.size());
    report_.p95_drift = ages_[(ages_.size() * kPercentile + 99) / 100 - 1];
  }

 private:
  void read_change(const AuditRow& row, const ordered_json& detail) {
    const auto& entry = row.entry;
    if (entry.action == "change.requested") {
      ++report_.requested;
      asked_by_[entry.subject] = identities_of(detail);
      add_follow_up(entry, detail);
    }
    const auto outcome = text_at(detail, "outcome");
    outcome_of_[entry.subject] = outcome.empty() ? "open" : outcome;
    if (entry.action == "change.drafted") drafted_.insert(entry.subject);
    if (entry.action == "change.approved") check_approval(row, detail);
    if (entry.action == "change.merged") check_merge(row, detail);
    if (entry.action == "change.applied" && text_in(detail, "before", "state") == "approved") check_votes(row, detail);
    const bool merged_past_us = entry.action == "change.failed" && text_in(detail, "before", "merged").empty() && !text_in(detail, "after", "merged").empty();
    if (merged_past_us) report_.unapproved.push_back(case_of(row, "merged on the forge without the approvals it needs"));
    if (entry.action == "change.content-moved") report_.pushes.push_back(case_of(row, "another commit on its branch"));
    if (entry.action == "change.followed-up") follow_up_of(entry.subject, text_at(detail, "by"));
    if (entry.action == "change.merged" || entry.action == "change.break-glass" || entry.action == "change.applied") add_to_glass(entry, text_at(detail, "break_glass"));
  }

  void read_commit(const AuditRow& row, const ordered_json& detail) {
    auto found = case_of(row, deed_words(row.entry));
    if (row.entry.action == "commit.rewritten") return report_.rewritten.push_back(std::move(found));
    const bool many = row.entry.action == "commit.caught-up";
    report_.past_commits += many ? static_cast<std::size_t>(number_at(detail, "count")) : 1;
    unnamed_people_ += static_cast<std::size_t>(number_at(detail, "more_people"));
    const auto people = detail.find("people");
    for (const auto& who : many && people != detail.end() && people->is_array() ? *people : ordered_json::array({text_at(detail, "by")})) {
      if (who.is_string()) past_people_.insert(who.get<std::string>());
    }
    found.who = many ? "several" : text_at(detail, "by");
    report_.past.push_back(std::move(found));
  }

  void check_approval(const AuditRow& row, const ordered_json& detail) {
    const auto requester = text_at(detail, "requester");
    const auto asked = asked_by_.find(row.entry.subject);
    const bool own = row.entry.actor == requester || (asked != asked_by_.end() && same_human(asked->second, identities_of(detail)));
    if (own && !requester.empty()) report_.self_approvals.push_back(case_of(row, "asked for by " + requester));
  }

  /// As many yeses to what was put in force as the policy wanted, by others than who asked.
  void check_votes(const AuditRow& row, const ordered_json& detail) {
    if (!text_at(detail, "break_glass").empty()) return;
    const auto needed = number_at(detail, "needed");
    const auto approvals = detail.find("approvals");
    std::int64_t given = 0;
    for (const auto& approval : approvals == detail.end() ? ordered_json::array() : *approvals) {
      if (approval.is_object() && !approval.contains("void") && text_at(approval, "by") != text_at(detail, "requester")) ++given;
    }
    if (given < needed) report_.unapproved.push_back(case_of(row, fmt::format("{} of {} approvals", given, needed)));
  }

  void check_merge(const AuditRow& row, const ordered_json& detail) {
    check_votes(row, detail);
    if (const auto outside = text_at(detail, "outside"); !outside.empty()) report_.outside.push_back(case_of(row, outside));
    const auto rule = text_at(detail, "quorum_rule");
    if (rule.find(" is broken by ") != std::string::npos) report_.overridden.push_back(case_of(row, rule));
  }

  void read_model(const std::string& action, const ordered_json& detail) {
    if (action == "model.asked") ++report_.model_questions;
    if (action == "model.failed") ++report_.model_silences;
    report_.model_tokens += number_at(detail, "prompt_tokens") + number_at(detail, "answer_tokens");
  }

  void read_incident(const AuditRow& row) {
    const auto& entry = row.entry;
    if (entry.action == "incident.opened") opened_[entry.subject] = row.at;
    if (entry.action == "incident.reopened") opened_.emplace(entry.subject, row.at);
    if (entry.action != "incident.resolved") return;
    const auto opened = opened_.extract(entry.subject);
    if (!opened.empty()) ages_.push_back(std::chrono::duration_cast<Duration>(row.at - opened.mapped()));
  }

  void read_glass(const AuditRow& row, const ordered_json& detail) {
    if (row.entry.action == "hold.break-glass") {
      GlassUse use;
      use.use = case_of(row, text_at(detail, "reason"));
      report_.broken_glass.push_back(std::move(use));
      return;
    }
    for (auto& use : report_.broken_glass) {
      if (use.use.subject == row.entry.subject && !use.ended_at) use.ended_at = row.at;
    }
  }

  void add_to_glass(const AuditEntry& entry, const PersonId& owner) {
    if (owner.empty()) return;
    for (auto& use : report_.broken_glass) {
      const bool listed = std::ranges::find(use.changes, entry.subject) != use.changes.end();
      if (use.use.app == entry.app && use.use.who == owner && !use.ended_at && !listed) use.changes.push_back(entry.subject);
    }
  }

  /// "follow-up of break-glass 7: ..." asked for by the bot when the glass was whole again.
  void add_follow_up(const AuditEntry& entry, const ordered_json& detail) {
    const auto reason = text_at(detail, "reason");
    for (auto& use : report_.broken_glass) {
      const auto hold = use.use.subject.substr(use.use.subject.rfind(' ') + 1);
      if (reason.starts_with(fmt::format("follow-up of break-glass {}:", hold))) use.follow_up = entry.subject;
    }
  }

  void follow_up_of(const std::string& change, const std::string& by) {
    for (auto& use : report_.broken_glass) {
      if (std::ranges::find(use.changes, change) != use.changes.end()) use.follow_up = by;
    }
  }

  AuditReport& report_;
  std::map<std::string, ordered_json> asked_by_;
  std::map<std::string, std::string> outcome_of_;
  std::set<std::string> drafted_;
  std::set<std::string> past_people_;
  std::size_t unnamed_people_ = 0;
  std::map<std::string, WallTime> opened_;
  std::vector<Duration> ages_;
};

}  // namespace

AuditReport make_report(const std::vector<AuditRow>& rows, std::optional<WallTime> from, WallTime to) {
  AuditReport report;
  report.from = from;
  report.to = to;
  report.rows = rows.size();
  Reader reader(report);
  for (const auto& row : rows) reader.read(row);
  reader.finish();
  return report;
}

}  // namespace driftwarden
