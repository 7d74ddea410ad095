#pragma once
// What can be told of an object from its JSON text. Pure; no allocation but for name and namespace.
#include "gitops/drift/live_source.hpp"

#include <cstdint>
#include <string_view>

namespace driftwarden::kubernetes {

/// Makes digests of one process unpredictable: an object can't be shaped so that a change of it looks like none.
struct DigestKey {
  std::uint64_t first = 0x9e3779b97f4a7c15U;
  std::uint64_t second = 0xbf58476d1ce4e5b9U;
};

/// Fills all of `out` but group, version and kind of the ref; views point into `text`. Not part of `content` are apiVersion and kind (a list's
/// items lack them), status, metadata.resourceVersion and .generation, and of managedFields the status writers' entries and every `time`.
/// False for what isn't a JSON object, and for forms that servers don't write (escapes in names, a member twice): ask the parser then.
bool read_glimpse(std::string_view text, const DigestKey& key, LiveGlimpse& out);

/// One line of a watch.
struct RawEvent {
  std::string_view type;
  LiveGlimpse object;  ///< name and version are empty where the object has none
};
bool read_event(std::string_view line, const DigestKey& key, RawEvent& out);

}  // namespace driftwarden::kubernetes
