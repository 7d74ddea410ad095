#pragma once
// What the cells of tables are made of.
#include "gitops/base/clock.hpp"
#include "integrations/sandbox/cluster/json.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

/// "12s", "5m3s", "3h", "2d" as kubectl prints ages.
std::string human_duration(Duration age);
/// Since the RFC 3339 text; "<unknown>" when there is none.
std::string age_since(const std::string& time, WallTime now);

struct Column {
  const char* name;
  std::function<Json(const Json& object, WallTime now)> cell;
  const char* type = "string";
  int priority = 0;
};
const std::vector<Column>* workload_columns(const std::string& kind);
const std::vector<Column>* other_columns(const std::string& kind);
Column age_column();
Column name_column();

}  // namespace driftwarden::sandbox::cluster
