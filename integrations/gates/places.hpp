#pragma once
// Inside of gates: the directory of one run, and which files a command names.
#include "gitops/base/temporary_directory.hpp"
#include "integrations/gates/run_gate.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::gates {

/// Ours alone; goes with the object. Blocking.
class RunPlace {
 public:
  static Result<std::unique_ptr<RunPlace>> make(const GateInput& input);

  const std::string& root() const { return directory_->path(); }
  std::string manifests() const { return root() + "/manifests"; }
  std::string before() const { return root() + "/before"; }
  std::string home() const { return root() + "/home"; }
  /// Those of Git, or where they lie on this machine; "" = there are none.
  const std::string& policies() const { return policies_; }
  const Subjects& subjects() const { return subjects_; }

 private:
  explicit RunPlace(std::unique_ptr<TemporaryDirectory> directory) : directory_(std::move(directory)) {}
  Result<void> fill(const GateInput& input);

  std::unique_ptr<TemporaryDirectory> directory_;
  std::string policies_;
  Subjects subjects_;
};

/// What a program that isn't the system's own needs beside its file: the bin and lib directories that it was installed with, its interpreter's too.
std::vector<std::string> installation_of(const std::string& program);
/// A YAML file with something that is called a policy, there or anywhere below.
bool holds_policies(const std::string& path);
/// "/etc/x" of "--config=/etc/x", where something is.
std::vector<std::string> existing_paths_in(const std::vector<std::string>& argv);
/// argv with the directories in place of their names.
std::vector<std::string> filled_in(const std::vector<std::string>& argv, const std::map<std::string, std::string>& places);

}  // namespace driftwarden::gates
