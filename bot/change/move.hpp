#pragma once
// From one cluster to another: what a move was asked for, and the App in either place. Pure.
#include "bot/command/intents.hpp"
#include "bot/config/config.hpp"
#include "gitops/base/result.hpp"
#include "gitops/model/change.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// Change::argument of a move: where it shall go, and where it was when that was asked. Once merged, nobody else knows that any more.
struct MoveRecord {
  MoveRequest to{};
  std::string cluster{};
  std::string namespace_{};
  std::string path{};
  bool operator==(const MoveRecord&) const = default;
};
std::string to_json_text(const MoveRecord& record);
MoveRecord move_record_from(const std::string& text);
MoveRecord move_record(const App& app, MoveRequest to);

/// The rule that found the App by its place; null = another, or none.
const DiscoverRule* paths_rule_of(const App& app, const Config& config);
/// The App in its new place: cluster, namespace, environment, and where its place in Git says it, the path. InvalidInput where it can't be there.
Result<App> moved_app(const App& app, const MoveRequest& to, const Config& config);
/// The App as it was before, whatever it is by now.
App app_before(App app, const MoveRecord& record, const Config& config);
bool is_there(const App& app, const MoveRecord& record);

}  // namespace driftwarden
