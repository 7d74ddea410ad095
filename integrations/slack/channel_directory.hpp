#pragma once
// Channel names to ids, remembered.
#include "gitops/base/clock.hpp"

#include <map>
#include <optional>
#include <string>

namespace driftwarden::slack {

/// "#name", "name", "C0123", "#C0123" or "<#C0123|name>": the id when it is one, else nothing.
std::optional<std::string> as_channel_id(const std::string& text);
std::string bare_channel_name(const std::string& text);

class ChannelDirectory {
 public:
  std::optional<std::string> find(const std::string& name) const;
  void remember(std::string name, std::string id) { ids_[std::move(name)] = std::move(id); }
  void listed(MonoTime now) { listed_at_ = now; }
  /// Whether a name that isn't known may be known after another listing.
  bool worth_listing(MonoTime now) const;

 private:
  std::map<std::string, std::string> ids_;
  std::optional<MonoTime> listed_at_;
};

}  // namespace driftwarden::slack
