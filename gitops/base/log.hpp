#pragma once
// A thin front of the log, so that its library stays out of every other file. Lines go to stderr.
#include <string>
#include <string_view>

namespace driftwarden {

enum class LogLevel { Debug, Info, Warn, Error, Off };

/// `component` is the folder that speaks ("slack", "kubernetes"); `message` never holds a secret.
void log(LogLevel level, std::string_view component, const std::string& message);
void set_log_level(LogLevel level);

inline void log_debug(std::string_view component, const std::string& message) { log(LogLevel::Debug, component, message); }
inline void log_info(std::string_view component, const std::string& message) { log(LogLevel::Info, component, message); }
inline void log_warn(std::string_view component, const std::string& message) { log(LogLevel::Warn, component, message); }
inline void log_error(std::string_view component, const std::string& message) { log(LogLevel::Error, component, message); }

}  // namespace driftwarden
