#pragma once
// Takes objects out of Git: the file that holds one alone, or its document, and the line of the kustomization that reads the file.
#include "gitops/edit/source_edit.hpp"

#include <vector>

namespace driftwarden {

struct RemovedObject {
  ObjectRef object;
  std::string file;    ///< that held it, from the root
  bool alone = false;  ///< and nothing else, so it is gone
};

struct Removal {
  std::vector<FileEdit> edits;
  std::vector<RemovedObject> objects;
};

/// Only files that are the App's own lose anything. What comes of it is for the caller to render. InvalidInput with what to do where an object comes from
/// elsewhere: a base, a generator, a chart's template, a plugin.
Result<Removal> remove_objects(const AppSource& source, const std::vector<ObjectRef>& objects);

}  // namespace driftwarden
