#pragma once
// A list's JSON text in pieces of any size -> its items one by one. Pure; holds one item at most.
#include "gitops/base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace driftwarden::kubernetes {

struct ListEnd {
  std::string resource_version;
  std::string continue_token;  ///< "" on the last page
};

class ListSplitter {
 public:
  /// Gets each complete item's text: an object, not yet checked to be well-formed within. Valid during the call.
  using OnItem = std::function<Result<void>(std::string_view item)>;

  explicit ListSplitter(std::size_t item_limit = 8U << 20U) : limit_(item_limit) {}
  /// Corrupt for what isn't a list, and for an item beyond the limit; an error of `on_item` is handed on.
  Result<void> feed(std::string_view bytes, const OnItem& on_item);
  /// After the last byte. Corrupt when the list broke off.
  Result<ListEnd> finish() const;

 private:
  enum class Place { Start, FirstKey, Key, Colon, Value, After, FirstItem, Item, AfterItem, End };
  enum class Keep { Nothing, Key, Metadata, Item };

  bool walk(const char*& at, const char* end);
  Result<void> hold(std::string_view piece);
  Result<void> ended(std::string_view text, const OnItem& on_item);
  /// True when `c` was consumed; else a value begins with it.
  Result<bool> punctuation(char c);
  Result<bool> begin(Keep keep, Place after);

  std::size_t limit_;
  Place place_ = Place::Start;
  Keep keep_ = Keep::Nothing;
  // Of the value that isn't complete yet:
  bool inside_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  bool scalar_ = false;
  std::size_t depth_ = 0;
  std::string held_;  ///< its beginning, from earlier pieces
  std::string key_;
  std::string metadata_;
};

}  // namespace driftwarden::kubernetes
