#pragma once
// `ansible-playbook --check --diff` as drift: a row per host and task that would change something.
#include "gitops/base/clock.hpp"
#include "gitops/model/drift.hpp"

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::ansible {

struct Check {
  std::vector<ObjectDrift> objects{};  ///< group "ansible", kind = module, namespace = host, name = task
  std::size_t tasks = 0;
  std::vector<std::string> unreachable{};  ///< hosts
  std::vector<std::string> failed{};       ///< "web1: install nginx: ..."
};
/// The JSON callback's output (ANSIBLE_STDOUT_CALLBACK=ansible.posix.json or json). Results of no_log tasks are never shown; diffs are redacted.
Result<Check> read_check(const nlohmann::json& output);

struct CheckPlace {
  std::string directory{};
  std::string playbook{};   ///< relative to it
  std::string inventory{};
  std::map<std::string, std::string> environment{};
  Duration timeout = std::chrono::minutes{15};
};
class Runner {
 public:
  virtual ~Runner() = default;
  /// NotFound: ansible-playbook isn't installed. Failed tasks and unreachable hosts are in the Check.
  virtual asio::awaitable<Result<Check>> check(CheckPlace place) = 0;
};
std::unique_ptr<Runner> create_runner(Clock& clock);

}  // namespace driftwarden::ansible
