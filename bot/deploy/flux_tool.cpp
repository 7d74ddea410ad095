// Flux's side of Deployments: what its objects are, and how it is asked to reconcile. Facts: reference/forges-and-gitops.md section 6.
#include "bot/deploy/flux_app.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {

namespace {

constexpr std::string_view kKustomizeGroup = "kustomize.toolkit.fluxcd.io";
constexpr std::string_view kSourceGroup = "source.toolkit.fluxcd.io";
constexpr std::string_view kHelmGroup = "helm.toolkit.fluxcd.io";
constexpr std::string_view kBranches = "refs/heads/";
constexpr std::string_view kOurToken = "driftwarden-";
constexpr std::size_t kShortRevision = 7;

using State = DeployProgress::State;

std::string short_of(const std::string& revision) { return without_control_characters(revision.substr(0, kShortRevision)); }

DeployTool::Step said(State state, std::string words) {
  DeployTool::Step step;
  step.progress.state = state;
  step.progress.words = std::move(words);
  return step;
}

DeployTool::Step asked(const Manifest& object, const std::string& token, std::string words, bool force = false) {
  auto step = said(State::Waiting, std::move(words));
  step.patch = DeployTool::Step::Patch{object.ref, std::make_shared<const nlohmann::json>(flux::reconcile_patch(*object.body, token, force))};
  return step;
}

const Manifest* find_object(const std::vector<Manifest>& objects, const ObjectRef& ref) {
  const auto found = std::ranges::find_if(objects, [&](const Manifest& object) { return object.body && same_object(object.ref, ref); });
  return found == objects.end() ? nullptr : &*found;
}

ObjectRef source_ref(const flux::SourceRef& source) {
  ObjectRef ref;
  ref.group = kSourceGroup;
  ref.version = "v1";
  ref.kind = source.kind;
  ref.namespace_ = source.namespace_;
  ref.name = source.name;
  return ref;
}

/// helm-controller's own name for the chart that it has made for a release.
ObjectRef chart_ref(const flux::HelmRelease& release) {
  flux::SourceRef chart;
  chart.kind = "HelmChart";
  chart.namespace_ = release.chart_source.namespace_;
  chart.name = release.ref.namespace_ + "-" + release.ref.name;
  return source_ref(chart);
}

/// A branch moves on by merges; whatever else is followed doesn't, and is "".
std::string followed_branch(const flux::GitRepository& source) {
  if (!source.commit.empty()) return {};
  if (!source.ref_name.empty()) return source.ref_name.starts_with(kBranches) ? source.ref_name.substr(kBranches.size()) : std::string();
  if (!source.semver.empty() || !source.tag.empty()) return {};
  return source.branch.empty() ? "master" : source.branch;
}

/// The Kustomization or HelmRelease, as far as a step looks at it.
struct Target {
  flux::SourceRef source;
  flux::Condition condition;
  std::string handled;
  std::string applied;  ///< a Kustomization's commit
  bool suspended = false;
  bool is_release = false;
  bool force = false;  ///< else nothing is written where only live has moved
  bool by_revision = false;  ///< of a release: its chart is packed anew with each commit
  std::string attempted;     ///< a release's chart version
  std::optional<ObjectRef> chart{};
};

Result<Target> target_of(const Manifest& object) {
  Target target;
  if (object.ref.kind == "Kustomization") {
    TRY(const auto read, flux::parse_kustomization(*object.body));
    target.source = read.source;
    target.condition = read.condition;
    target.handled = read.handled;
    target.applied = read.applied_revision;
    target.suspended = read.suspended;
    return target;
  }
  TRY(const auto read, flux::parse_helm_release(*object.body));
  target.source = read.chart_source;
  target.condition = read.condition;
  target.handled = read.handled;
  target.suspended = read.suspended;
  target.is_release = true;
  target.by_revision = read.by_revision;
  target.attempted = read.attempted_revision;
  target.force = read.drift_detection != "enabled";
  if (!read.chart.empty()) target.chart = chart_ref(read);
  return target;
}

std::string token_of(const std::string& id) { return std::string(kOurToken) + sha256_hex(id).substr(0, 16); }

/// One look at everything that a reconciliation goes through: source, chart, then the object itself. That is asked whatever it has in force: it may be live
/// that has moved.
class Stepper {
 public:
  Stepper(const Manifest& object, Target target, const std::vector<Manifest>& objects, const DeployTool::Wanted& wanted)
      : object_(object), target_(std::move(target)), objects_(objects), wanted_(wanted), token_(token_of(wanted.id)) {}

  Result<DeployTool::Step> step() {
    if (target_.suspended) return said(State::Waiting, flux_suspended_words(object_));
    const auto* source = find_object(objects_, source_ref(target_.source));
    if (source == nullptr) {
      return Error{ErrorKind::NotFound,
                   fmt::format("Flux's {} follows {}, which isn't there or may not be read", words(), flux_words(source_ref(target_.source)))};
    }
    TRY(const auto repository, flux::parse_git_repository(*source->body));
    if (auto step = at_source(*source, repository)) return std::move(*step);
    if (auto step = at_chart(repository)) return std::move(*step);
    return at_object(repository);
  }

 private:
  std::string words() const { return flux_words(object_.ref); }
  DeployTool::Step done() const { return said(State::Done, fmt::format("Flux's {} has {} in force", words(), short_of(wanted_.revision))); }
  bool is_settled() const { return target_.condition.ready && !target_.condition.reconciling && !target_.condition.stalled; }
  bool is_in_force(const std::string& revision) const { return !target_.is_release && is_settled() && !revision.empty() && target_.applied == revision; }

  bool holds(const std::string& revision) const { return revision == wanted_.revision || wanted_.contained_in.contains(revision); }

  /// Nothing once the source holds the wanted commit, whoever asked for it, or one that was fetched after it was asked for.
  std::optional<DeployTool::Step> at_source(const Manifest& source, const flux::GitRepository& repository) const {
    if (holds(repository.revision)) return std::nullopt;
    if (auto step = elsewhere(repository)) return step;
    if (repository.suspended) return said(State::Waiting, flux_suspended_words(source));
    const auto name = flux_words(repository.ref);
    const auto fetching = fmt::format("Flux's {} is fetching {}", name, short_of(wanted_.revision));
    if (repository.handled != token_) {
      if (flux::requested_of(*source.body) == token_) return said(State::Waiting, fetching);
      return asked(source, token_, fetching);
    }
    if (repository.failed) return said(State::Failed, fmt::format("Flux's {} can't fetch: {}", name, repository.message));
    if (!repository.ready) return said(State::Waiting, fetching);
    if (followed_branch(repository).empty()) {
      return said(State::Failed,
                  fmt::format("Flux's {} follows {}, so {} comes into force only once that is moved", name,
                              without_control_characters(repository.resolved.empty() ? "one commit" : repository.resolved), short_of(wanted_.revision)));
    }
    return std::nullopt;
  }

  /// What was merged into one branch never comes to those who follow another.
  std::optional<DeployTool::Step> elsewhere(const flux::GitRepository& repository) const {
    const auto branch = followed_branch(repository);
    if (branch.empty() || wanted_.branch.empty() || branch == wanted_.branch) return std::nullopt;
    const auto name = without_control_characters(branch);
    return said(State::Failed, fmt::format("Flux's {} follows \"{}\", and the change went to \"{}\": {} comes into force once \"{}\" contains it", flux_words(repository.ref), name, wanted_.branch,
                                           short_of(wanted_.revision), name));
  }

  /// The version that the chart still has as it was before, with what the wanted commit changed in it left out; "" = there is none such.
  std::string stale_version(const flux::GitRepository& repository, const flux::HelmChart& chart) const {
    if (target_.by_revision || !wanted_.same_chart_version) return {};
    // With values files of its own Flux puts a "+1" behind.
    const auto& version = *wanted_.same_chart_version;
    if (chart.version != version && !chart.version.starts_with(version + "+")) return {};
    const bool packed_since = !repository.updated.empty() && chart.updated >= repository.updated;
    return packed_since ? std::string() : version;
  }

  /// The chart is packed anew by itself when its source moves.
  std::optional<DeployTool::Step> at_chart(const flux::GitRepository& repository) const {
    const auto* object = target_.chart ? find_object(objects_, *target_.chart) : nullptr;
    if (object == nullptr) return std::nullopt;
    const auto chart = flux::parse_helm_chart(*object->body);
    if (!chart || chart->built_from.empty()) return std::nullopt;
    if (chart->built_from == repository.revision) {
      const auto version = stale_version(repository, *chart);
      if (version.empty()) return std::nullopt;
      return said(State::Failed, fmt::format("Flux's {} is still the chart of before: its version stayed {}, so it isn't packed anew; bump `version` in Chart.yaml or set reconcileStrategy: Revision",
                                             flux_words(chart->ref), without_control_characters(version)));
    }
    if (chart->condition.stalled || (chart->condition.failed && !chart->condition.reconciling)) {
      return said(State::Failed, fmt::format("Flux's {} can't be packed: {}", flux_words(chart->ref), chart->condition.message));
    }
    return said(State::Waiting, fmt::format("Flux's {} is packing {}", flux_words(chart->ref), short_of(repository.revision)));
  }

  DeployTool::Step at_object(const flux::GitRepository& repository) const {
    const bool handled = target_.handled == token_ || is_handled_for_another();
    const auto applying = fmt::format("Flux's {} is putting {} in force", words(), short_of(repository.revision));
    if (!handled) {
      if (flux::requested_of(*object_.body) == token_) return said(State::Waiting, waiting_words(applying));
      return asked(object_, token_, applying, target_.force);
    }
    if (is_in_force(wanted_.revision) || is_in_force(repository.revision) || (target_.is_release && is_settled())) return done();
    const auto& condition = target_.condition;
    const bool waits = condition.reason == "DependencyNotReady" || condition.reconciling;
    if (condition.stalled || (condition.failed && !waits)) {
      return said(State::Failed, fmt::format("Flux's {} failed: {}", words(), condition.message.empty() ? condition.reason : condition.message));
    }
    return said(State::Waiting, waiting_words(applying));
  }

  /// Of two changes of one release each would ask anew for ever: the other's reconciliation counts where it has put the chart in force that holds both.
  bool is_handled_for_another() const {
    const auto* object = target_.chart ? find_object(objects_, *target_.chart) : nullptr;
    if (object == nullptr || !target_.by_revision || !is_settled() || !target_.handled.starts_with(kOurToken)) return false;
    const auto chart = flux::parse_helm_chart(*object->body);
    return chart && wanted_.contained_in.contains(chart->built_from) && !chart->version.empty() && chart->version == target_.attempted;
  }

  std::string waiting_words(const std::string& applying) const {
    if (target_.condition.reason != "DependencyNotReady") return applying;
    return fmt::format("{}; it waits: {}", applying, target_.condition.message);
  }

  const Manifest& object_;
  Target target_;
  const std::vector<Manifest>& objects_;
  const DeployTool::Wanted& wanted_;
  std::string token_;
};

/// Kustomizations keep their plain names before releases; whatever is left of two of one name has its namespace before it. `suffix`: goes behind each.
void name_apart(std::vector<FoundApp>& found, const std::vector<ObjectRef>& refs, const Config* config, const std::string& suffix) {
  std::map<std::string, int> kustomizations;
  std::map<std::string, int> releases;
  for (const auto& ref : refs) ++(ref.kind == "Kustomization" ? kustomizations : releases)[ref.name];
  const auto is_taken = [&](const FoundApp& one) {
    const auto* app = config == nullptr ? nullptr : find_app(*config, one.name);
    const auto& place = one.app ? one.app : one.place;
    if (app == nullptr || !place) return app != nullptr;
    return app->repository != place->repository || app->path != place->path || app->cluster != place->cluster;
  };
  for (std::size_t at = 0; at < found.size(); ++at) {
    auto& one = found[at];
    one.name = refs[at].name;
    const bool is_release = refs[at].kind == "HelmRelease";
    const bool ambiguous = is_release ? releases[one.name] > 1 || kustomizations[one.name] > 0 : kustomizations[one.name] > 1;
    one.name += suffix;
    if (ambiguous || is_taken(one)) one.name = refs[at].namespace_ + "-" + one.name;
  }
  std::map<std::string, int> names;
  for (const auto& one : found) ++names[one.name];
  for (std::size_t at = 0; at < found.size(); ++at) {
    if (names[found[at].name] > 1 && refs[at].kind == "HelmRelease") found[at].name += "-release";
  }
}

class FluxTool final : public DeployTool {
 public:
  explicit FluxTool(DiscoverRule rule) : rule_(std::move(rule)) {}

  std::set<WatchedKind> kinds() const override {
    return {{std::string(kSourceGroup), "v1", "GitRepository"},
            {std::string(kKustomizeGroup), "v1", "Kustomization"},
            {std::string(kHelmGroup), "v2", "HelmRelease"}};
  }

  std::vector<FoundApp> find(const std::vector<Manifest>& objects, const DeployGround& ground, WallTime) const override {
    const FluxSources sources(objects);
    const FluxLook look{rule_, ground, sources};
    std::vector<FoundApp> found;
    std::vector<ObjectRef> refs;
    for (const auto* object : chosen(objects)) {
      found.push_back(object->ref.kind == "Kustomization" ? found_kustomization(look, *object) : found_release(look, *object));
      refs.push_back(object->ref);
    }
    name_apart(found, refs, ground.config, suffix_of(ground.config));
    for (auto& one : found) {
      for (auto* app : {&one.app, &one.place}) {
        if (*app) (*app)->name = one.name;
      }
      if (one.pause) one.pause->app = one.name;
    }
    std::ranges::sort(found, {}, &FoundApp::name);
    return found;
  }

  Result<Step> step(const Deployer& deployer, const std::vector<Manifest>& objects, const Wanted& wanted, WallTime) const override {
    const auto* object = find_object(objects, deployer.object);
    if (object == nullptr) return Error{ErrorKind::NotFound, fmt::format("Flux's {} isn't there any more", flux_words(deployer.object))};
    TRY(auto target, target_of(*object));
    return Stepper(*object, std::move(target), objects, wanted).step();
  }

  std::vector<ObjectRef> belonging(const Deployer& deployer, const std::vector<Manifest>& objects) const override {
    const auto* object = find_object(objects, deployer.object);
    if (object == nullptr) return {};
    const auto target = target_of(*object);
    if (!target || target->source.kind != "GitRepository") return {};
    std::vector<ObjectRef> refs{source_ref(target->source)};
    if (target->chart) refs.push_back(*target->chart);
    return refs;
  }

  std::vector<std::string> revisions(const Deployer& deployer, const std::vector<Manifest>& objects) const override {
    std::vector<std::string> commits;
    for (const auto& ref : belonging(deployer, objects)) {
      const auto* source = ref.kind == "GitRepository" ? find_object(objects, ref) : nullptr;
      if (source == nullptr) continue;
      const auto repository = flux::parse_git_repository(*source->body);
      if (repository && !repository->revision.empty()) commits.push_back(repository->revision);
    }
    return commits;
  }

  bool minds_chart_version(const Deployer& deployer, const std::vector<Manifest>& objects) const override {
    const auto* object = find_object(objects, deployer.object);
    if (object == nullptr) return false;
    const auto target = target_of(*object);
    return target && target->is_release && !target->by_revision;
  }

  std::vector<Step::Patch> refresh(const Deployer& deployer, const std::vector<Manifest>& objects, const std::string& token) const override {
    std::vector<Step::Patch> patches;
    const auto add = [&](const Manifest& object) {
      patches.push_back({object.ref, std::make_shared<const nlohmann::json>(flux::reconcile_patch(*object.body, token))});
    };
    for (const auto& ref : belonging(deployer, objects)) {
      const auto* source = find_object(objects, ref);
      if (source != nullptr && ref.kind == "GitRepository") add(*source);
    }
    if (const auto* object = find_object(objects, deployer.object)) add(*object);
    return patches;
  }

 private:
  /// Clusters that each have a Flux of their own have the same names in them ("flux-system", "apps"): then the cluster's is a part of each.
  std::string suffix_of(const Config* config) const {
    const auto elsewhere = [&](const DiscoverRule& other) { return other.kind == DiscoverKind::Flux && other.cluster != rule_.cluster; };
    return config != nullptr && std::ranges::any_of(config->discover, elsewhere) ? "-" + rule_.cluster : std::string();
  }

  /// The Kustomizations and HelmReleases that the rule is about, in a fixed order.
  std::vector<const Manifest*> chosen(const std::vector<Manifest>& objects) const {
    std::vector<const Manifest*> out;
    for (const auto& object : objects) {
      const bool kustomization = object.ref.group == kKustomizeGroup && object.ref.kind == "Kustomization";
      const bool release = object.ref.group == kHelmGroup && object.ref.kind == "HelmRelease";
      if ((kustomization || release) && object.body && object.body->is_object() && is_chosen(object)) out.push_back(&object);
    }
    std::ranges::sort(out, {}, [](const Manifest* object) { return object_id(object->ref); });
    return out;
  }

  bool is_chosen(const Manifest& object) const {
    if (!rule_.namespace_.empty() && object.ref.namespace_ != rule_.namespace_) return false;
    std::map<std::string, std::string> labels;
    const auto metadata = object.body->find("metadata");
    if (metadata != object.body->end() && metadata->is_object() && metadata->contains("labels") && metadata->at("labels").is_object()) {
      for (const auto& [name, value] : metadata->at("labels").items()) {
        if (value.is_string()) labels[name] = value.get<std::string>();
      }
    }
    return label_selector_matches(rule_.selector, labels);
  }

  DiscoverRule rule_;
};

}  // namespace

std::unique_ptr<DeployTool> make_flux_tool(const DiscoverRule& rule) { return std::make_unique<FluxTool>(rule); }

}  // namespace driftwarden
