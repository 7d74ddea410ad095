#pragma once
#include <utility>

namespace driftwarden {

/// A value that can't be printed, formatted, compared or serialised by accident: using it means writing `reveal()`.
template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  T value_{};
};

}  // namespace driftwarden
