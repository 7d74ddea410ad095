#pragma once
// Small stand-ins for kustomize and Helm, enough of them to prove an edit against.
#include "gitops/edit/source_edit.hpp"

#include <map>
#include <memory>
#include <string>

namespace driftwarden::test {

/// Files in memory, and an AppSource over them.
class FakeSource {
 public:
  FakeSource(std::map<std::string, std::string> files, std::string path, RenderKind kind, HelmSource helm = {});

  /// Reads what is rendered anew.
  AppSource source() const;
  Result<std::vector<Manifest>> render(const std::vector<FileEdit>& edits) const;
  int renders() const { return *renders_; }

 private:
  std::shared_ptr<std::map<std::string, std::string>> files_;
  std::shared_ptr<int> renders_ = std::make_shared<int>(0);
  std::string path_;
  RenderKind kind_;
  HelmSource helm_;
};

}  // namespace driftwarden::test
