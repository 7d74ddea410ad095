// driftwarden_simulate: whole lives of the bot in worlds made from seeds.
#include "gitops/base/log.hpp"
#include "tests/sim/universe.hpp"

#include <fmt/core.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace driftwarden::sim {
namespace {

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t to = 100;
  int jobs = 1;
  int minutes = 6;
  std::size_t at_least = std::numeric_limits<std::size_t>::max();  ///< so many planted bugs must be found
  bool trace = false;
  bool reached = false;
  bool mutants = false;
  bool log = false;
  bool keep_going = false;
  bool twice = false;
  std::string mutant;  ///< only those whose name holds it
  std::uint64_t seeds_per_mutant = 60;
};

constexpr const char* kUsage =
    "usage: driftwarden_simulate [--seed N | --seeds A..B] [--jobs N] [--minutes N] [--trace] [--reached] [--log] [--keep-going]\n"
    "       driftwarden_simulate --seeds A..B --twice\n"
    "       driftwarden_simulate --mutants [--mutant WORDS] [--up-to SEEDS] [--jobs N] [--at-least FOUND]\n";

Arguments read(int count, char** values) {
  Arguments arguments;
  const auto value = [&](int& i) -> std::string {
    if (i + 1 >= count) throw std::invalid_argument(std::string(values[i]) + " needs a value");
    return values[++i];
  };
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (name == "--seed") {
      arguments.from = arguments.to = std::stoull(value(i));
    } else if (name == "--seeds") {
      const auto range = value(i);
      const auto dots = range.find("..");
      if (dots == std::string::npos) throw std::invalid_argument("--seeds wants A..B");
      arguments.from = std::stoull(range.substr(0, dots));
      arguments.to = std::stoull(range.substr(dots + 2));
    } else if (name == "--jobs") {
      arguments.jobs = std::stoi(value(i));
    } else if (name == "--at-least") {
      arguments.at_least = std::stoul(value(i));
    } else if (name == "--minutes") {
      arguments.minutes = std::stoi(value(i));
    } else if (name == "--mutant") {
      arguments.mutants = true;
      arguments.mutant = value(i);
    } else if (name == "--up-to") {
      arguments.seeds_per_mutant = std::stoull(value(i));
    } else if (name == "--trace") {
      arguments.trace = true;
    } else if (name == "--reached") {
      arguments.reached = true;
    } else if (name == "--mutants") {
      arguments.mutants = true;
    } else if (name == "--log") {
      arguments.log = true;
    } else if (name == "--twice") {
      arguments.twice = true;
    } else if (name == "--keep-going") {
      arguments.keep_going = true;
    } else {
      throw std::invalid_argument("unknown argument " + name);
    }
  }
  return arguments;
}

/// In memory where the machine has such a place: nothing of it must last.
std::string workplace() {
  std::error_code failed;
  const auto* given = std::getenv("TMPDIR");
  const std::string shared = "/dev/shm";
  const bool in_memory = given == nullptr && std::filesystem::is_directory(shared, failed) && access(shared.c_str(), W_OK) == 0;
  auto pattern = (in_memory ? shared : std::filesystem::temp_directory_path().string()) + "/driftwarden-sim-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no place for repositories");
  return pattern;
}

class Workplace {
 public:
  Workplace() : path(workplace()) {}
  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::string path;
};

SeedOutcome run_one(const Arguments& arguments, const Workplace& workplace, std::uint64_t seed, bool traced, const Mutant* mutant) {
  SeedOptions options;
  options.seed = seed;
  options.traced = traced;
  options.minutes = arguments.minutes;
  options.mutant = mutant;
  options.directory = workplace.path + "/seed";
  return run_seed(options);
}

std::string again(const Arguments& arguments, std::uint64_t seed) {
  return fmt::format("driftwarden_simulate --seed {} --trace{}", seed, arguments.minutes == 6 ? "" : fmt::format(" --minutes {}", arguments.minutes));
}

/// A share of the work in a process of its own: its report, a line each.
std::string in_child(const std::function<std::string()>& work, int& pipe_out, pid_t& child) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
  child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    close(ends[0]);
    std::string report;
    int code = 0;
    try {
      report = work();
    } catch (const std::exception& thrown) {
      report = std::string("thrown ") + thrown.what() + "\n";
      code = 3;
    }
    std::size_t at = 0;
    while (at < report.size()) {
      const auto written = write(ends[1], report.data() + at, report.size() - at);
      if (written <= 0) break;
      at += static_cast<std::size_t>(written);
    }
    close(ends[1]);
    std::fflush(nullptr);
    _exit(code);
  }
  close(ends[1]);
  pipe_out = ends[0];
  return {};
}

std::vector<std::string> in_children(int jobs, const std::function<std::string(int)>& work) {
  std::vector<std::pair<int, pid_t>> children;
  for (int job = 0; job < jobs; ++job) {
    int out = -1;
    pid_t child = 0;
    (void)in_child([&work, job] { return work(job); }, out, child);
    children.emplace_back(out, child);
  }
  std::vector<std::string> reports;
  for (const auto& [out, child] : children) {
    std::string report;
    char buffer[65536];
    for (ssize_t got = 0; (got = ::read(out, buffer, sizeof buffer)) > 0;) report.append(buffer, static_cast<std::size_t>(got));
    close(out);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) report += fmt::format("\nthrown a worker ended with status {}\n", status);
    reports.push_back(std::move(report));
  }
  return reports;
}

std::string share_of_seeds(const Arguments& arguments, int job) {
  const Workplace workplace;
  Totals totals;
  std::string report;
  for (auto seed = arguments.from + static_cast<std::uint64_t>(job); seed <= arguments.to; seed += static_cast<std::uint64_t>(arguments.jobs)) {
    const auto outcome = run_one(arguments, workplace, seed, false, nullptr);
    totals.add(outcome.totals);
    if (!outcome.broken) continue;
    auto what = outcome.broken->what.substr(0, 400);
    std::ranges::replace(what, '\n', ' ');
    report += fmt::format("broken {} {}: {}\n", seed, outcome.broken->invariant, what);
    if (!arguments.keep_going) break;
  }
  return report + "totals " + totals.to_text() + "\n";
}

void print_totals(const Totals& totals, double seconds, bool reached) {
  fmt::print("seeds {}, virtual hours {:.1f}, {:.1f} seeds/s\n", totals.seeds, static_cast<double>(totals.minutes) / 60, static_cast<double>(totals.seeds) / std::max(seconds, 0.001));
  fmt::print("outside calls {}, transactions {}, said and pressed {}, checks {}\n", totals.calls, totals.transactions, totals.said, totals.checks);
  fmt::print("crashes {}, power cuts {}, orderly restarts {}, lost sectors {}\n", totals.crashes, totals.power_cuts, totals.restarts, totals.lost_writes);
  std::string faults;
  for (const auto& [kind, count] : totals.faults) faults += fmt::format("{}{} {}", faults.empty() ? "" : ", ", kind, count);
  fmt::print("faults: {}\n", faults);
  if (!reached) return;
  for (const auto& [what, count] : totals.reached) fmt::print("  {:<32} {}\n", what, count);
}

int run_seeds(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const auto reports = in_children(arguments.jobs, [&](int job) { return share_of_seeds(arguments, job); });
  Totals totals;
  int failures = 0;
  for (const auto& report : reports) {
    std::size_t at = 0;
    while (at < report.size()) {
      const auto end = std::min(report.find('\n', at), report.size());
      const auto line = report.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("totals ")) totals.add(Totals::from_text(line.substr(7)));
      if (line.starts_with("thrown ")) {
        fmt::print("{}\n", line);
        ++failures;
      }
      if (!line.starts_with("broken ")) continue;
      ++failures;
      const auto seed = std::stoull(line.substr(7));
      fmt::print("seed {} breaks {}\n  repeat it by: {}\n", seed, line.substr(line.find(' ', 7) + 1), again(arguments, seed));
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  print_totals(totals, took.count(), arguments.reached);
  return failures == 0 ? 0 : 1;
}

int trace_one(const Arguments& arguments) {
  const Workplace workplace;
  const Mutant* planted = nullptr;
  for (const auto& mutant : mutants()) {
    if (!arguments.mutant.empty() && mutant.name.find(arguments.mutant) != std::string_view::npos) planted = &mutant;
  }
  const auto outcome = run_one(arguments, workplace, arguments.from, arguments.trace, planted);
  if (arguments.trace) fmt::print("{}", outcome.trace);
  fmt::print("seed {}: trace {:016x}\n", arguments.from, outcome.digest);
  print_totals(outcome.totals, 1, arguments.reached);
  if (!outcome.broken) return 0;
  fmt::print("seed {} breaks {}: {}\n  repeat it by: {}\n", arguments.from, outcome.broken->invariant, outcome.broken->what, again(arguments, arguments.from));
  return 1;
}

/// The same seeds in two processes, there in the other order: whatever chance or memory gets in shows.
int run_twice(const Arguments& arguments) {
  const auto reports = in_children(2, [&](int job) {
    const Workplace workplace;
    std::map<std::uint64_t, std::string> traces;
    for (auto i = arguments.from; i <= arguments.to; ++i) {
      const auto seed = job == 0 ? i : arguments.to - (i - arguments.from);
      const auto outcome = run_one(arguments, workplace, seed, true, nullptr);
      traces[seed] = fmt::format("seed {}: {} bytes of trace, {:016x}\n", seed, outcome.trace.size(), outcome.digest);
    }
    std::string report;
    for (const auto& [seed, line] : traces) report += line;
    return report;
  });
  fmt::print("{}", reports.front());
  if (reports.front() == reports.back()) return 0;
  fmt::print("and the second time:\n{}", reports.back());
  return 1;
}

struct Found {
  bool expected = false;
  std::string line;
};

Found hunt(const Arguments& arguments, const Workplace& workplace, const Mutant& mutant) {
  for (std::uint64_t seed = arguments.from; seed < arguments.from + arguments.seeds_per_mutant; ++seed) {
    const auto outcome = run_one(arguments, workplace, seed, false, &mutant);
    if (!outcome.broken) continue;
    const bool expected = std::ranges::find(mutant.found_by, std::string_view(outcome.broken->invariant)) != mutant.found_by.end();
    return {expected, fmt::format("{} {} (seed {}): {}", expected ? "found by" : "FOUND BY AN INVARIANT THAT WASN'T EXPECTED,", outcome.broken->invariant, seed, outcome.broken->what.substr(0, 110))};
  }
  return {false, fmt::format("NOT FOUND in {} seeds", arguments.seeds_per_mutant)};
}

int hunt_mutants(const Arguments& arguments) {
  std::vector<const Mutant*> planted;
  for (const auto& mutant : mutants()) {
    if (mutant.name.find(arguments.mutant) != std::string_view::npos) planted.push_back(&mutant);
  }
  const auto reports = in_children(arguments.jobs, [&](int job) {
    const Workplace workplace;
    std::string report;
    for (auto i = static_cast<std::size_t>(job); i < planted.size(); i += static_cast<std::size_t>(arguments.jobs)) {
      const auto found = hunt(arguments, workplace, *planted[i]);
      report += fmt::format("{}{}: {}\n", found.expected ? '+' : '-', planted[i]->name, found.line);
    }
    return report;
  });
  std::size_t found = 0;
  for (const auto& report : reports) {
    std::size_t at = 0;
    while (at < report.size()) {
      const auto end = std::min(report.find('\n', at), report.size());
      const auto line = report.substr(at, end - at);
      at = end + 1;
      if (line.empty()) continue;
      found += line.front() == '+' ? 1 : 0;
      fmt::print("{}\n", line.front() == '+' || line.front() == '-' ? line.substr(1) : line);
    }
  }
  fmt::print("planted bugs found: {} of {}\n", found, planted.size());
  return found >= std::min(arguments.at_least, planted.size()) ? 0 : 1;
}

}  // namespace
}  // namespace driftwarden::sim

int main(int count, char** values) {
  using namespace driftwarden;
  try {
    const auto arguments = sim::read(count, values);
    set_log_level(arguments.log ? LogLevel::Info : LogLevel::Off);
    if (arguments.twice) return sim::run_twice(arguments);
    if (arguments.trace || (arguments.from == arguments.to && !arguments.mutants)) return sim::trace_one(arguments);
    if (arguments.mutants) return sim::hunt_mutants(arguments);
    return sim::run_seeds(arguments);
  } catch (const std::invalid_argument& wrong) {
    fmt::print(stderr, "{}\n{}", wrong.what(), sim::kUsage);
    return 2;
  } catch (const std::exception& thrown) {
    fmt::print(stderr, "driftwarden_simulate: {}\n", thrown.what());
    return 3;
  }
}
