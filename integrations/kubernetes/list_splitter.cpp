#include "integrations/kubernetes/list_splitter.hpp"

#include "integrations/kubernetes/json_cursor.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || is_space(c); }

Error not_a_list() { return {ErrorKind::Corrupt, "list: the answer isn't a list"}; }

std::string text_of(const nlohmann::json& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

Result<void> ListSplitter::feed(std::string_view bytes, const OnItem& on_item) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (!inside_) {
      if (is_space(*at)) {
        ++at;
        continue;
      }
      TRY(const bool consumed, punctuation(*at));
      if (consumed) ++at;
      continue;
    }
    const char* const start = at;
    const bool complete = walk(at, end);
    const std::string_view piece(start, static_cast<std::size_t>(at - start));
    if (!complete || !held_.empty()) CHECK_OK(hold(piece));
    if (!complete) return {};
    inside_ = false;
    const auto held = std::exchange(held_, {});
    CHECK_OK(ended(held.empty() ? piece : std::string_view(held), on_item));
  }
  return {};
}

/// Goes to the end of the value, or of the bytes; true when the value is complete.
bool ListSplitter::walk(const char*& at, const char* end) {
  while (at != end) {
    if (in_string_) {
      if (std::exchange(escaped_, false)) {
        ++at;
        continue;
      }
      at = find_special(at, end);
      if (at == end) return false;
      const char c = *at++;
      if (c == '\\') escaped_ = true;
      if (c == '"') in_string_ = false;
      if (c == '"' && depth_ == 0) return true;
      continue;
    }
    const char c = *at;
    if (scalar_ && ends_scalar(c)) {
      scalar_ = false;
      return true;
    }
    ++at;
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      if (--depth_ == 0) return true;
    } else if (depth_ == 0) {
      scalar_ = true;
    }
  }
  return false;
}

Result<void> ListSplitter::hold(std::string_view piece) {
  if (keep_ == Keep::Nothing) return {};
  if (held_.size() + piece.size() > limit_) return Error{ErrorKind::Corrupt, fmt::format("list: an item is longer than {} bytes", limit_)};
  held_ += piece;
  return {};
}

Result<void> ListSplitter::ended(std::string_view text, const OnItem& on_item) {
  switch (keep_) {
    case Keep::Nothing: break;
    case Keep::Key: key_ = text.substr(1, text.size() - 2); break;
    case Keep::Metadata: metadata_ = text; break;
    case Keep::Item: return on_item(text);
  }
  return {};
}

Result<bool> ListSplitter::begin(Keep keep, Place after) {
  inside_ = true;
  keep_ = keep;
  place_ = after;
  return false;
}

Result<bool> ListSplitter::punctuation(char c) {
  const auto go = [this](Place place) -> Result<bool> {
    place_ = place;
    return true;
  };
  switch (place_) {
    case Place::Start:
      if (c == '{') return go(Place::FirstKey);
      break;
    case Place::FirstKey:
      if (c == '}') return go(Place::End);
      [[fallthrough]];
    case Place::Key:
      if (c == '"') return begin(Keep::Key, Place::Colon);
      break;
    case Place::Colon:
      if (c == ':') return go(Place::Value);
      break;
    case Place::Value:
      if (ends_scalar(c) || c == ':') break;
      if (key_ == "items" && c == '[') return go(Place::FirstItem);
      if (key_ == "items" && c != 'n') break;
      return begin(key_ == "metadata" ? Keep::Metadata : Keep::Nothing, Place::After);
    case Place::After:
      if (c == ',') return go(Place::Key);
      if (c == '}') return go(Place::End);
      break;
    case Place::FirstItem:
      if (c == ']') return go(Place::After);
      [[fallthrough]];
    case Place::Item:
      if (c == '{') return begin(Keep::Item, Place::AfterItem);
      break;
    case Place::AfterItem:
      if (c == ',') return go(Place::Item);
      if (c == ']') return go(Place::After);
      break;
    case Place::End: break;
  }
  return not_a_list();
}

Result<ListEnd> ListSplitter::finish() const {
  if (place_ != Place::End || inside_) return Error{ErrorKind::Corrupt, place_ == Place::Start ? "list: the answer is empty" : "list: the answer broke off"};
  const auto metadata = nlohmann::json::parse(metadata_, nullptr, false);
  if (!metadata.is_object()) return not_a_list();
  return ListEnd{text_of(metadata, "resourceVersion"), text_of(metadata, "continue")};
}

}  // namespace driftwarden::kubernetes
