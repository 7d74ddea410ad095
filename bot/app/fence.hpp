#pragma once
// What goes out past HTTP: with several instances nothing may, unless this one leads.
#include "gitops/repository/transport.hpp"

#include <functional>

namespace driftwarden {

/// Pushes are refused (Cancelled) while `may_speak` says no; fetches never. An empty one changes nothing.
TransportFactory with_fence(TransportFactory inner, std::function<bool()> may_speak);

}  // namespace driftwarden
