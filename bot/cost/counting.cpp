#include "bot/cost/counting.hpp"

#include "bot/cost/autoscalers.hpp"
#include "bot/cost/pod_requests.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::int64_t kGibibyte = 1LL << 30;
constexpr std::int64_t kMostMoney = 1'000'000'000'000'000;
constexpr std::size_t kNameShown = 60;
constexpr std::size_t kNameOfObjectShown = 200;

bool is(const ObjectRef& ref, std::string_view group, std::string_view kind) { return ref.group == group && ref.kind == kind; }

/// What holds so many Pods as its spec.replicas say.
bool has_replicas(const ObjectRef& ref) {
  return is(ref, "apps", "Deployment") || is(ref, "apps", "StatefulSet") || is(ref, "apps", "ReplicaSet") || is(ref, "", "ReplicationController") || is(ref, "argoproj.io", "Rollout") ||
         is(ref, "apps.openshift.io", "DeploymentConfig");
}

bool has_pod_template(const json& spec) {
  const auto& pod = member_at(member_at(spec, "template"), "spec");
  return member_at(pod, "containers").is_array();
}

/// What only some nodes run.
bool chooses_nodes(const json& pod) {
  const auto& selector = member_at(pod, "nodeSelector");
  const auto& affinity = member_at(pod, "affinity");
  return (selector.is_object() && !selector.empty()) || member_at(affinity, "nodeAffinity").is_object();
}

/// A sum of many stays a number.
void grow(std::int64_t& sum, std::int64_t more) { sum = std::min(sum + more, kMostMoney); }

std::string counted_words(std::int64_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

class Counter {
 public:
  Counter(const std::vector<Manifest>& manifests, const PriceTable& prices, const std::string& currency)
      : prices_(prices), currency_(currency), autoscalers_(autoscalers_in(manifests)) {
    for (const auto& manifest : manifests) count(manifest);
  }

  Costed take() { return std::move(out_); }

 private:
  void count(const Manifest& manifest) {
    const auto& ref = manifest.ref;
    name_ = ellipsize(without_control_characters(to_string(ref)), kNameOfObjectShown);
    micros_ = 0;
    const auto& spec = member_at(*manifest.body, "spec");
    if (has_replicas(ref)) {
      count_workload(ref, spec);
    } else if (is(ref, "apps", "DaemonSet")) {
      count_daemons(spec);
    } else if (is(ref, "", "Pod")) {
      add_pods(spec, 1);
    } else if (is(ref, "", "PersistentVolumeClaim")) {
      add_claim(spec, 1);
    } else if (is(ref, "", "Service")) {
      if (text_at(spec, "type") == "LoadBalancer") add_load_balancer();
    } else if (is(ref, "batch", "Job") || is(ref, "batch", "CronJob")) {
      not_counted("it runs now and then");
    } else if (has_pod_template(spec)) {
      not_counted("how many Pods it has isn't known");
    }
    if (micros_ == 0) return;
    grow(out_.cost.micros, micros_);
    out_.lines.push_back({name_, 0, micros_});
  }

  void count_workload(const ObjectRef& ref, const json& spec) {
    const auto& given = member_at(spec, "replicas");
    const auto replicas = given.is_null() ? std::optional<std::int64_t>{1} : count_at(spec, "replicas");
    if (!replicas) return not_counted("its replicas can't be read");
    // Autoscaling rests while there are to be none.
    const auto* scaler = *replicas == 0 ? nullptr : autoscaler_of(autoscalers_, ref);
    if (scaler == nullptr) return add_replicas(ref, spec, *replicas);
    add_replicas(ref, spec, scaler->least);
    if (scaler->most == scaler->least) return;
    const auto least = micros_;
    const auto told = out_.cost.uncounted.size();
    micros_ = 0;
    add_replicas(ref, spec, scaler->most);
    out_.cost.uncounted.resize(told);
    const auto more = std::exchange(micros_, least) - least;
    not_counted(fmt::format("counted with {}, {} may make it {}: {} more", counted_words(scaler->least, "replica"), scaler->ref.kind, scaler->most, money_words(more, currency_)));
  }

  void add_replicas(const ObjectRef& ref, const json& spec, std::int64_t replicas) {
    add_pods(member_at(member_at(spec, "template"), "spec"), replicas);
    if (!is(ref, "apps", "StatefulSet")) return;
    const auto& claims = member_at(spec, "volumeClaimTemplates");
    if (!claims.is_array()) return;
    for (const auto& claim : claims) add_claim(member_at(claim, "spec"), replicas);
  }

  void count_daemons(const json& spec) {
    const auto& pod = member_at(member_at(spec, "template"), "spec");
    if (prices_.nodes <= 0) return not_counted("nobody says how many nodes there are");
    add_pods(pod, prices_.nodes);
    if (chooses_nodes(pod)) not_counted(fmt::format("counted on all {}, though it runs on some of them only", counted_words(prices_.nodes, "node")));
  }

  void add_pods(const json& pod, std::int64_t times) {
    if (!pod.is_object()) return not_counted("it says nothing of its Pods");
    const auto requests = pod_requests(pod);
    if (times > 0) {
      for (const auto& words : requests.missing) not_counted(words);
    }
    for (const auto& [resource, amount] : requests.amounts) {
      if (amount > 0 && times > 0) add_resource(resource, amount, times);
    }
  }

  void add_resource(const std::string& resource, Wide amount, std::int64_t times) {
    const auto listed = prices_.resources.find(resource);
    if (listed != prices_.resources.end()) return add(priced(amount, times, listed->second));
    if (resource == "cpu") return add(priced(amount, times, prices_.cpu));
    if (resource == "memory") return add(priced(amount, times, prices_.memory, kGibibyte));
    // The nodes' own disks come with the nodes.
    if (resource != "ephemeral-storage") not_counted(fmt::format("{} has no price", ellipsize(without_control_characters(resource), kNameShown)));
  }

  void add_claim(const json& claim, std::int64_t times) {
    const auto& asked = member_at(member_at(member_at(claim, "resources"), "requests"), "storage");
    const auto amount = quantity_of(asked);
    if (!amount) return not_counted("how much storage it wants can't be read");
    const std::string storage_class{text_at(claim, "storageClassName")};
    const auto listed = prices_.storage_classes.find(storage_class);
    if (listed == prices_.storage_classes.end() && prices_.storage == 0) {
      return not_counted(storage_class.empty() ? "storage has no price" : fmt::format("storage of {} has no price", ellipsize(without_control_characters(storage_class), kNameShown)));
    }
    add(priced(*amount, times, listed == prices_.storage_classes.end() ? prices_.storage : listed->second, kGibibyte));
  }

  void add_load_balancer() {
    if (prices_.load_balancer == 0) return not_counted("a load balancer has no price");
    grow(micros_, prices_.load_balancer);
  }

  void add(std::optional<std::int64_t> micros) {
    if (!micros) not_counted("it asks for more than can be counted");
    // As nothing it would pass every threshold.
    grow(micros_, micros.value_or(kMostMoney));
  }

  void not_counted(const std::string& why) { out_.cost.uncounted.push_back(fmt::format("{}: {}", name_, why)); }

  const PriceTable& prices_;
  const std::string& currency_;
  std::vector<Autoscaler> autoscalers_;
  Costed out_;
  std::string name_;         ///< of the object that is being counted
  std::int64_t micros_ = 0;  ///< so far
};

}  // namespace

Costed count_objects(const std::vector<Manifest>& manifests, const PriceTable& prices, const std::string& currency) { return Counter{manifests, prices, currency}.take(); }

}  // namespace driftwarden
