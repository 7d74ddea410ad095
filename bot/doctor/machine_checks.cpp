#include "bot/doctor/machine_checks.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kTooLittle = 64 * kMiB;
constexpr std::uint64_t kLittle = 1024 * kMiB;
constexpr std::size_t kLongestVersion = 120;

struct Known {
  std::string_view program;
  std::vector<std::string> version_arguments;
};

const std::vector<Known>& known_tools() {
  static const std::vector<Known> tools{{"helm", {"version", "--short"}},      {"kustomize", {"version"}},     {"kubectl", {"version", "--client"}},   {"tofu", {"version"}},
                                        {"terraform", {"version"}},            {"terragrunt", {"--version"}}, {"ansible-playbook", {"--version"}},    {"git", {"--version"}},
                                        {"ssh", {"-V"}},                       {"conftest", {"--version"}},  {"kyverno", {"version"}},               {"kubeconform", {"-v"}},
                                        {"infracost", {"--version"}}};
  return tools;
}

/// Program -> who needs it.
using Needs = std::map<std::string, std::set<std::string>>;

void add_render(Needs& needs, RenderKind render, const PluginSource& plugin, const std::string& by) {
  if (render == RenderKind::Helm) needs["helm"].insert(by);
  if (render == RenderKind::Kustomize) needs["kustomize"].insert(by);
  if (render == RenderKind::Plugin && !plugin.command.empty()) needs[plugin.command.front()].insert(by);
}

void add_app(Needs& needs, const App& app, const std::string& by) {
  if (app.kind == AppKind::Kubernetes) {
    add_render(needs, app.render, app.plugin, by);
    for (const auto& part : app.more) add_render(needs, part.render, part.plugin, by);
  } else if (app.kind == AppKind::Ansible) {
    needs["ansible-playbook"].insert(by);
  } else {
    needs[std::string(to_string(app.plan.tool))].insert(by);
    // Terragrunt runs one of the two.
    if (app.plan.tool == PlanTool::Terragrunt) needs["tofu"].insert(by);
  }
}

void add_gate(Needs& needs, const GateConfig& gate) {
  const auto by = "the gate " + gate.name;
  switch (gate.tool) {
    case GateTool::Conftest: needs["conftest"].insert(by); break;
    case GateTool::Kyverno: needs["kyverno"].insert(by); break;
    case GateTool::Kubeconform: needs["kubeconform"].insert(by); break;
    case GateTool::Command:
      if (!gate.command.empty()) needs[gate.command.front()].insert(by);
      break;
  }
}

std::string counted(const std::set<std::string>& who) { return who.size() == 1 ? *who.begin() : fmt::format("{} and {} more", *who.begin(), who.size() - 1); }

std::string instead_of(const std::string& program) {
  if (program == "kustomize") return "kubectl";
  return program == "tofu" ? "terraform" : "";
}

std::vector<std::string> version_arguments(const std::string& program) {
  const auto found = std::ranges::find(known_tools(), program, &Known::program);
  return found == known_tools().end() ? std::vector<std::string>{} : found->version_arguments;
}

std::string first_line(const std::string& text) { return ellipsize(without_control_characters(trim(text.substr(0, text.find('\n')))), kLongestVersion); }

asio::awaitable<DoctorFinding> check_tool(AskTool ask, NeededTool tool) {
  auto program = tool.program;
  auto asking = ask(program, tool.version_arguments);
  auto answer = co_await std::move(asking);
  if (!answer && answer.error().kind == ErrorKind::NotFound && !tool.instead.empty()) {
    program = tool.instead;
    auto again = ask(program, version_arguments(program));
    answer = co_await std::move(again);
  }
  DoctorFinding finding{"tools", tool.program, FindingState::Ok, ""};
  if (answer) {
    finding.what = answer->empty() ? "it is there" : first_line(*answer);
    if (program != tool.program) finding.what = fmt::format("{} does its work: {}", program, finding.what);
  } else if (answer.error().kind == ErrorKind::NotFound) {
    finding.state = FindingState::Problem;
    finding.what = fmt::format("it isn't installed, and {} needs it", tool.by);
    finding.fix = fmt::format("install {} in a directory of PATH where Driftwarden runs", tool.program);
  } else {
    finding.state = FindingState::Problem;
    finding.what = fmt::format("it doesn't run: {}", answer.error().message);
    finding.fix = fmt::format("see what `{}` says for the bot's user", tool.program);
  }
  co_return finding;
}

}  // namespace

std::vector<NeededTool> needed_tools(const Config& config) {
  Needs needs;
  for (const auto& app : config.apps) add_app(needs, app, "the App " + app.name);
  for (const auto& rule : config.discover) {
    if (rule.kind == DiscoverKind::Paths) add_app(needs, rule.app, "the rule " + rule.id);
  }
  for (const auto& repository : config.repositories) {
    if (repository.url.starts_with("ssh://") || (repository.url.find("://") == std::string::npos && !repository.url.starts_with('/'))) needs["ssh"].insert("the repository " + repository.name);
  }
  for (const auto& gate : config.gates.tools) {
    if (gate.effect != GateEffect::Off) add_gate(needs, gate);
  }
  if (config.cost.infracost) needs[config.cost.infracost->program].insert("the price of Terraform's plans");
  std::vector<NeededTool> tools;
  for (const auto& [program, who] : needs) tools.push_back({program, version_arguments(program), counted(who), instead_of(program)});
  return tools;
}

asio::awaitable<DoctorFindings> check_tools(const Config& config, AskTool ask) {
  DoctorFindings findings;
  for (const auto& tool : needed_tools(config)) {
    auto checking = check_tool(ask, tool);
    findings.push_back(co_await std::move(checking));
  }
  if (findings.empty()) findings.push_back({"tools", "programs", FindingState::Ok, "no App of the config says that it needs one"});
  co_return findings;
}

DoctorFindings judge_storage(const std::string& path, const StorageFacts& facts) {
  constexpr const char* kAbout = "storage";
  DoctorFindings findings;
  if (!facts.why_not_writable.empty()) {
    findings.push_back({kAbout, "directory", FindingState::Problem, fmt::format("{}: {}", facts.directory, facts.why_not_writable),
                        fmt::format("make {} for the bot's user alone (install -d -m 0700 -o USER {})", facts.directory, facts.directory)});
  } else {
    findings.push_back({kAbout, "directory", FindingState::Ok, fmt::format("{} {}", facts.directory, facts.exists ? "can be written" : "can be made")});
  }
  const auto free = fmt::format("{} MiB free", facts.free_bytes / kMiB);
  if (facts.free_bytes < kTooLittle) {
    findings.push_back({kAbout, "space", FindingState::Problem, free, "make room: the database, clones and renderings live there"});
  } else if (facts.free_bytes < kLittle) {
    findings.push_back({kAbout, "space", FindingState::Warning, free, "make room soon: the database, clones and renderings live there"});
  } else {
    findings.push_back({kAbout, "space", FindingState::Ok, free});
  }
  if (!facts.database) {
    findings.push_back({kAbout, "database", FindingState::Ok, fmt::format("{} isn't there yet; the first start makes it", path)});
  } else if (!facts.trouble.empty()) {
    findings.push_back({kAbout, "database", FindingState::Problem, facts.trouble, "stop the bot and put a backup in its place (driftwarden restore), or start the program that wrote it"});
  } else {
    findings.push_back({kAbout, "database", FindingState::Ok, facts.in_use ? "it is whole, and a bot is running with it" : "it is whole"});
  }
  return findings;
}

DoctorFinding judge_fence(FenceMode mode, const std::string& missing) {
  DoctorFinding finding{"kernel", "fence", FindingState::Ok, "Landlock and seccomp keep tools to what they may read and write"};
  if (missing.empty()) return finding;
  finding.what = missing;
  finding.fix = "run a kernel with Landlock (5.13 or later, lsm=landlock,...) and seccomp";
  if (mode == FenceMode::Required) {
    finding.state = FindingState::Problem;
    finding.fix += ", or say tools: {fence: best-effort}";
  } else {
    finding.state = FindingState::Warning;
  }
  return finding;
}

}  // namespace driftwarden
