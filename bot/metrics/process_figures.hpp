#pragma once
// What the process takes of the machine, under the names that every Prometheus exporter gives these.
#include "bot/metrics/metric_text.hpp"

#include <optional>
#include <string>

namespace driftwarden {

struct ProcessFigures {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double start_time_seconds = 0;  ///< since the epoch
  double threads = 0;
  double open_fds = 0;
  double max_fds = 0;
};

struct MachineUnits {
  double ticks_per_second = 100;
  double page_bytes = 4096;
  double boot_time_seconds = 0;
};
/// From the text of /proc/self/stat; nothing when it is another.
std::optional<ProcessFigures> parse_process_stat(const std::string& stat, const MachineUnits& units);
/// "btime" of /proc/stat; 0 when it isn't there.
double parse_boot_time(const std::string& stat);

/// Of this process; nothing where there is no /proc.
std::optional<ProcessFigures> read_process_figures();
void write(MetricText& text, const ProcessFigures& figures);

}  // namespace driftwarden
