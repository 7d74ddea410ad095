#pragma once
// Credentials that are known by how they look, whatever they are called. Pure.
#include <cstddef>
#include <string_view>

namespace driftwarden {

/// Looks for them in one text; remembers what it has ruled out, so that a long text is looked at once.
class TokenShapes {
 public:
  explicit TokenShapes(std::string_view text) : text_(text) {}
  /// Length of the credential that begins at `at`, 0 without one. Call with growing `at`.
  std::size_t length_at(std::size_t at);

 private:
  std::size_t jwt_at(std::size_t at);

  std::string_view text_;
  std::size_t no_jwt_before_ = 0;
};

}  // namespace driftwarden
