#pragma once
// What decoding into the Go type and encoding again does to a value: unknown fields go, zeros of non-pointers go, quantities become canonical.
#include "integrations/sandbox/cluster/json.hpp"
#include "integrations/sandbox/cluster/schema.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

struct Decoding {
  std::vector<std::string> unknown;  ///< paths of fields that the type doesn't have: "spec.foo"
  std::string error;                 ///< "json: cannot unmarshal ..." when a value has the wrong type
};

/// Changes `value` in place. apiVersion and kind at the top level are left alone.
Decoding round_trip(const TypeDef& def, Json& value);

}  // namespace driftwarden::sandbox::cluster
