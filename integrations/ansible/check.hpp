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
/// What our callback plugin (callback.hpp) leaves, which is what ansible.posix.json prints. Results of no_log tasks are never shown; diffs are redacted.
Result<Check> read_check(const nlohmann::json& output);

struct CheckPlace {
  std::string directory{};
  std::string data_directory{};  ///< ours alone (0700): the callback plugin, what it writes, HOME
  std::string checkout{};        ///< what the playbook may read: the tree in which `directory` lies; "" = directory
  std::string playbook{};   ///< relative to `directory`
  std::string inventory{};
  /// What well-known variables name (runner.cpp has the list: ANSIBLE_PRIVATE_KEY_FILE, KUBECONFIG, AWS_SHARED_CREDENTIALS_FILE ..., and DRIFTWARDEN_PATHS for what
  /// has no such name) may be read, and our own ~/.ssh; beside that only the checkout.
  std::map<std::string, std::string> environment{};
  Duration timeout = std::chrono::minutes{15};
  bool fence_required = false;  ///< Denied where the kernel can't fence it
};
class Runner {
 public:
  virtual ~Runner() = default;
  /// NotFound: ansible-playbook isn't installed. InvalidInput: it never got to a task. Tasks that say `check_mode: false` are run for real. Failed tasks and unreachable hosts are in the Check.
  virtual asio::awaitable<Result<Check>> check(CheckPlace place) = 0;
};
std::unique_ptr<Runner> create_runner(Clock& clock);

}  // namespace driftwarden::ansible
