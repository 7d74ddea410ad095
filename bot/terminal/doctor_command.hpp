#pragma once
// `driftwarden doctor`: is everything that the config names there, and may we do there what we must. Changes nothing anywhere.
#include "bot/config/config.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct DoctorArguments {
  std::string config;
  std::string output = "text";
  std::string cache{};        ///< directory that keeps the clones; "" = a temporary one
  bool usual_kinds = false;   ///< rights for the usual kinds, in place of rendering every App
  Duration patience = std::chrono::seconds{30};  ///< for the look at Git
};

/// Exit code: 0 no problem (warnings at most), 1 a problem, 2 wrong use.
int run_doctor(const DoctorArguments& arguments, const Environment& environment, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
