#pragma once
#include <cstddef>
#include <utility>

namespace driftwarden {

/// A value that can't be printed, formatted, compared or serialised by accident: using it means writing `reveal()`. Its memory is wiped when it dies or
/// is moved from, so that a core dump holds fewer copies.
template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) { wipe(value); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(const Secret& other) {
    if (this == &other) return *this;
    wipe(value_);
    value_ = other.value_;
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(value_);
    value_ = std::move(other.value_);
    wipe(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }

  const T& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  /// Also what lies behind the end of a text that was longer, and in the small buffer of one that was moved from.
  static void wipe(T& value) noexcept {
    if constexpr (requires(T& text) { text.resize(text.capacity()); text.data()[0] = {}; }) {
      value.resize(value.capacity());
      volatile auto* bytes = value.data();
      for (std::size_t i = 0; i < value.size(); ++i) bytes[i] = {};
      value.clear();
    }
  }

  T value_{};
};

}  // namespace driftwarden
