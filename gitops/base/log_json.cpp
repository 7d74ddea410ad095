#include "gitops/base/log_json.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <set>

namespace driftwarden {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t character = kReplacement;
  std::size_t bytes = 1;
  bool valid = false;
};

/// The first character; one byte of what is no UTF-8. Overlong forms, surrogates and what lies behind U+10FFFF aren't any.
Decoded decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80U) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  if (lead < 0xC2U || lead > 0xF4U || text.size() < length) return {};
  char32_t character = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    character = (character << 6U) | (next & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < kLeast[length] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return {};
  return {character, length, true};
}

/// What could make a terminal show another line than the one that was written.
bool is_unsafe(char32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x200E || character == 0x200F || (character >= 0x2028 && character <= 0x202E) ||
         (character >= 0x2066 && character <= 0x2069);
}

void add_member(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out += json_literal(name);
  out += ':';
  out += json_literal(value);
}

}  // namespace

std::string json_literal(std::string_view bytes) {
  std::string out = "\"";
  for (std::size_t at = 0; at < bytes.size();) {
    const auto next = decode(bytes.substr(at));
    if (!next.valid) {
      out += "\xEF\xBF\xBD";
    } else if (next.character == '"' || next.character == '\\') {
      out += '\\';
      out += bytes[at];
    } else if (next.character == '\n') {
      out += "\\n";
    } else if (is_unsafe(next.character)) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(next.character));
    } else {
      out += bytes.substr(at, next.bytes);
    }
    at += next.bytes;
  }
  return out + "\"";
}

std::string log_members(std::string_view component, std::string_view message, LogFields fields) {
  std::set<std::string_view> seen{"time", "level", "component", "message"};
  std::string out;
  add_member(out, "component", component);
  add_member(out, "message", message);
  for (const auto& [name, value] : fields) {
    if (!value.empty() && seen.insert(name).second) add_member(out, name, value);
  }
  return out;
}

}  // namespace driftwarden
