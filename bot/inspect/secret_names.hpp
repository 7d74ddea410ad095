#pragma once
// What is called so that its value should stay hidden. Pure.
#include <string_view>

namespace driftwarden {

enum class Sensitivity {
  None,
  Random,  ///< only when the value looks like a key: "tokens", "secrets" count things as often as they hold them
  Value,   ///< one value follows
  Header,  ///< all that follows on the line: Authorization, Cookie
};

/// Of a name as programs write them: "DB_PASSWORD", "spring.datasource.password", "X-Api-Key", "clientSecret".
Sensitivity sensitivity_of(std::string_view name);
/// "api key", "private key": a name of two words.
bool is_key_adjective(std::string_view word);
/// Values that hide nothing: "", "null", "true", "***", "${DB_PASSWORD}".
bool is_harmless_value(std::string_view value);
/// "token: expired": the word tells of the thing, it isn't the thing.
bool is_verdict(std::string_view word);
/// At least 12 characters with letters and digits: a key, rather than a word or a number.
bool looks_random(std::string_view value);

}  // namespace driftwarden
