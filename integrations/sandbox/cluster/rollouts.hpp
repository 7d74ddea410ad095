#pragma once
// The controllers, played on the injected clock: workloads converge, garbage and dying namespaces are collected.
#include "integrations/sandbox/cluster/api_core.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace driftwarden::sandbox::cluster {

struct RolloutOptions {
  bool play = true;
  Duration rollout_time{300};
};

class Rollouts {
 public:
  Rollouts(ApiCore& core, RolloutOptions options) : core_(core), options_(options) {}
  /// Told of every change of the store.
  void observe(const std::string& storage, const StoreChange& change);
  /// Does what is due; the time of the next step, or nothing when only a change can bring one.
  std::optional<WallTime> tick(WallTime now);

 private:
  struct Work {
    std::string storage;
    Key key;
    auto operator<=>(const Work&) const = default;
  };
  struct Progress {
    WallTime since{};
    long long generation = 0;
  };

  void start(WallTime now);
  void schedule(const Work& work, WallTime when);
  void reconcile(const Work& work, WallTime now);
  void deployment(const StoredPtr& object, WallTime now);
  StoredPtr current_replica_set(const Json& object, WallTime now);
  void deployment_status(const StoredPtr& object, const StoredPtr& current, WallTime now);
  void replica_set(const StoredPtr& object, WallTime now);
  void stateful_set(const StoredPtr& object, WallTime now);
  void daemon_set(const StoredPtr& object, WallTime now);
  void job(const StoredPtr& object, WallTime now);
  void pod(const StoredPtr& object, WallTime now);
  void claim(const StoredPtr& object, WallTime now);
  void service(const StoredPtr& object, WallTime now);
  void name_space(const StoredPtr& object, WallTime now);
  bool dying(const Work& work, const StoredPtr& object, WallTime now);
  void collect(const std::string& uid, WallTime now);

  std::vector<StoredPtr> owned(const std::string& storage, const Json& owner) const;
  long long ready_count(const std::vector<StoredPtr>& pods) const;
  void make_pod(const Json& owner, const std::string& name, Json labels, WallTime now);
  void remove(const std::string& storage, const StoredPtr& object, WallTime now);
  void write_status(const std::string& storage, const StoredPtr& object, Json status, WallTime now);
  void event(const Json& about, const char* type, const char* reason, const std::string& message, const char* component, WallTime now);
  WriteOptions writer(const char* manager, const char* subresource, WallTime now) const;
  ResourcePtr resource(const std::string& storage) const;

  ApiCore& core_;
  RolloutOptions options_;
  bool started_ = false;
  std::map<Work, WallTime> due_;
  std::set<Work> dirty_;
  std::vector<std::string> deleted_;                  ///< uids of owners that are gone
  std::map<std::string, std::set<Work>> dependents_;  ///< by owner's uid
  std::map<std::string, Progress> progress_;          ///< of Deployments, by uid
  std::deque<Key> events_;
  unsigned last_ip_ = 1;
};

}  // namespace driftwarden::sandbox::cluster
