#include "integrations/sandbox/cluster/times.hpp"

#include "gitops/base/text.hpp"

namespace driftwarden::sandbox::cluster {

std::string second_text(WallTime now) { return format_time(std::chrono::floor<std::chrono::seconds>(now)); }

}  // namespace driftwarden::sandbox::cluster
