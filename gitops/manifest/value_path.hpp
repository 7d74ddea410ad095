#pragma once
// drift.md's path syntax, read back: .spec.containers[name="app"].env[name="C"].value, ["a.b/c"], [="set value"], [3].
#include "gitops/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driftwarden {

struct ValueStep {
  enum class Kind { Field, Element, SetValue, Index };
  Kind kind = Kind::Field;
  std::string name;                                        ///< of a field
  std::vector<std::pair<std::string, std::string>> keys;   ///< of an element: JSON texts of the key values
  std::string value;                                       ///< of a set: JSON text
  std::size_t index = 0;
};

/// InvalidInput with the position of what can't be read.
Result<std::vector<ValueStep>> parse_value_path(std::string_view path);

/// The RFC 6901 pointer of an existing value; NotFound when `object` has nothing there. A key that an element leaves out matches nothing
/// but is skipped when the others single one element out (the schema may have completed it).
Result<std::string> json_pointer(const nlohmann::json& object, std::string_view path);

/// Sets the value at `path`, making what is missing on the way; removes it when `value` is null. InvalidInput when the path leads through
/// something that is no object or list.
Result<void> set_value(nlohmann::json& object, std::string_view path, const nlohmann::json* value);

}  // namespace driftwarden
