#include "bot/metrics/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace driftwarden {
namespace {

/// Places in /proc/self/stat behind the name in parentheses, the state being the first (proc(5) counts it as 3).
constexpr std::size_t kUserTime = 11;
constexpr std::size_t kSystemTime = 12;
constexpr std::size_t kThreads = 17;
constexpr std::size_t kStartTime = 19;
constexpr std::size_t kVirtualBytes = 20;
constexpr std::size_t kResidentPages = 21;

std::string read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double count_files(const char* directory) {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) ++count;
  return count;
}

}  // namespace

std::optional<ProcessFigures> parse_process_stat(const std::string& stat, const MachineUnits& units) {
  // The name may hold blanks and parentheses.
  const auto name_ends = stat.rfind(')');
  if (name_ends == std::string::npos) return std::nullopt;
  std::istringstream rest(stat.substr(name_ends + 1));
  std::string state;
  rest >> state;
  std::vector<double> fields{0};
  for (double value = 0; rest >> value;) fields.push_back(value);
  if (fields.size() <= kResidentPages) return std::nullopt;
  ProcessFigures figures;
  figures.cpu_seconds = (fields[kUserTime] + fields[kSystemTime]) / units.ticks_per_second;
  figures.threads = fields[kThreads];
  figures.start_time_seconds = units.boot_time_seconds + fields[kStartTime] / units.ticks_per_second;
  figures.virtual_bytes = fields[kVirtualBytes];
  figures.resident_bytes = fields[kResidentPages] * units.page_bytes;
  return figures;
}

double parse_boot_time(const std::string& stat) {
  std::istringstream lines(stat);
  for (std::string line; std::getline(lines, line);) {
    double seconds = 0;
    if (line.starts_with("btime ") && std::istringstream(line.substr(6)) >> seconds) return seconds;
  }
  return 0;
}

std::optional<ProcessFigures> read_process_figures() {
  MachineUnits units;
  if (const auto ticks = ::sysconf(_SC_CLK_TCK); ticks > 0) units.ticks_per_second = static_cast<double>(ticks);
  if (const auto page = ::sysconf(_SC_PAGESIZE); page > 0) units.page_bytes = static_cast<double>(page);
  units.boot_time_seconds = parse_boot_time(read_text("/proc/stat"));
  auto figures = parse_process_stat(read_text("/proc/self/stat"), units);
  if (!figures) return std::nullopt;
  figures->open_fds = count_files("/proc/self/fd");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures->max_fds = static_cast<double>(limit.rlim_cur);
  return figures;
}

void write(MetricText& text, const ProcessFigures& figures) {
  text.one("process_cpu_seconds_total", MetricType::Counter, "CPU time of all threads, in user and system mode.", figures.cpu_seconds);
  text.one("process_resident_memory_bytes", MetricType::Gauge, "Memory that is held in RAM.", figures.resident_bytes);
  text.one("process_virtual_memory_bytes", MetricType::Gauge, "Address space.", figures.virtual_bytes);
  text.one("process_start_time_seconds", MetricType::Gauge, "When the process began, since the epoch.", figures.start_time_seconds);
  text.one("process_threads", MetricType::Gauge, "Threads.", figures.threads);
  text.one("process_open_fds", MetricType::Gauge, "Open file descriptors.", figures.open_fds);
  text.one("process_max_fds", MetricType::Gauge, "How many file descriptors may be open.", figures.max_fds);
}

}  // namespace driftwarden
