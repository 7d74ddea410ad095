#pragma once
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"

#include <string>
#include <utility>
#include <vector>

namespace driftwarden {

inline constexpr WallTime kMorning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{9}};

/// Rows one minute apart.
class Log {
 public:
  Log& add(std::string actor, std::string action, std::string app, std::string subject, std::string detail = "{}") {
    AuditRow row;
    row.seq = static_cast<std::int64_t>(rows.size()) + 1;
    row.at = kMorning + std::chrono::minutes{row.seq};
    row.entry = {std::move(actor), std::move(action), std::move(app), std::move(subject), std::move(detail)};
    rows.push_back(std::move(row));
    return *this;
  }
  std::vector<AuditRow> rows;
};

}  // namespace driftwarden
