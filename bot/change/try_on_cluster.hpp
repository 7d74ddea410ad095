#pragma once
// What the API server says of objects that aren't in Git yet, before people are asked about them. Writes nothing.
#include "bot/watch/fleet.hpp"

#include <string>
#include <vector>

namespace driftwarden {

/// Why an object that is made can't be the App's, for people: another App has it. "" = nobody has.
std::string taken_by_another(Fleet& fleet, const App& app, const std::vector<Manifest>& before, const std::vector<Manifest>& after);

/// A server-side dry-run of each object that would be new or other than now. Notes for people: that they were tried, or why some couldn't be.
/// InvalidInput with the server's own words where it refuses one, and where an object that shall be new is in the cluster already.
asio::awaitable<Result<std::vector<std::string>>> try_on_cluster(Fleet& fleet, Clock& clock, App app, std::vector<Manifest> before, std::vector<Manifest> after);

}  // namespace driftwarden
