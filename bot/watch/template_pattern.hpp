#pragma once
// The patterns of templates: a regular language only, matched in the time of its length and the text's, so that no pattern from Git can hold the bot up. Pure.
#include "gitops/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace driftwarden {

/// Letters, `.`, `[a-z0-9_-]`, `[^x]`, `\d` `\w` `\.`, groups, `|`, `*` `+` `?` `{2,5}`. The whole text must match; `^` and `$` at the ends change nothing.
class TemplatePattern {
 public:
  /// InvalidInput says what can't be read.
  static Result<TemplatePattern> parse(std::string_view text);
  bool matches(std::string_view text) const;

  struct Node;
  struct Machine;

 private:
  std::shared_ptr<const Machine> machine_;
};

}  // namespace driftwarden
