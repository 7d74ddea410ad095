#pragma once
// How an App stands now, for everything that lists Apps.
#include "bot/view/answer_view.hpp"
#include "bot/watch/fleet.hpp"

namespace driftwarden {

/// Its report and health; incident and open Change are the caller's to add.
view::StatusRow status_row(Fleet& fleet, const App& app);

}  // namespace driftwarden
