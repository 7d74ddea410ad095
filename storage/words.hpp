#pragma once
#include <stdexcept>
#include <string>

namespace driftwarden::storage {

/// The enumerator whose to_string() is `word`. The words end where to_string answers "?".
template <class Enum>
Enum from_word(const std::string& word) {
  for (int at = 0;; ++at) {
    const auto value = static_cast<Enum>(at);
    const auto name = to_string(value);
    if (name == "?") throw std::runtime_error("unknown word \"" + word + "\"");
    if (name == word) return value;
  }
}

}  // namespace driftwarden::storage
