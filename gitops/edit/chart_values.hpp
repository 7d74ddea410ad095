#pragma once
// The values that a chart is rendered with, and which file says each.
#include "gitops/edit/edited_tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwarden {

/// A value of the merged values: ".image.tag", ".env[name=\"A\"].value".
struct ValueKey {
  std::string path;
  std::vector<std::string> names;  ///< of its fields, without lists' positions
  const nlohmann::json* value = nullptr;
};

class ChartValues {
 public:
  static Result<ChartValues> read(const AppSource& source, const EditedTree& tree);

  const nlohmann::json& merged() const { return merged_; }
  /// Every map, list and scalar; points into merged().
  std::vector<ValueKey> keys() const;
  /// The file that may be edited: the App's last values file, or the chart's own where the App has none. "" where it lies outside.
  const std::string& file() const { return file_; }
  /// The key of HelmSource::set, set_string or inline_values that decides about the path, or "".
  std::string set_by_config(const std::string& path) const;
  /// What to write into file() so that the path has the value: lists that the file doesn't have go there as a whole.
  ValueEdit edit_for(const std::string& path, const nlohmann::json* value) const;

 private:
  Result<void> lay_over(const HelmSource& helm);

  nlohmann::json merged_;
  nlohmann::json own_;    ///< what file() says
  nlohmann::json below_;  ///< what the files before it say
  std::string file_;
  std::vector<std::pair<std::string, std::string>> set_;  ///< path, key as written
};

}  // namespace driftwarden
