#pragma once
// The comparator: Desired against Live, local and pure. Meaning: drift.md sections 3 to 6.
#include "gitops/base/clock.hpp"
#include "gitops/diff/schema.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// The server's answer to a forced apply dry-run of Desired.
struct DryRun {
  unsigned status = 200;
  JsonPtr object;
  std::string message;
};

struct CompareContext {
  const Schemas* schemas = nullptr;    ///< null = the built-in table
  const Redactor* redactor = nullptr;  ///< must not be null
  std::string app;                     ///< for tracking: whose object an annotated one is
  std::optional<bool> kind_served;     ///< false: Unknown with note kind-not-served
  std::vector<IgnoreRule> ignore;
  WallTime now{};                           ///< for rules that expire
  std::vector<std::string> disabled_rules;  ///< built-in rules that are switched off, by name (drift.md section 4)
};

/// `desired` null = Git lacks it; `live` null = not in the cluster; `last_synced` null = not known; `dry_run` null = not confirmed.
ObjectDrift compare(const nlohmann::json* desired, const nlohmann::json* live, const nlohmann::json* last_synced, const DryRun* dry_run,
                    const CompareContext& context);

/// The same for a local verdict only, as fast as it goes: no field is printed, nothing allocated for a Synced object where it can be helped.
bool drifted(const nlohmann::json& desired, const nlohmann::json& live, const CompareContext& context);

inline constexpr std::string_view kTrackingAnnotation = "driftwarden.io/tracking";
/// "app:group/Kind:ns/name"
std::string tracking_id(const std::string& app, const ObjectRef& ref);

enum class ManagerClass { Applier, Person, Controller };
ManagerClass classify_manager(std::string_view manager);

}  // namespace driftwarden
