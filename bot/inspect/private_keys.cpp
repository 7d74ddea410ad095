#include "bot/inspect/private_keys.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::size_t kLongestLabel = 64;
constexpr std::size_t kLongestKey = 16U << 10U;
constexpr std::size_t kKeyLine = 40;  ///< PEM lines are 64 or 70 characters, the last one excepted

bool is_base64(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '/' || c == '='; }

bool has_key_material(std::string_view line) {
  std::size_t run = 0;
  for (const char c : line) {
    run = is_base64(c) ? run + 1 : 0;
    if (run >= kKeyLine) return true;
  }
  return false;
}

/// The end of the marker ("-----BEGIN RSA PRIVATE KEY-----") that begins at `at`; 0 when it is another one.
std::size_t marker_end(std::string_view text, std::size_t at, std::string_view marker) {
  const auto label = text.substr(at + marker.size(), kLongestLabel);
  const auto dashes = label.find(kDashes);
  if (dashes == std::string_view::npos || label.substr(0, dashes).find("PRIVATE KEY") == std::string_view::npos) return 0;
  return at + marker.size() + dashes + kDashes.size();
}

/// Line for line, so that what follows stays where it was.
void hide(std::string& out, std::string_view inside) {
  for (std::size_t at = 0; at <= inside.size();) {
    const auto end = std::min(inside.find('\n', at), inside.size());
    if (at > 0) out += '\n';
    if (inside.substr(at, end - at).find_first_not_of(" \t") != std::string_view::npos) out += "***";
    at = end + 1;
  }
}

/// Where a key ends whose end marker was cut off: with the last line that holds some of it.
std::size_t end_of_material(std::string_view text, std::size_t at) {
  auto end = std::min(text.find('\n', at), text.size());
  while (end < text.size()) {
    const auto next = std::min(text.find('\n', end + 1), text.size());
    if (!has_key_material(text.substr(end + 1, next - end - 1))) break;
    end = next;
  }
  return end;
}

/// The last line before an end marker may be short: what there is of a key then ends in its padding.
bool ends_in_padding(std::string_view line) {
  const auto last = line.find_last_not_of(" \t\n");
  return last != std::string_view::npos && line[last] == '=';
}

/// `out` ends before an end marker whose beginning was cut off: what stands there, from `from` on, is the rest of a key.
void hide_back(std::string& out, std::size_t from) {
  const auto tail = std::string(std::string_view(out).substr(from));
  const std::string_view text = tail;
  auto start = text.size();
  while (start > 0) {
    const auto before = start >= 2 ? text.rfind('\n', start - 2) : std::string_view::npos;
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    const auto line = text.substr(begin, start - begin);
    const bool last = start == text.size();
    const auto above = begin >= 2 ? text.rfind('\n', begin - 2) : std::string_view::npos;
    const auto line_above = begin == 0 ? std::string_view() : text.substr(above == std::string_view::npos ? 0 : above + 1, begin - (above == std::string_view::npos ? 0 : above + 1));
    if (!has_key_material(line) && !(last && (ends_in_padding(line) || has_key_material(line_above)))) break;
    start = begin;
  }
  out.resize(from + start);
  hide(out, text.substr(start));
}

}  // namespace

std::string without_private_keys(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  std::size_t settled = 0;  ///< of `out`: what a cut-off key can't reach back beyond
  while (true) {
    const auto dashes = text.find(kDashes, at);
    if (dashes == std::string_view::npos) break;
    const auto rest = text.substr(dashes);
    const bool begins = rest.starts_with(kBegin);
    const auto marker = begins ? marker_end(text, dashes, kBegin) : rest.starts_with(kEnd) ? marker_end(text, dashes, kEnd) : 0;
    if (marker == 0) {
      out.append(text.substr(at, dashes + 1 - at));
      at = dashes + 1;
      continue;
    }
    out.append(text.substr(at, dashes - at));
    if (!begins) {
      hide_back(out, settled);
      out.append(text.substr(dashes, marker - dashes));
      at = marker;
    } else {
      out.append(text.substr(dashes, marker - dashes));
      const auto found = text.substr(marker, kLongestKey).find(kEnd);
      const auto end = found == std::string_view::npos ? end_of_material(text, marker) : marker + found;
      hide(out, text.substr(marker, end - marker));
      at = end;
      if (const auto closing = end < text.size() && text.substr(end).starts_with(kEnd) ? marker_end(text, end, kEnd) : 0; closing > 0) {
        out.append(text.substr(end, closing - end));
        at = closing;
      }
    }
    settled = out.size();
  }
  out.append(text.substr(at));
  return out;
}

}  // namespace driftwarden
