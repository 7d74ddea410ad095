#include "integrations/kubernetes/watch_event.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

std::optional<WatchEventType> type_of(const std::string& name) {
  static constexpr std::array<std::pair<std::string_view, WatchEventType>, 5> kTypes{{{"ADDED", WatchEventType::Added},
                                                                                        {"MODIFIED", WatchEventType::Modified},
                                                                                        {"DELETED", WatchEventType::Deleted},
                                                                                        {"BOOKMARK", WatchEventType::Bookmark},
                                                                                        {"ERROR", WatchEventType::Error}}};
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return std::nullopt;
}

std::string version_of(const json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto version = metadata->find("resourceVersion");
  return version != metadata->end() && version->is_string() ? version->get<std::string>() : std::string{};
}

Error corrupt(const std::string& what) { return {ErrorKind::Corrupt, "watch event: " + what}; }

}  // namespace

Result<void> LineBuffer::append(std::string_view bytes) {
  if (start_ > 0) {
    bytes_.erase(0, start_);
    searched_ -= start_;
    start_ = 0;
  }
  const bool ends_here = bytes.find('\n') != std::string_view::npos;
  if (!ends_here && bytes_.size() + bytes.size() > limit_) return Error{ErrorKind::Corrupt, "a line of the watch is longer than the limit"};
  bytes_.append(bytes);
  return {};
}

std::optional<std::string_view> LineBuffer::next_line() {
  while (true) {
    const auto end = bytes_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = bytes_.size();
      return std::nullopt;
    }
    auto line = std::string_view(bytes_).substr(start_, end - start_);
    start_ = searched_ = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) return line;
  }
}

Result<WatchEvent> decode_watch_event(std::string_view line) {
  auto parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return corrupt("not a JSON object");
  const auto type_name = parsed.find("type");
  auto object = parsed.find("object");
  if (type_name == parsed.end() || !type_name->is_string() || object == parsed.end() || !object->is_object()) return corrupt("no type or no object");
  const auto type = type_of(type_name->get_ref<const std::string&>());
  if (!type) return corrupt("unknown type " + type_name->get<std::string>().substr(0, 40));
  WatchEvent event;
  event.type = *type;
  event.object = std::make_shared<json>(std::move(*object));
  if (event.type == WatchEventType::Error) {
    if (const auto code = event.object->find("code"); code != event.object->end() && code->is_number_unsigned()) event.code = code->get<unsigned>();
    if (const auto text = event.object->find("message"); text != event.object->end() && text->is_string()) event.message = text->get<std::string>();
    return event;
  }
  event.resource_version = version_of(*event.object);
  if (event.resource_version.empty()) return corrupt("an object without resourceVersion");
  return event;
}

}  // namespace driftwarden::kubernetes
