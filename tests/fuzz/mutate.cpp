#include "tests/fuzz/mutate.hpp"

#include <array>

namespace driftwarden::fuzz {
namespace {

constexpr std::size_t kMostBytes = 16U << 10U;

/// What parsers of text stumble over.
const std::array<std::string, 40> kPieces{"\"", "\\", "\\\"", "\\u0000", "\\ud800", "{", "}", "[", "]", ":", ": ", ",", "\n", "\r\n", "\n  ", "- ", "#", "&a ", "*a", "<<: ",
                                          "|\n", ">-\n", "---\n", "!!binary ", "null", "~", "1e309", "-0", "0x7f", "9223372036854775808", "\xff", "\xc0\x80", "\xef\xbb\xbf", "\xe2\x80\xae", "%00", "%", "../",
                                          "<!channel>", "```", std::string(1, '\0')};

}  // namespace

void Mutator::edit(std::string& text) {
  const auto at = below(text.size() + 1);
  switch (below(7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << below(8)));
      break;
    case 1: text.insert(at, kPieces[below(kPieces.size())]); break;
    case 2: text.erase(at, 1 + below(16)); break;
    case 3: text.insert(at, text.substr(below(text.size() + 1), below(64))); break;
    case 4: text.resize(at); break;
    case 5: {
      const auto& other = seeds_[below(seeds_.size())];
      text.insert(at, other.substr(below(other.size() + 1), below(128)));
      break;
    }
    default:
      if (at < text.size()) text[at] = static_cast<char>(random_());
  }
}

std::string Mutator::next() {
  auto text = seeds_[below(seeds_.size())];
  for (auto edits = 1 + below(6); edits > 0; --edits) edit(text);
  if (text.size() > kMostBytes) text.resize(kMostBytes);
  return text;
}

}  // namespace driftwarden::fuzz
