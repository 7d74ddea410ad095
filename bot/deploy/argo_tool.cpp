#include "bot/deploy/argo_app.hpp"
#include "bot/deploy/argo_opinion.hpp"
#include "bot/deploy/argo_step.hpp"
#include "bot/deploy/deploy_tool.hpp"
#include "gitops/base/members.hpp"
#include "integrations/argocd/operation.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kGroup = "argoproj.io";
constexpr const char* kVersion = "v1alpha1";
constexpr const char* kUsualNamespace = "argocd";

bool is_kind(const Manifest& object, const char* kind) { return object.ref.group == kGroup && object.ref.kind == kind; }

/// An Application together with the JSON that it was read from, which it points into.
struct Read {
  argocd::Application application;
  JsonPtr body;
};

class ArgoTool final : public DeployTool {
 public:
  explicit ArgoTool(const DiscoverRule& rule) : rule_(rule), offset_(system_zone_offset()) {}

  std::set<WatchedKind> kinds() const override { return {{kGroup, kVersion, "Application"}, {kGroup, kVersion, "AppProject"}, {kGroup, kVersion, "ApplicationSet"}}; }

  std::vector<FoundApp> find(const std::vector<Manifest>& objects, const DeployGround& ground, WallTime now) const override {
    const auto projects = projects_of(objects);
    std::vector<FoundApp> found;
    auto applications = applications_of(objects, found);
    const auto names = names_of(applications);
    argocd::WindowMemo memo;
    for (std::size_t i = 0; i < applications.size(); ++i) {
      const auto& [application, body] = applications[i];
      auto one = argo_app(application, names[i], rule_, ground);
      const auto project = projects.find(application.project);
      one.opinion = argo_opinion(application, project == projects.end() ? nullptr : &project->second, now, offset_, &memo);
      one.pause = argo_pause(application, *body);
      found.push_back(std::move(one));
    }
    add_warnings(objects, projects, found);
    std::ranges::stable_sort(found, {}, [](const auto& one) { return std::tie(one.name, one.object); });
    return found;
  }

  Result<Step> step(const Deployer& deployer, const std::vector<Manifest>& objects, const Wanted& wanted, WallTime now) const override {
    const auto* object = object_of(deployer, objects);
    if (object == nullptr) return Error{ErrorKind::NotFound, fmt::format("{} is gone", to_string(deployer.object))};
    TRY(const auto application, argocd::parse_application(*object->body));
    const auto projects = projects_of(objects);
    const auto project = projects.find(application.project);
    return argo_step(deployer, application, *object->body, project == projects.end() ? nullptr : &project->second, wanted, now, offset_);
  }

  std::vector<ObjectRef> belonging(const Deployer& deployer, const std::vector<Manifest>& objects) const override {
    const auto* object = object_of(deployer, objects);
    if (object == nullptr) return {};
    const auto application = argocd::parse_application(*object->body);
    if (!application) return {};
    // Projects are all in the control namespace; Applications may be in others, and then it is guessed.
    const auto& own = application->ref.namespace_;
    std::set<std::string> namespaces{rule_.namespace_.empty() ? own : rule_.namespace_};
    if (rule_.namespace_.empty()) namespaces.insert(kUsualNamespace);
    std::vector<ObjectRef> projects;
    for (const auto& name : namespaces) projects.push_back({kGroup, kVersion, "AppProject", name, application->project});
    return projects;
  }

  std::vector<Step::Patch> refresh(const Deployer& deployer, const std::vector<Manifest>& objects, const std::string&) const override {
    const auto* object = object_of(deployer, objects);
    if (object == nullptr) return {};
    Step::Patch patch;
    patch.ref = object->ref;
    patch.body = std::make_shared<const json>(argocd::refresh_patch(*object->body, false));
    return {patch};
  }

 private:
  static const Manifest* object_of(const Deployer& deployer, const std::vector<Manifest>& objects) {
    const auto found = std::ranges::find_if(objects, [&](const auto& object) { return same_object(object.ref, deployer.object); });
    return found == objects.end() || !found->body ? nullptr : &*found;
  }

  bool is_meant(const argocd::Application& application) const {
    return (rule_.namespace_.empty() || application.ref.namespace_ == rule_.namespace_) && label_selector_matches(rule_.selector, application.labels);
  }

  std::map<std::string, argocd::Project> projects_of(const std::vector<Manifest>& objects) const {
    std::map<std::string, argocd::Project> projects;
    for (const auto& object : objects) {
      if (!is_kind(object, "AppProject") || (!rule_.namespace_.empty() && object.ref.namespace_ != rule_.namespace_)) continue;
      if (auto project = argocd::parse_project(*object.body)) projects.emplace(object.ref.name, std::move(*project));
    }
    return projects;
  }

  std::vector<Read> applications_of(const std::vector<Manifest>& objects, std::vector<FoundApp>& unreadable) const {
    std::vector<Read> applications;
    for (const auto& object : objects) {
      if (!is_kind(object, "Application") || !object.body) continue;
      auto application = argocd::parse_application(*object.body);
      if (!application) {
        auto& one = unreadable.emplace_back();
        one.name = object.ref.name;
        one.object = object.ref;
        one.notices.push_back(application.error().message);
        continue;
      }
      if (is_meant(*application)) applications.push_back({std::move(*application), object.body});
    }
    return applications;
  }

  /// The Application's own, where only one has it; of several the control namespace's keeps it, and the others have their namespace before it.
  std::vector<std::string> names_of(const std::vector<Read>& applications) const {
    const auto control = rule_.namespace_.empty() ? kUsualNamespace : rule_.namespace_;
    std::map<std::string, const argocd::Application*> plain;
    for (const auto& [application, body] : applications) {
      auto [at, is_new] = plain.try_emplace(application.ref.name, &application);
      if (is_new) continue;
      const auto rank = [&](const argocd::Application& one) { return std::make_pair(one.ref.namespace_ != control, one.ref.namespace_); };
      if (rank(application) < rank(*at->second)) at->second = &application;
    }
    std::vector<std::string> names;
    for (const auto& [application, body] : applications) {
      const auto& ref = application.ref;
      names.push_back(plain.at(ref.name) == &application ? ref.name : ref.namespace_ + "-" + ref.name);
    }
    return names;
  }

  void add_warnings(const std::vector<Manifest>& objects, const std::map<std::string, argocd::Project>& projects, std::vector<FoundApp>& found) const {
    for (const auto& object : objects) {
      FoundApp one;
      one.name = object.ref.name;
      one.object = object.ref;
      if (const auto project = projects.find(object.ref.name); is_kind(object, "AppProject") && project != projects.end()) one.notices = project->second.warnings;
      if (is_kind(object, "ApplicationSet") && (rule_.namespace_.empty() || object.ref.namespace_ == rule_.namespace_)) one.notices = errors_of(*object.body);
      if (!one.notices.empty()) found.push_back(std::move(one));
    }
  }

  static std::vector<std::string> errors_of(const json& set) {
    std::vector<std::string> errors;
    const auto& conditions = member_at(member_at(set, "status"), "conditions");
    if (!conditions.is_array()) return errors;
    for (const auto& condition : conditions) {
      if (text_at(condition, "type") != "ErrorOccurred" || text_at(condition, "status") != "True") continue;
      errors.push_back(fmt::format("Argo CD can't make the ApplicationSet's Applications: {}", text_at(condition, "message")));
    }
    return errors;
  }

  DiscoverRule rule_;
  argocd::ZoneOffset offset_;
};

}  // namespace

std::unique_ptr<DeployTool> make_argo_tool(const DiscoverRule& rule) { return std::make_unique<ArgoTool>(rule); }

}  // namespace driftwarden
