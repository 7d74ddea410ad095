#pragma once
// From a path to the node it names, and from a new value to the changes that lead to it.
#include "gitops/base/result.hpp"
#include "gitops/manifest/value_path.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// A value in a text: the document and the way inside it.
struct Spot {
  std::size_t document = 0;
  std::vector<ValueStep> steps;
};

ValueStep field_step(std::string name);
ValueStep index_step(std::size_t index);

struct EditedText {
  std::string text;
  int line = 0;  ///< of the old text, where the edit was made
};

class DocumentEditor {
 public:
  DocumentEditor(std::string text, const std::string& file) : text_(std::move(text)), file_(file) {}

  /// Removes when `value` is null. The text that comes back is not checked yet.
  Result<EditedText> edit(const Spot& spot, const nlohmann::json* value);

 private:
  Result<void> change(const Spot& spot, const nlohmann::json* value, int depth);
  Result<void> change_members(const Spot& spot, const nlohmann::json& old, const nlohmann::json& value, int depth);
  Result<void> change_elements(const Spot& spot, const nlohmann::json& old, const nlohmann::json& value, int depth);

  std::string text_;
  const std::string& file_;
  int line_ = 0;
};

}  // namespace driftwarden
