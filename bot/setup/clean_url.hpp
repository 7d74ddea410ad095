#pragma once
// A repository's URL as it may stand in a config file, and what it tells of its forge. Pure.
#include "bot/config/config.hpp"

#include <string>
#include <string_view>

namespace driftwarden {

/// Without password, token, query and fragment. The user stays where it only names an account of ssh ("git@").
std::string without_credentials(std::string_view url);

struct ForgeGuess {
  ForgeKind kind = ForgeKind::None;
  std::string api_url{};  ///< "" = the kind's default
  std::string project{};  ///< "acme/config"
  std::string host{};
};
/// By the host's name; `kind` None where it says nothing. A given kind is kept, and the rest is told for it.
ForgeGuess guess_forge(std::string_view url);
ForgeGuess forge_of_kind(ForgeKind kind, std::string_view url);

/// "config" of https://git.example.com/acme/config.git; "repository" where the URL says nothing.
std::string name_from_url(std::string_view url);

}  // namespace driftwarden
