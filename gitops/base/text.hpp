#pragma once
// Small text tools without a better home in the standard library.
#include "gitops/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// `*` any run, `?` one character.
bool glob_match(std::string_view pattern, std::string_view text);
/// Optimal-string-alignment distance, for did-you-mean.
std::size_t edit_distance(std::string_view a, std::string_view b);
/// The nearest of `candidates` within a third of its length, or nothing.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
/// At most `bytes` long, cut at a UTF-8 boundary, ending in an ellipsis when something was cut.
std::string ellipsize(std::string_view text, std::size_t bytes);
/// Control characters become spaces; for names that enter a commit header or a log line.
std::string without_control_characters(std::string_view text);
/// A JSON string literal, for the few places that write JSON without a document.
std::string json_quoted(std::string_view text);

/// "300ms" "15s" "5m" "4h" "7d", also combined ("1h30m").
Result<Duration> parse_duration(std::string_view text);
/// The shortest exact form: "90s" is "1m30s".
std::string format_duration(Duration duration);
/// For people: "3 s", "2 min", "5 h", "3 d".
std::string format_age(Duration age);
/// RFC 3339 in UTC, seconds; with milliseconds when they are not zero.
std::string format_time(WallTime time);
Result<WallTime> parse_time(std::string_view text);

}  // namespace driftwarden
