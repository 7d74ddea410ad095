#pragma once
// A thin front of the log, so that its library stays out of every other file. Lines go to stderr.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace driftwarden {

enum class LogLevel { Debug, Info, Warn, Error, Off };

/// What a line is about, for machines: {"app", "shop"}, {"change", "C-12"}, {"incident", "7"}, {"envelope", key}, {"cluster", "prod-eu"}.
using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// `component` is the folder that speaks ("slack", "kubernetes"); `message` never holds a secret.
void log(LogLevel level, std::string_view component, const std::string& message, LogFields fields = {});
void set_log_level(LogLevel level);
/// One JSON object a line instead of text for people.
void set_log_json(bool json);

inline void log_debug(std::string_view component, const std::string& message, LogFields fields = {}) { log(LogLevel::Debug, component, message, fields); }
inline void log_info(std::string_view component, const std::string& message, LogFields fields = {}) { log(LogLevel::Info, component, message, fields); }
inline void log_warn(std::string_view component, const std::string& message, LogFields fields = {}) { log(LogLevel::Warn, component, message, fields); }
inline void log_error(std::string_view component, const std::string& message, LogFields fields = {}) { log(LogLevel::Error, component, message, fields); }

}  // namespace driftwarden
