#include "integrations/terraform/units.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "integrations/terraform/invoke.hpp"

#include <nlohmann/json.hpp>

#include <boost/uuid/detail/sha1.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <filesystem>

namespace driftwarden::terraform {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using State = PlanOutcome::State;

constexpr std::size_t kLongestError = 400;
constexpr std::size_t kMostLines = 12;

struct Reported {
  std::string result;
  std::string reason;
  std::string cause;
};

/// Newer versions write the members in lower case.
std::string field(const json& row, const char* name, const char* other) {
  const auto text = text_at(row, name);
  return std::string(text.empty() ? text_at(row, other) : text);
}

std::string relative_to(const std::string& path, const std::string& directory) {
  std::error_code failed;
  auto unit = path;
  for (const auto& root : {directory, fs::weakly_canonical(directory, failed).string()}) {
    if (unit == root) return ".";
    if (unit.starts_with(root + "/")) unit = unit.substr(root.size() + 1);
  }
  if (unit.starts_with("./")) unit = unit.substr(2);
  return unit.empty() ? "." : unit;
}

std::map<std::string, Reported> read_report(const std::string& text, const std::string& directory) {
  std::map<std::string, Reported> units;
  const auto rows = json::parse(text, nullptr, false);
  if (rows.is_discarded() || !rows.is_array()) return units;
  for (const auto& row : rows) {
    const auto name = field(row, "Name", "name");
    if (name.empty()) continue;
    units[relative_to(name, directory)] = {to_lower(field(row, "Result", "result")), field(row, "Reason", "reason"), field(row, "Cause", "cause")};
  }
  return units;
}

std::map<std::string, std::string> plan_files(const std::string& directory) {
  std::map<std::string, std::string> files;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(directory, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (entry->path().filename() != "tfplan.json") continue;
    auto unit = fs::relative(entry->path().parent_path(), directory, failed).string();
    files[unit.empty() ? "." : unit] = entry->path().string();
  }
  return files;
}

Result<Plan> read_plan_file(const std::string& path) {
  const auto shown = json::parse(read_text(path), nullptr, false);
  if (shown.is_discarded()) return Error{ErrorKind::Corrupt, "its plan can't be read"};
  return read_plan(shown);
}

void take_plan(Plan plan, const std::string& unit, Plan& into) {
  for (auto& object : plan.objects) {
    object.object.namespace_ = object.object.namespace_.empty() ? unit : fmt::format("{}/{}", unit, object.object.namespace_);
    into.objects.push_back(std::move(object));
  }
  for (const auto& output : plan.outputs) into.outputs.push_back(fmt::format("{}.{}", unit, output));
  into.resources += plan.resources;
  into.content = sha256_hex(fmt::format("{}\n{} {}", into.content, unit, plan.content));
  into.drifted = into.drifted || plan.drifted;
  into.pending = into.pending || plan.pending;
  into.destructive = into.destructive || plan.destructive;
}

std::string failure_text(const Reported& reported, const UnitRun& run, const std::string& unit) {
  auto text = error_of_unit(run.output, unit);
  if (!text.empty()) return text;
  if (reported.result == "early exit") return reported.cause.empty() ? "a unit that it depends on failed" : fmt::format("it depends on {}, which failed", reported.cause);
  text = reported.cause.empty() ? reported.reason : reported.cause;
  return text.empty() ? "it failed and left no plan" : ellipsize(hide_secrets(text), kLongestError);
}

/// Where Terragrunt keeps what it makes of a unit whose module lies elsewhere: unpadded base64url of the SHA-1 of the unit's path.
std::string name_of_download(const std::string& unit) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(unit.data(), unit.size());
  unsigned int words[5];
  hash.get_digest(words);
  std::string bytes;
  for (const auto word : words) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((word >> shift) & 0xffU);
  }
  auto name = base64_encode(bytes);
  while (name.ends_with('=')) name.pop_back();
  std::ranges::replace(name, '+', '-');
  std::ranges::replace(name, '/', '_');
  return name;
}

/// What `init` left of backends below a directory; "" for a module that it was in and that has none.
std::vector<std::string> backends_below(const std::string& directory) {
  std::vector<std::string> backends;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(directory, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (!entry->is_directory(failed) || entry->path().filename() != ".terraform") continue;
    entry.disable_recursion_pending();
    backends.push_back(read_text((entry->path() / "terraform.tfstate").string()));
  }
  return backends;
}

class Gathering {
 public:
  explicit Gathering(const UnitRun& run) : run_(run), reported_(read_report(run.report, run.directory)), files_(plan_files(run.json_directory)) {}

  PlanOutcome gather() {
    for (const auto& [unit, file] : files_) planned(unit, file);
    if (reported_.empty()) {
      for (const auto& unit : unit_paths(run_.directory)) {
        if (!files_.contains(unit) && run_.exit_code == 1) failed(unit, {});
      }
    }
    for (const auto& [unit, row] : reported_) {
      if (files_.contains(unit) || row.result == "excluded") continue;
      if (row.result != "succeeded") failed(unit, row);
    }
    std::ranges::sort(outcome_.units, {}, &PlanOutcome::Unit::path);
    conclude();
    return std::move(outcome_);
  }

 private:
  void planned(const std::string& unit, const std::string& file) {
    const auto row = reported_.find(unit);
    if (row != reported_.end() && row->second.result != "succeeded") return failed(unit, row->second);
    auto plan = read_plan_file(file);
    if (!plan) {
      outcome_.units.push_back({unit, State::Failed, plan.error().message});
      return;
    }
    const bool differs = !plan->objects.empty() || !plan->outputs.empty();
    outcome_.units.push_back({unit, differs ? State::Differs : State::InSync, {}});
    take_plan(*std::move(plan), unit, outcome_.plan);
  }

  void failed(const std::string& unit, const Reported& row) { outcome_.units.push_back({unit, State::Failed, failure_text(row, run_, unit)}); }

  void conclude() {
    std::vector<std::string> broken;
    bool differs = false;
    for (const auto& unit : outcome_.units) {
      differs = differs || unit.state == State::Differs;
      if (unit.state == State::Failed) broken.push_back(fmt::format("{}: {}", unit.path, unit.error));
    }
    outcome_.state = differs ? State::Differs : State::InSync;
    if (outcome_.units.empty() && run_.exit_code != 0) {
      outcome_.error = errors_in(run_.output);
      outcome_.state = State::Failed;
    } else if (outcome_.units.empty()) {
      outcome_.error = "there is no unit below this directory";
      outcome_.state = State::Failed;
    } else if (!broken.empty()) {
      outcome_.error = fmt::format("{} of {} units can't be planned: {}", broken.size(), outcome_.units.size(), ellipsize(join(broken, "; "), 2 * kLongestError));
      if (!differs) outcome_.state = State::Failed;
    }
  }

  const UnitRun& run_;
  std::map<std::string, Reported> reported_;
  std::map<std::string, std::string> files_;
  PlanOutcome outcome_;
};

}  // namespace

std::vector<std::string> unit_paths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(directory, failed); !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    if (entry->is_directory(failed) && name.starts_with(".")) entry.disable_recursion_pending();
    if (name != "terragrunt.hcl") continue;
    const auto unit = fs::relative(entry->path().parent_path(), directory, failed).string();
    paths.push_back(unit.empty() ? "." : unit);
  }
  // A file at the top that others include is no unit.
  if (paths.size() > 1) std::erase(paths, ".");
  std::ranges::sort(paths);
  return paths;
}

std::string error_of_unit(std::string_view output, const std::string& unit) {
  const auto text = without_decoration(output);
  const auto mark = fmt::format("[{}]", unit);
  std::vector<std::string> lines;
  bool in_error = false;
  for (const auto& line : split(text, '\n')) {
    const auto at = line.find(mark);
    if (at == std::string::npos) continue;
    auto words = std::string(trim(std::string_view(line).substr(at + mark.size())));
    // "tofu: Error: ..." or "terraform: ..."
    for (const auto* prefix : {"tofu:", "terraform:", "tofu", "terraform"}) {
      if (words.starts_with(prefix)) words = std::string(trim(std::string_view(words).substr(std::string_view(prefix).size())));
    }
    in_error = in_error || words.starts_with("Error");
    if (in_error && !words.empty() && lines.size() < kMostLines) lines.push_back(words);
  }
  return ellipsize(hide_secrets(join(lines, " ")), kLongestError);
}

std::string why_a_state_would_be_lost(const ToolPlace& place, const std::vector<std::string>& units) {
  const auto downloads = place.data_directory + "/units";
  std::error_code failed;
  std::vector<std::string> elsewhere;  ///< units of which it isn't known where their module was put
  const auto judge = [&](const std::string& unit, const std::vector<std::string>& backends) -> std::string {
    for (const auto& backend : backends) {
      if (auto why = why_state_would_be_lost(place, backend); !why.empty()) return fmt::format("unit {}: {}", unit, why);
    }
    return {};
  };
  std::set<std::string> theirs;
  for (const auto& unit : units) {
    const auto directory = unit == "." ? place.directory : place.directory + "/" + unit;
    const auto download = downloads + "/" + name_of_download(fs::weakly_canonical(directory, failed).string());
    std::vector<std::string> backends;
    if (fs::is_directory(download, failed)) {
      theirs.insert(download);
      backends = backends_below(download);
    }
    if (backends.empty() && fs::is_directory(directory + "/.terraform", failed)) backends.push_back(read_text(directory + "/.terraform/terraform.tfstate"));
    if (backends.empty()) elsewhere.push_back(unit);
    if (auto why = judge(unit, backends); !why.empty()) return why;
  }
  if (elsewhere.empty()) return {};
  std::vector<std::string> others;
  for (const auto& entry : fs::directory_iterator(downloads, failed)) {
    if (theirs.contains(entry.path().string())) continue;
    for (auto& backend : backends_below(entry.path().string())) others.push_back(std::move(backend));
  }
  if (others.size() < elsewhere.size()) return judge(elsewhere.front(), {""});
  return judge(join(elsewhere, " or "), others);
}

bool only_stale(std::string_view output) {
  static constexpr std::string_view kError = "Error: ";
  static constexpr std::string_view kStale = "Error: Saved plan is stale";
  const auto text = without_decoration(output);
  std::size_t stale = 0;
  for (auto at = text.find(kError); at != std::string::npos; at = text.find(kError, at + 1)) {
    if (std::string_view(text).substr(at).starts_with(kStale)) ++stale;
    else return false;
  }
  return stale > 0;
}

PlanOutcome outcome_of(const UnitRun& run) { return Gathering(run).gather(); }

}  // namespace driftwarden::terraform
