#include "gitops/model/seats.hpp"

#include <algorithm>
#include <iterator>

namespace driftwarden {

int seats_of(const Quorum& quorum) { return std::max(quorum.need, 0) + std::max(quorum.extra.need, 0); }

bool is_extra(const Quorum& quorum, const Approval& approval) {
  const auto names = [&](const PersonId& person) { return !person.empty() && std::ranges::find(quorum.extra.from, person) != quorum.extra.from.end(); };
  return names(approval.by) || names(approval.in_place_of);
}

std::vector<Approval> yeses_of(const Change& change) {
  std::vector<Approval> yeses;
  std::ranges::copy_if(change.approvals, std::back_inserter(yeses), [&](const Approval& approval) { return approval.of == change.content; });
  return yeses;
}

OpenSeats open_seats(const Quorum& quorum, const std::vector<Approval>& counted) {
  int rule_only = 0;
  int extra_only = 0;
  int either = 0;
  for (const auto& approval : counted) {
    const bool for_extra = is_extra(quorum, approval);
    if (for_extra && !approval.extra_only) ++either;
    if (for_extra && approval.extra_only) ++extra_only;
    if (!for_extra && !approval.extra_only) ++rule_only;
  }
  OpenSeats open;
  open.rule = std::max(0, quorum.need - rule_only);
  open.extra = std::max(0, quorum.extra.need - extra_only);
  // Who can take either seat takes one of the fewer people's, so that most can take what stays open.
  const int to_extra = std::min(open.extra, either);
  open.extra -= to_extra;
  open.rule = std::max(0, open.rule - (either - to_extra));
  return open;
}

OpenSeats open_seats(const Change& change, const std::vector<PersonId>& counted) {
  std::vector<Approval> yeses;
  for (const auto& person : counted) {
    const auto given = std::ranges::find_if(change.approvals, [&](const Approval& approval) { return approval.by == person && approval.of == change.content; });
    Approval yes;
    yes.by = person;
    yeses.push_back(given == change.approvals.end() ? std::move(yes) : *given);
  }
  return open_seats(change.quorum, yeses);
}

}  // namespace driftwarden
