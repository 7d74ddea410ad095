#pragma once
// A document goes from a file of several, and every other byte stays.
#include "gitops/base/result.hpp"
#include "gitops/model/object.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// `text` without the document of `object` and the "---" above it; nothing where no other document is left. NotFound where the object isn't in the text;
/// InvalidInput where it stands there more than once or in a list, or where the documents can't be told apart.
Result<std::optional<std::string>> cut_document(const std::string& text, const std::string& file, const ObjectRef& object);

}  // namespace driftwarden
