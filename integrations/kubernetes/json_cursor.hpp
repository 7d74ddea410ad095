#pragma once
// Walks JSON text without building values. Strict about structure and the ends of strings, lax about the insides of numbers and escapes.
#include <cstddef>
#include <string_view>

namespace driftwarden::kubernetes {

/// Within a string: the first quote, backslash or control character; `end` without one.
const char* find_special(const char* at, const char* end);

class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  const char* at() const { return at_; }
  /// The next character that isn't space, '\0' at the end; stays before it.
  char peek() {
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ') ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  bool take(char wanted) {
    if (peek() != wanted || at_ == end_) return false;
    ++at_;
    return true;
  }
  bool finished() { return peek() == '\0' && at_ == end_; }
  /// A string's raw inside.
  bool take_string(std::string_view& inside);
  bool skip_string();
  bool skip_value();
  /// The text of the next value.
  bool take_value(std::string_view& text) {
    peek();
    const char* const start = at_;
    if (!skip_value()) return false;
    text = std::string_view(start, static_cast<std::size_t>(at_ - start));
    return true;
  }

  /// Calls `member(key)` before each value; it must consume the value and says whether that went well.
  template <class Member>
  bool each_member(Member&& member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view key;
      if (!take_string(key) || !take(':')) return false;
      peek();
      if (!member(key)) return false;
    } while (take(','));
    return take('}');
  }
  /// The same for a list's elements.
  template <class Element>
  bool each_element(Element&& element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do {
      peek();
      if (!element()) return false;
    } while (take(','));
    return take(']');
  }

 private:
  bool skip_scalar();

  const char* at_;
  const char* end_;
};

}  // namespace driftwarden::kubernetes
