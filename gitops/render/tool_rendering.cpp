#include "gitops/render/tool_rendering.hpp"

#include "gitops/base/text.hpp"
#include "gitops/render/helm.hpp"
#include "gitops/render/kustomization.hpp"
#include "gitops/render/kustomize_overlay.hpp"
#include "gitops/render/source_path.hpp"
#include "gitops/render/tool_words.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace driftwarden {
namespace {

constexpr ParseLimits kToolLimits{32U << 20U, 4'000'000, 128};
constexpr const char* kInlineValues = "values-of-the-app.yaml";
constexpr const char* kPrintedDirectory = "printed";

Error refuse(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

std::string shown_path(const App& app) { return app.path.empty() ? "." : app.path; }

std::string shell_text(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  for (const auto& word : argv) {
    const bool plain = word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./=:,@+") == std::string::npos && !word.empty();
    words.push_back(plain ? word : fmt::format("'{}'", word));
  }
  return join(words, " ");
}

/// Values of --set may be secret.
std::string shown(const std::vector<std::string>& argv) {
  auto words = argv;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].ends_with(std::string("/") + kInlineValues)) words[i] = kInlineValues;
    if (words[i - 1] != "--set" && words[i - 1] != "--set-string") continue;
    const auto name = words[i].substr(0, words[i].find('='));
    if (Redactor::is_sensitive_name(name)) words[i] = name + "=...";
  }
  return shell_text(words);
}

/// helm says above each document which template it is from.
std::string source_of(const std::string& out, const std::string& message, const std::string& name) {
  if (!message.starts_with(name + ":")) return {};
  auto line = std::strtol(message.c_str() + name.size() + 1, nullptr, 10);
  std::string source;
  for (const auto& text : split(out, '\n')) {
    if (text.starts_with("# Source: ")) source = text.substr(10);
    if (--line <= 0) break;
  }
  return source.empty() ? "" : fmt::format(" (from {})", without_control_characters(source));
}

/// What the fence answers sounds like a mistake of the machine's.
std::string fence_hint(const ToolOutcome& outcome) {
  static constexpr std::array<std::string_view, 3> kRefusals{"permission denied", "Permission denied", "peration not permitted"};
  const bool refused = std::ranges::any_of(kRefusals, [&](std::string_view words) { return outcome.err.find(words) != std::string::npos; });
  return refused ? "; a tool may read what its App is made from and nothing else of this machine, and reach no network" : "";
}

App with_values_that_are_there(const std::vector<SourceFile>& files, App app) {
  if (!app.helm.skip_missing_values) return app;
  std::erase_if(app.helm.values, [&](const std::string& values) {
    const auto path = resolve_path(app.path, values);
    return path && std::ranges::none_of(files, [&](const SourceFile& file) { return file.path == *path; });
  });
  return app;
}

/// jsonnet prints an array where it isn't told otherwise.
std::string as_documents(const std::string& out) {
  if (!trim(out).starts_with('[')) return out;
  const auto list = nlohmann::json::parse(out, nullptr, false);
  if (!list.is_array()) return out;
  std::string documents;
  for (const auto& item : list) documents += "---\n" + item.dump() + "\n";
  return documents;
}

}  // namespace

Error ToolRendering::missing(const std::string& tool, const std::string& what) const {
  return Error{ErrorKind::NotFound, fmt::format("App {} is rendered with {}, and {}: install it where Driftwarden runs, or commit the rendered manifests and say render: plain",
                                                app_.name, tool, what)};
}

std::string ToolRendering::own_directory() const { return app_.path.empty() ? tree_->root() : join_path(tree_->root(), app_.path); }

/// From the App's directory to what is around the work tree.
std::string ToolRendering::way_out() const {
  std::string way = "../";
  if (!app_.path.empty()) way += "../";
  for (const char c : app_.path) way += c == '/' ? "../" : "";
  return way;
}

Result<void> ToolRendering::write_tree(const std::vector<SourceFile>& files) {
  if (tree_) return Result<void>{};
  TRY(tree_, WorkTree::make(files));
  return Result<void>{};
}

/// Bases may inflate charts, too.
Result<bool> ToolRendering::kustomize_inflates_charts() const {
  bool found = false;
  for (const auto& file : files_) {
    const auto slash = file.path.rfind('/');
    if (!is_kustomization(slash == std::string::npos ? file.path : file.path.substr(slash + 1))) continue;
    // Templates of a chart may bear any name; what can't be read is the tool's to complain about.
    const auto read = parse_kustomization(file.content, file.path);
    found = found || (read && read->inflates_charts);
  }
  return found;
}

Result<std::vector<SourceFile>> ToolRendering::overlaid_files() const {
  auto file = kustomization_of(files_, app_.path);
  const bool generated = file.empty() && (needs_kustomize(app_) || app_.deployer.kind == DeployerKind::Flux);
  if (!generated && !needs_kustomize(app_)) return files_;
  auto files = files_;
  if (generated) {
    file = join_path(app_.path, "kustomization.yaml");
    files.push_back({file, generated_kustomization(files_, app_.path)});
  }
  for (auto& one : files) {
    if (one.path != file) continue;
    TRY(one.content, overlaid_kustomization(one.content, file, app_, files_));
  }
  return files;
}

Result<ToolOutcome> ToolRendering::run(const Command& command) {
  ToolRun run;
  run.argv = command.argv;
  run.directory = command.directory.empty() ? own_directory() : command.directory;
  run.timeout = command.timeout;
  run.root = tree_->outer();
  run.environment = command.environment;
  auto outcome = tools_.run(run);
  if (outcome || outcome.error().kind == ErrorKind::NotFound) return outcome;
  return wrap(fmt::format("rendering App {} with {}", app_.name, command.argv.front()), outcome.error());
}

Result<ToolOutcome> ToolRendering::run_kustomize(Command& command, const std::vector<std::string>& options) {
  command.argv = {"kustomize", "build"};
  command.argv.insert(command.argv.end(), options.begin(), options.end());
  command.argv.emplace_back(".");
  auto outcome = run(command);
  if (outcome || outcome.error().kind != ErrorKind::NotFound) return outcome;
  command.argv.erase(command.argv.begin(), command.argv.begin() + 2);
  command.argv.insert(command.argv.begin(), {"kubectl", "kustomize"});
  outcome = run(command);
  if (!outcome && outcome.error().kind == ErrorKind::NotFound) return missing("kustomize", "neither kustomize nor kubectl is installed (not found in PATH)");
  return outcome;
}

Result<Rendered> ToolRendering::by_kustomize() {
  TRY(const bool charts, kustomize_inflates_charts());
  std::vector<std::string> options;
  if (charts) {
    CHECK_OK(check_schemas(files_));
    options = {"--enable-helm", "--helm-command", "helm"};
  }
  if (charts && tools_.identity("helm").empty()) return missing("helm", "helm isn't installed (not found in PATH)");
  TRY(const auto files, overlaid_files());
  CHECK_OK(write_tree(files));
  Command command;
  TRY(const auto outcome, run_kustomize(command, options));
  CHECK_OK(check(outcome, command, ""));
  TRY(auto rendered, take(outcome, command, ""));
  rendered.may_vary = charts && may_vary(files_);
  if (charts) rendered.warnings = chart_warnings(files_);
  return rendered;
}

Result<Rendered> ToolRendering::by_helm() {
  TRY(const auto chart, check_chart(files_, app_));
  CHECK_OK(write_tree(files_));
  std::string inline_file;
  if (!app_.helm.inline_values.empty()) {
    CHECK_OK(tree_->add_beside({kInlineValues, app_.helm.inline_values}));
    inline_file = way_out() + kInlineValues;
  }
  Command command;
  TRY(command.argv, helm_arguments(with_values_that_are_there(files_, app_), inline_file));
  const auto outcome = run(command);
  if (!outcome && outcome.error().kind == ErrorKind::NotFound) return missing("helm", "helm isn't installed (not found in PATH)");
  if (!outcome) return outcome.error();
  TRY(auto rendered, finish(*outcome, command, chart));
  rendered.may_vary = may_vary(files_);
  rendered.warnings = chart_warnings(files_);
  return rendered;
}

Result<Rendered> ToolRendering::by_plugin() {
  auto allowed = check_plugin(app_.plugin);
  if (!allowed) return wrap(fmt::format("rendering App {}", app_.name), allowed.error());
  CHECK_OK(write_tree(files_));
  Command command;
  command.argv = app_.plugin.command;
  command.timeout = app_.plugin.timeout;
  command.environment = {{"APP_NAME", app_.name}, {"APP_NAMESPACE", app_.namespace_}, {"APP_PATH", app_.path}};
  auto outcome = run(command);
  if (!outcome && outcome.error().kind == ErrorKind::NotFound) return missing(fmt::format("the plugin {}", app_.plugin.name), outcome.error().message);
  if (!outcome) return outcome.error();
  outcome->out = as_documents(outcome->out);
  TRY(auto rendered, finish(*outcome, command, ""));
  // Nobody knows what it does.
  rendered.may_vary = true;
  return rendered;
}

Result<Rendered> ToolRendering::finish(const ToolOutcome& outcome, const Command& command, const std::string& chart) {
  CHECK_OK(check(outcome, command, chart));
  return needs_kustomize(app_) ? lay_over(outcome) : take(outcome, command, chart);
}

Result<Rendered> ToolRendering::lay_over(const ToolOutcome& printed) {
  const std::string directory = kPrintedDirectory;
  CHECK_OK(tree_->add_beside({directory + "/all.yaml", printed.out}));
  const auto inside = join_path("../repository", app_.path) + "/";
  TRY(const auto kustomization, overlaid_kustomization("resources: [all.yaml]\n", "kustomization.yaml", app_, files_, inside));
  CHECK_OK(tree_->add_beside({directory + "/kustomization.yaml", kustomization}));
  Command command;
  command.directory = tree_->outer() + "/" + directory;
  TRY(const auto outcome, run_kustomize(command, {}));
  CHECK_OK(check(outcome, command, ""));
  return take(outcome, command, "");
}

Result<void> ToolRendering::check(const ToolOutcome& outcome, const Command& command, const std::string& chart) const {
  if (outcome.exit_code == 0) return Result<void>{};
  const ToolWords words{outcome.err.empty() ? outcome.out : outcome.err, tree_->root(), app_.path, chart, tree_->outer()};
  return refuse(fmt::format("{} refuses App {}: {}{} (see it yourself: cd {} && {})", command.argv.front(), app_.name, in_short(words, files_, app_), fence_hint(outcome), shown_path(app_),
                            shown(command.argv)));
}

Result<Rendered> ToolRendering::take(const ToolOutcome& outcome, const Command& command, const std::string& chart) const {
  const auto name = fmt::format("output of {}", command.argv.front());
  auto manifests = parse_manifests(outcome.out, name, kToolLimits);
  if (!manifests) {
    const auto why = manifests.error();  // error() gives a copy, and ToolWords holds views
    const ToolWords words{why.message, tree_->root(), app_.path, chart, tree_->outer()};
    return refuse(fmt::format("what {} makes of App {} can't be used: {}{}", command.argv.front(), app_.name, in_short(words, files_, app_), source_of(outcome.out, why.message, name)));
  }
  // No file of the App says what a tool put together.
  for (auto& manifest : *manifests) {
    manifest.file.clear();
    manifest.line = 0;
  }
  TRY(auto rendered, assemble(std::move(*manifests), app_.namespace_));
  rendered.by_tool = true;
  return rendered;
}

}  // namespace driftwarden
