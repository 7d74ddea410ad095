#pragma once
// The bytes of a watch: one JSON object a line, in pieces of any size. Pure.
#include "gitops/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden::kubernetes {

/// Puts lines together. Bounded: a line that doesn't end is Corrupt.
class LineBuffer {
 public:
  explicit LineBuffer(std::size_t limit = 16U << 20U) : limit_(limit) {}
  Result<void> append(std::string_view bytes);
  /// The next complete line without its end; empty lines are skipped. Valid until the next call.
  std::optional<std::string_view> next_line();

 private:
  std::size_t limit_;
  std::string bytes_;
  std::size_t start_ = 0;    ///< of the first line that wasn't handed out
  std::size_t searched_ = 0;  ///< no line end before here
};

enum class WatchEventType { Added, Modified, Deleted, Bookmark, Error };

struct WatchEvent {
  WatchEventType type = WatchEventType::Error;
  std::shared_ptr<nlohmann::json> object;  ///< never null in a decoded event
  std::string resource_version;  ///< "" for Error
  unsigned code = 0;             ///< of Error: the Status' code, 410 = the version is too old
  std::string message;           ///< of Error
};

Result<WatchEvent> decode_watch_event(std::string_view line);

}  // namespace driftwarden::kubernetes
