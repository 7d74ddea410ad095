#pragma once
// Answers that several commands give in the same way.
#include "bot/conversation/handlers.hpp"

#include <string>

namespace driftwarden {

/// Said to everybody, or to who asked alone where Apps of a private team are meant.
inline void address(Reply& reply, bool is_private) {
  reply.private_ = is_private;
  reply.shared = !is_private;
}

/// The caller's own words come back, so that only what is missing is to be added.
inline Answer not_enough(const std::string& why, const std::string& suggestion) {
  const NotUnderstood trouble{why, {suggestion}};
  return say(view::not_understood_message(trouble));
}

}  // namespace driftwarden
