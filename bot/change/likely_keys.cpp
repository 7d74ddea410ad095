#include "bot/change/likely_keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace driftwarden {
namespace {

constexpr std::size_t kDigest = 64;  // SHA-256, in hex
constexpr std::size_t kCommit = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_upper(c) || is_lower(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_run(char c) { return is_letter(c) || is_digit(c) || std::string_view("+/=_-").find(c) != std::string_view::npos; }
bool is_joint(char c) { return std::string_view("+/=_-").find(c) != std::string_view::npos; }

struct Makeup {
  std::size_t upper = 0;
  std::size_t lower = 0;
  std::size_t digits = 0;
  std::size_t turns = 0;  ///< between letters and digits
  bool hex = true;
  bool mixed() const { return upper > 0 && lower > 0 && digits > 0; }
};

Makeup makeup_of(std::string_view text) {
  Makeup made;
  char before = 0;
  for (const char c : text) {
    made.upper += is_upper(c) ? 1 : 0;
    made.lower += is_lower(c) ? 1 : 0;
    made.digits += is_digit(c) ? 1 : 0;
    made.hex = made.hex && is_hex(c);
    if (before != 0 && ((is_digit(c) && is_letter(before)) || (is_letter(c) && is_digit(before)))) ++made.turns;
    before = c;
  }
  return made;
}

/// Bits per character.
double entropy_of(std::string_view text) {
  std::array<std::size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<std::uint8_t>(c)];
  double bits = 0;
  const auto size = static_cast<double>(text.size());
  for (const auto count : counts) {
    if (count == 0) continue;
    const auto share = static_cast<double>(count) / size;
    bits -= share * std::log2(share);
  }
  return bits;
}

/// Letters and digits alone.
bool is_made_up(std::string_view part) {
  const auto made = makeup_of(part);
  if (made.digits == 0 || made.digits == part.size()) return part.size() >= 24 && made.upper > 0 && made.lower > 0 && entropy_of(part) >= 4.2;
  if (part.size() >= 8 && made.mixed() && made.turns >= 3) return true;
  if (part.size() >= 12 && made.turns >= 3) return true;
  return part.size() >= 16 && (made.hex || made.mixed());
}

bool is_uuid(std::string_view run) {
  constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};
  if (run.size() != 36) return false;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const bool dash = std::ranges::find(kDashes, i) != kDashes.end();
    if (dash ? run[i] != '-' : !is_hex(run[i])) return false;
  }
  return true;
}

/// "ami-0abcd1234ef567890", "vpc-1a2b3c4d": a word and 8 or 17 digits in hex.
bool is_cloud_id(std::string_view run) {
  const auto dash = run.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 24) return false;
  const auto name = run.substr(0, dash);
  const auto id = run.substr(dash + 1);
  return (id.size() == 8 || id.size() == 17) && std::ranges::all_of(id, is_hex) && std::ranges::all_of(name, [](char c) { return is_lower(c) || c == '-'; });
}

/// What `before` says that it is: a digest or a commit.
bool is_fingerprint(std::string_view before, std::string_view run) {
  if (before.ends_with("sha256:")) return run.size() == kDigest && std::ranges::all_of(run, is_hex);
  // "?ref=" belongs to the run.
  const auto equals = run.find('=');
  if (equals == std::string_view::npos || run.substr(0, equals) != "ref") return false;
  const auto commit = run.substr(equals + 1);
  return commit.size() == kCommit && std::ranges::all_of(commit, is_hex);
}

bool is_key(std::string_view before, std::string_view run) {
  if (run.size() < 8 || is_fingerprint(before, run)) return false;
  if (is_uuid(run)) return true;
  if (is_cloud_id(run)) return false;
  for (std::size_t at = 0; at < run.size();) {
    auto end = at;
    while (end < run.size() && !is_joint(run[end])) ++end;
    const auto part = run.substr(at, end - at);
    if (is_made_up(part) && !is_cloud_id(run.substr(run.substr(0, at).find_last_of("/=") + 1))) return true;
    at = end + 1;
  }
  const auto made = makeup_of(run);
  if (!made.mixed()) return false;
  const bool is_path = run.find('/') != std::string_view::npos;
  return is_path ? run.size() >= 32 && entropy_of(run) >= 4.4 : run.size() >= 20 && entropy_of(run) >= 4.1;
}

template <class Each>
void for_runs(std::string_view text, Each&& each) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_run(text[at])) {
      each(at, at + 1, false);
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_run(text[end])) ++end;
    each(at, end, is_key(text.substr(0, at), text.substr(at, end - at)));
    at = end;
  }
}

}  // namespace

bool has_likely_key(std::string_view text) {
  bool found = false;
  for_runs(text, [&](std::size_t, std::size_t, bool key) { found = found || key; });
  return found;
}

std::string without_likely_keys(std::string_view text, std::string_view replacement) {
  std::string out;
  out.reserve(text.size());
  for_runs(text, [&](std::size_t begin, std::size_t end, bool key) { out.append(key ? replacement : text.substr(begin, end - begin)); });
  return out;
}

bool is_likely_password(std::string_view text) {
  if (text.size() < 8 || text.size() > 128 || text.find("${") != std::string_view::npos) return false;
  if (std::ranges::any_of(text, [](char c) { return c <= ' '; })) return false;
  const auto made = makeup_of(text);
  return made.mixed() && text.find_first_of("!$%^&*#~@?") != std::string_view::npos;
}

}  // namespace driftwarden
