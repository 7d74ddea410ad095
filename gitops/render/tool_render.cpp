#include "gitops/render/tool_render.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/render/helm.hpp"
#include "gitops/render/kustomization.hpp"
#include "gitops/render/source_path.hpp"
#include "gitops/render/tool_words.hpp"
#include "gitops/render/work_tree.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr Duration kTimeout{60'000};
constexpr ParseLimits kToolLimits{32U << 20U, 4'000'000, 128};
constexpr std::array<const char*, 3> kTools{"kustomize", "kubectl", "helm"};

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

/// One App's files on disk, and the tool in them.
class ToolRendering {
 public:
  ToolRendering(ToolRunner& tools, const std::vector<SourceFile>& files, const App& app) : tools_(tools), files_(files), app_(app) {}

  Result<Rendered> by_kustomize() {
    TRY(const bool charts, kustomize_inflates_charts());
    std::vector<std::string> options;
    if (charts) {
      CHECK_OK(check_schemas(files_));
      options = {"--enable-helm", "--helm-command", "helm"};
    }
    if (charts && tools_.identity("helm").empty()) return missing("helm", "helm isn't installed (not found in PATH)");
    std::vector<std::string> argv{"kustomize", "build"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.emplace_back(".");
    auto outcome = run(argv);
    if (!outcome && outcome.error().kind == ErrorKind::NotFound) {
      argv.erase(argv.begin(), argv.begin() + 2);
      argv.insert(argv.begin(), {"kubectl", "kustomize"});
      outcome = run(argv);
      if (!outcome && outcome.error().kind == ErrorKind::NotFound) return missing("kustomize", "neither kustomize nor kubectl is installed (not found in PATH)");
    }
    if (!outcome) return outcome.error();
    TRY(auto rendered, take(*outcome, argv, ""));
    rendered.may_vary = charts && may_vary(files_);
    return rendered;
  }

  Result<Rendered> by_helm() {
    TRY(const auto chart, check_chart(files_, app_));
    TRY(const auto argv, helm_arguments(app_));
    const auto outcome = run(argv);
    if (!outcome && outcome.error().kind == ErrorKind::NotFound) return missing("helm", "helm isn't installed (not found in PATH)");
    if (!outcome) return outcome.error();
    TRY(auto rendered, take(*outcome, argv, chart));
    rendered.may_vary = may_vary(files_);
    return rendered;
  }

 private:
  Error missing(const std::string& tool, const std::string& what) const {
    return Error{ErrorKind::NotFound, fmt::format("App {} is rendered with {}, and {}: install it where Driftwarden runs, or commit the rendered manifests and say render: plain",
                                                  app_.name, tool, what)};
  }

  /// Bases may inflate charts, too.
  Result<bool> kustomize_inflates_charts() const {
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

  Result<ToolOutcome> run(const std::vector<std::string>& argv) {
    if (!tree_) {
      TRY(tree_, WorkTree::make(files_));
    }
    ToolRun run;
    run.argv = argv;
    run.directory = join_path(tree_->root(), app_.path);
    if (app_.path.empty()) run.directory = tree_->root();
    run.timeout = kTimeout;
    auto outcome = tools_.run(run);
    if (outcome || outcome.error().kind == ErrorKind::NotFound) return outcome;
    return wrap(fmt::format("rendering App {} with {}", app_.name, argv.front()), outcome.error());
  }

  Result<Rendered> take(const ToolOutcome& outcome, const std::vector<std::string>& argv, const std::string& chart) const {
    ToolWords words{outcome.err.empty() ? outcome.out : outcome.err, tree_->root(), app_.path, chart};
    if (outcome.exit_code != 0) {
      return refuse(fmt::format("{} refuses App {}: {} (see it yourself: cd {} && {})", argv.front(), app_.name, in_short(words, files_, app_), shown_path(app_), shown(argv)));
    }
    const auto name = fmt::format("output of {}", argv.front());
    auto manifests = parse_manifests(outcome.out, name, kToolLimits);
    if (!manifests) {
      const auto why = manifests.error();  // error() gives a copy, and `printed` is a view
      words.printed = why.message;
      return refuse(fmt::format("what {} makes of App {} can't be used: {}{}", argv.front(), app_.name, in_short(words, files_, app_), source_of(outcome.out, why.message, name)));
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

  /// Values of --set may be secret.
  static std::string shown(const std::vector<std::string>& argv) {
    auto words = argv;
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i - 1] != "--set") continue;
      const auto name = words[i].substr(0, words[i].find('='));
      if (Redactor::is_sensitive_name(name)) words[i] = name + "=...";
    }
    return shell_text(words);
  }

  /// helm says above each document which template it is from.
  static std::string source_of(const std::string& out, const std::string& message, const std::string& name) {
    if (!message.starts_with(name + ":")) return {};
    auto line = std::strtol(message.c_str() + name.size() + 1, nullptr, 10);
    std::string source;
    for (const auto& text : split(out, '\n')) {
      if (text.starts_with("# Source: ")) source = text.substr(10);
      if (--line <= 0) break;
    }
    return source.empty() ? "" : fmt::format(" (from {})", without_control_characters(source));
  }

  ToolRunner& tools_;
  const std::vector<SourceFile>& files_;
  const App& app_;
  std::unique_ptr<WorkTree> tree_;
};

Result<Rendered> render_plain(const std::vector<SourceFile>& files, const App& app) {
  std::vector<SourceFile> inside;
  for (const auto& file : files) {
    if (lies_in(file.path, app.path) && file.path != app.path) inside.push_back({path_inside(file.path, app.path), file.content});
    if (file.path == app.path) inside.push_back({file.path.substr(file.path.rfind('/') + 1), file.content});
  }
  return render(inside, app.render == RenderKind::Plain ? RenderKind::Plain : RenderKind::Auto, app.namespace_);
}

}  // namespace

std::string release_name(const App& app) { return app.helm.release.empty() ? app.name : app.helm.release; }

RenderKind resolve_kind(const std::vector<SourceFile>& files, const App& app) {
  if (app.render != RenderKind::Auto) return app.render;
  bool chart = false;
  for (const auto& file : files) {
    if (!lies_in(file.path, app.path)) continue;
    const auto name = path_inside(file.path, app.path);
    if (is_kustomization(name)) return RenderKind::Kustomize;
    chart = chart || name == "Chart.yaml";
  }
  return chart ? RenderKind::Helm : RenderKind::Plain;
}

Result<Rendered> render_sources(ToolRunner* tools, const std::vector<SourceFile>& files, const App& app) {
  const auto kind = resolve_kind(files, app);
  if (kind == RenderKind::Plain) return render_plain(files, app);
  if (tools == nullptr) {
    const auto* tool = kind == RenderKind::Helm ? "helm" : "kustomize";
    return refuse(fmt::format("App {} is rendered with {}, and no tools can be run here", app.name, tool));
  }
  ToolRendering rendering(*tools, files, app);
  return kind == RenderKind::Helm ? rendering.by_helm() : rendering.by_kustomize();
}

std::string render_options_id(ToolRunner* tools, const App& app) {
  nlohmann::json all{{"path", app.path},
                     {"kind", static_cast<int>(app.render)},
                     {"release", release_name(app)},
                     {"values", app.helm.values},
                     {"set", app.helm.set},
                     {"namespace", app.namespace_}};
  for (const auto* tool : kTools) all["tools"].push_back(tools == nullptr ? "" : tools->identity(tool));
  return sha256_hex(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::vector<std::string> missing_tools(ToolRunner& tools, RenderKind kind) {
  if (kind == RenderKind::Helm && tools.identity("helm").empty()) return {"helm"};
  if (kind == RenderKind::Kustomize && tools.identity("kustomize").empty() && tools.identity("kubectl").empty()) return {"kustomize"};
  return {};
}

}  // namespace driftwarden
