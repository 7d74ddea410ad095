#include "integrations/kubernetes/json_cursor.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace driftwarden::kubernetes {
namespace {

constexpr std::size_t kMaxDepth = 512;

bool is_number_character(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

/// Which of the containers around us are objects: one bit each.
class Nesting {
 public:
  bool enter(bool object) {
    if (depth_ == kMaxDepth) return false;
    auto& word = bits_[depth_ / 64];
    const auto bit = std::uint64_t{1} << (depth_ % 64);
    word = object ? word | bit : word & ~bit;
    ++depth_;
    return true;
  }
  void leave() { --depth_; }
  bool outside() const { return depth_ == 0; }
  bool in_object() const { return ((bits_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64)) & 1U) != 0; }

 private:
  std::array<std::uint64_t, kMaxDepth / 64> bits_;
  std::size_t depth_ = 0;
};

}  // namespace

const char* find_special(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i hits = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)), control);
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
    if (mask != 0) return at + __builtin_ctz(mask);
  }
#endif
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= ' ') ++at;
  return at;
}

bool JsonCursor::skip_string() {
  if (!take('"')) return false;
  for (;;) {
    at_ = find_special(at_, end_);
    if (at_ == end_) return false;
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (*at_ != '\\' || end_ - at_ < 2) return false;
    at_ += 2;
  }
}

bool JsonCursor::take_string(std::string_view& inside) {
  peek();
  const char* const start = at_ + 1;
  if (!skip_string()) return false;
  inside = std::string_view(start, static_cast<std::size_t>(at_ - 1 - start));
  return true;
}

bool JsonCursor::skip_scalar() {
  for (const std::string_view word : {std::string_view("true"), std::string_view("false"), std::string_view("null")}) {
    if (*at_ != word[0]) continue;
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }
  const char* const start = at_;
  while (at_ != end_ && is_number_character(*at_)) ++at_;
  return at_ != start;
}

bool JsonCursor::skip_value() {
  Nesting nesting;
  for (;;) {
    const char first = peek();
    if (first == '"') {
      if (!skip_string()) return false;
    } else if (first == '{') {
      ++at_;
      if (!take('}')) {
        if (!nesting.enter(true) || !skip_string() || !take(':')) return false;
        continue;
      }
    } else if (first == '[') {
      ++at_;
      if (!take(']')) {
        if (!nesting.enter(false)) return false;
        continue;
      }
    } else if (first == '\0' || !skip_scalar()) {
      return false;
    }
    // A value ended: go on in what is around it.
    for (;;) {
      if (nesting.outside()) return true;
      const bool object = nesting.in_object();
      if (take(',')) {
        if (object && (!skip_string() || !take(':'))) return false;
        break;
      }
      if (!take(object ? '}' : ']')) return false;
      nesting.leave();
    }
  }
}

}  // namespace driftwarden::kubernetes
