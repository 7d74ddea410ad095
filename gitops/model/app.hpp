#pragma once
#include "gitops/base/clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

using PersonId = std::string;  ///< a person's name in the config ("alice"); never a display name

enum class Track { Head, Pin };
enum class RenderKind { Auto, Plain, Kustomize, Helm };

/// drift.md section 5. Left-out parts match anything.
struct IgnoreRule {
  struct Match {
    std::string group = "*";
    std::string kind = "*";
    std::string namespace_ = "*";
    std::string name = "*";
    bool operator==(const Match&) const = default;
  };
  Match match;
  std::vector<std::string> paths;
  std::vector<std::string> managers;
  std::vector<std::string> ops;
  std::optional<WallTime> until;
  std::string reason;
  std::string owner;
  bool operator==(const IgnoreRule&) const = default;
};

struct HelmSource {
  std::string release;
  std::vector<std::string> values;
  std::map<std::string, std::string> set;
  bool operator==(const HelmSource&) const = default;
};

/// The unit that people talk about: a path in a repository, rendered, destined to a cluster and namespace.
struct App {
  std::string name;
  std::string repository;
  std::string path;  ///< inside the repository, without leading or trailing slash
  RenderKind render = RenderKind::Auto;
  HelmSource helm;
  std::string cluster;
  std::string namespace_;
  std::string environment;
  Track track = Track::Head;
  std::string channel;  ///< "#shop-prod" or a channel id
  std::vector<std::string> owners;  ///< people or groups
  std::vector<IgnoreRule> ignore;
  /// No App of anybody: stands for what no Git knows in `namespace_` of `cluster` (orphans). Has no repository, and only reading, ack and snooze apply.
  bool orphans = false;
  bool operator==(const App&) const = default;
};

/// `.driftwarden/pins/<app>.yaml`: the revision that is meant to be in force for an App with `track: pin`.
/// `.driftwarden/syncs/<app>.yaml` has the same form and records the last sync that was asked for.
struct Pin {
  std::string revision;
  PersonId by;
  std::string reason;
  std::string at;  ///< RFC 3339
  bool operator==(const Pin&) const = default;
};
std::string pin_path(const std::string& app);
std::string sync_record_path(const std::string& app);
/// `.driftwarden/ignore/<app>.yaml`: ignore rules of the App that were proposed from chat, as a list under `ignore:` (drift.md section 5).
std::string ignore_path(const std::string& app);

/// A message in a Slack conversation; `ts` is Slack's id of it, a string and never a number.
struct MessageRef {
  std::string channel;
  std::string ts;
  auto operator<=>(const MessageRef&) const = default;
};

}  // namespace driftwarden
