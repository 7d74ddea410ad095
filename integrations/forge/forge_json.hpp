#pragma once
// What reading and writing any forge's JSON needs. Fields that aren't there, or are of another type, read as empty.
#include "gitops/base/clock.hpp"
#include "gitops/base/members.hpp"
#include "integrations/forge/forge.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driftwarden::forge {

std::string text_at(const nlohmann::json& object, const char* key);
std::optional<bool> maybe_flag_at(const nlohmann::json& object, const char* key);
std::int64_t number_at(const nlohmann::json& object, const char* key);
WallTime time_at(const nlohmann::json& object, const char* key);
/// Nothing instead of the epoch's start.
std::optional<WallTime> maybe_time_at(const nlohmann::json& object, const char* key);

/// A discarded value when it is no JSON.
nlohmann::json parse_json(std::string_view text);
/// Bytes that are no UTF-8 (a message typed by people) become U+FFFD instead of an exception.
std::string dump(const nlohmann::json& value);

/// The message's first line becomes the title, so that trailers at its end survive every merge method.
struct MergeMessage {
  std::string title;
  std::string body;
};
MergeMessage split_message(const std::string& message);

/// At most `bytes_max` long; says so where something was cut.
std::string cut_comment(std::string text, std::size_t bytes_max);
/// `text` holding `marker`, cut at the forge's limit.
std::string marked_comment(const std::string& marker, std::string text, std::size_t bytes_max);
/// Forges turn line ends into CRLF and trim.
bool says_the_same(std::string_view stored, std::string_view text);

}  // namespace driftwarden::forge
