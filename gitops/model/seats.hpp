#pragma once
// Which approvals a Change still lacks: those of the rule, and those that its cost wants beside them. Pure.
#include "gitops/model/change.hpp"

#include <vector>

namespace driftwarden {

struct OpenSeats {
  int rule = 0;   ///< of Quorum::need
  int extra = 0;  ///< of Quorum::extra
  int all() const { return rule + extra; }
  bool operator==(const OpenSeats&) const = default;
};

/// Those to the present content.
std::vector<Approval> yeses_of(const Change& change);
/// `counted` are yeses that count for the present content, each by another person. Everybody sits on one seat, and so that the fewest stay open.
OpenSeats open_seats(const Quorum& quorum, const std::vector<Approval>& counted);
/// Of the people in counted_approvers.
OpenSeats open_seats(const Change& change, const std::vector<PersonId>& counted);
/// As many as it needs in all.
int seats_of(const Quorum& quorum);
/// It is by, or in place of, one of those whom the extra approvals are of.
bool is_extra(const Quorum& quorum, const Approval& approval);

}  // namespace driftwarden
