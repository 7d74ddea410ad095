#pragma once
// Change a value in a YAML file and leave every other byte as it was.
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

struct ValueEdit {
  std::string path;                 ///< drift.md's syntax: .spec.containers[name="app"].image
  std::optional<std::string> json;  ///< the new value as a JSON text; absent = remove
  bool operator==(const ValueEdit&) const = default;
};

/// `text` with the edits made in the document of `object`. Comments, order, quotes, anchors, indentation, line endings and everything
/// else stay. NotFound when the object isn't in the text; InvalidInput when a path can't be edited where it stands (an alias, a value
/// behind a merge key, a templated file), saying why.
Result<std::string> edit_manifest(const std::string& text, const std::string& file, const ObjectRef& object, const std::vector<ValueEdit>& edits);

/// The same for any YAML (or JSON) text: document `document`, counted from 0 without empty ones. A text that holds no value yet gets its first.
Result<std::string> edit_yaml(const std::string& text, const std::string& file, std::size_t document, const std::vector<ValueEdit>& edits);

}  // namespace driftwarden
