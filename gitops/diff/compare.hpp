#pragma once
// The comparator: Desired against Live, local and pure. Meaning: drift.md sections 3 to 6.
#include "gitops/base/clock.hpp"
#include "gitops/diff/schema.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// The server's answer to a forced apply dry-run of Desired.
struct DryRun {
  unsigned status = 200;
  JsonPtr object;
  std::string message;
};

enum class ManagerClass { Applier, Person, Controller };

/// Which field managers apply Git and which are people's tools, as globs; all others are controllers (drift.md section 3).
struct ManagerClasses {
  std::vector<std::string> appliers;
  std::vector<std::string> people;
  static const ManagerClasses& defaults();
  ManagerClass of(std::string_view manager) const;
  bool operator==(const ManagerClasses&) const = default;
};

struct CompiledRule;

/// Ignore rules with their paths read: made once for an App and shared by the comparisons of all its objects.
class CompiledRules {
 public:
  explicit CompiledRules(const std::vector<IgnoreRule>& rules);
  const std::vector<CompiledRule>& all() const { return *rules_; }

 private:
  std::shared_ptr<const std::vector<CompiledRule>> rules_;
};

struct CompareContext {
  const Schemas* schemas = nullptr;          ///< null = the built-in table
  const Redactor* redactor = nullptr;        ///< must not be null
  const ManagerClasses* managers = nullptr;  ///< null = the defaults
  std::string app;                           ///< for tracking: whose object an annotated one is
  std::optional<bool> kind_served;           ///< false: Unknown with note kind-not-served
  std::vector<IgnoreRule> ignore;
  const CompiledRules* compiled = nullptr;  ///< made from `ignore`, which is then not read again; null = done for each comparison
  WallTime now{};                           ///< for rules that expire
  std::vector<std::string> disabled_rules;  ///< built-in rules that are switched off, by name (drift.md section 4)
  /// Paths (as in ignore rules) at which two renders of one revision differ: never drift, noted as `render-unstable`. Null = none.
  const std::vector<std::string>* unstable = nullptr;
  std::vector<std::string> marks{};  ///< what the objects bear that the App's own deployer made (deployers.hpp); empty = we deploy it
};

/// `desired` null = Git lacks it; `live` null = not in the cluster; `last_synced` null = not known; `dry_run` null = not confirmed.
/// RuleHit::rule of the result counts in `context.ignore`.
ObjectDrift compare(const nlohmann::json* desired, const nlohmann::json* live, const nlohmann::json* last_synced, const DryRun* dry_run,
                    const CompareContext& context);

/// The same for a local verdict only, as fast as it goes: no field is printed, nothing allocated for a Synced object where it can be helped.
bool drifted(const nlohmann::json& desired, const nlohmann::json& live, const CompareContext& context);

inline constexpr std::string_view kTrackingAnnotation = "driftwarden.io/tracking";
/// "app:group/Kind:ns/name"
std::string tracking_id(const std::string& app, const ObjectRef& ref);

/// By the default classes.
ManagerClass classify_manager(std::string_view manager);

/// Desired as it can be sent for a dry-run. Left out is what the server refuses or ignores: fields that its own schema doesn't know (the
/// built-in table is no proof), status, what it writes into metadata itself.
nlohmann::json for_dry_run(const nlohmann::json& desired, const Schemas* schemas);

/// The manager to name for the value at a path of a FieldDrift: people before controllers before appliers; "" when nobody owns it.
std::string manager_at(const nlohmann::json& live, std::string_view path, const ManagerClasses& managers);

}  // namespace driftwarden
