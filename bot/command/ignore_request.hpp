#pragma once
// What an ignore Change asks for, as it is kept in Change::argument.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/object.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct IgnoreRequest {
  struct Field {
    ObjectRef object;  ///< without version: a rule knows none
    std::string path;
    bool operator==(const Field&) const = default;
  };
  std::vector<Field> fields;
  WallTime until{};
  bool operator==(const IgnoreRequest&) const = default;
};

std::string to_json_text(const IgnoreRequest& request);
/// Nothing is asked for by a text that can't be read.
IgnoreRequest ignore_request_from(const std::string& text);

/// `path` is `above` or lies below it: ".spec.replicas" below ".spec".
bool is_path_below(std::string_view path, std::string_view above);

/// The App's rules with those of the request after them. A path that is asked for again is taken from the rule that had it.
std::vector<IgnoreRule> with_request(std::vector<IgnoreRule> rules, const IgnoreRequest& request, const PersonId& owner, const std::string& reason);

}  // namespace driftwarden
