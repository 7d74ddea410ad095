#pragma once
// What is told of what runs, as plain values.
#include "gitops/base/clock.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct ContainerState {
  std::string name;
  std::string image;
  bool init = false;
  bool ready = false;
  std::string state;    ///< "running", "waiting: CrashLoopBackOff", "terminated: OOMKilled (137)"
  std::string last;     ///< how it ended before, "" = it didn't
  int restarts = 0;
  std::optional<WallTime> since;
};

struct PodRow {
  std::string name;
  std::string workload;  ///< "Deployment/web"
  std::string phase;     ///< as kubectl's STATUS column says: "Running", "CrashLoopBackOff", "Init:0/1"
  std::string node;
  std::string why;       ///< the condition that keeps it from being ready, in words
  std::vector<ContainerState> containers;
  std::optional<WallTime> created;
  bool ready = false;
  std::string namespace_{};
};

struct EventRow {
  std::string object;  ///< "Pod/web-5d4f"
  std::string type;    ///< "Warning", "Normal"
  std::string reason;
  std::string message; ///< redacted
  int count = 1;
  std::optional<WallTime> last;
};

struct LogsAsked {
  std::string pod;        ///< "" = chosen: all pods of the workload
  std::string workload;   ///< "Deployment/web" or "web", "" = all
  std::string container;  ///< "" = the main one of each
  bool previous = false;
  std::optional<Duration> since;
  std::size_t tail = 100;
  std::string grep;       ///< only lines that contain it, without case; asked of the redacted text
  std::map<std::string, std::string> after{};  ///< by pod: only lines younger than this (a LogText's `newest`)
};

struct LogText {
  std::vector<std::string> sources;  ///< "web-5d4f/app"
  std::string text;                  ///< redacted; of several sources each line begins with its pod
  std::size_t lines = 0;
  bool cut = false;                  ///< there was more than `tail` or the limit of bytes
  std::map<std::string, std::string> newest{};  ///< by pod, the time of its last line as the server writes it
  std::vector<std::string> troubles; ///< "web-5d4f: container app isn't started: CrashLoopBackOff"
};

}  // namespace driftwarden
