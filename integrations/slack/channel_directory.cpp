#include "integrations/slack/channel_directory.hpp"

#include <algorithm>
#include <string_view>

namespace driftwarden::slack {
namespace {
constexpr Duration kListingStays{10'000};
}

std::string bare_channel_name(const std::string& text) {
  std::string_view name = text;
  if (name.starts_with("<#") && name.ends_with('>')) name = name.substr(2, name.size() - 3);
  if (name.starts_with('#')) name.remove_prefix(1);
  return std::string(name.substr(0, name.find('|')));
}

/// Names are lower case, ids upper case, so that the two can't be mixed up.
std::optional<std::string> as_channel_id(const std::string& text) {
  const auto name = bare_channel_name(text);
  const auto is_id_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.size() < 3 || std::string_view("CGDUW").find(name.front()) == std::string_view::npos) return std::nullopt;
  if (!std::ranges::all_of(name, is_id_letter)) return std::nullopt;
  return name;
}

std::optional<std::string> ChannelDirectory::find(const std::string& name) const {
  const auto found = ids_.find(name);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

bool ChannelDirectory::worth_listing(MonoTime now) const { return !listed_at_ || now - *listed_at_ >= kListingStays; }

}  // namespace driftwarden::slack
