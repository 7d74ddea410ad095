#include "gitops/base/log.hpp"

#include "gitops/base/log_json.hpp"
#include "gitops/base/text.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace driftwarden {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%e %^%-5l%$ %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::atomic<bool> as_json{false};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warn: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
    case LogLevel::Off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_color_mt("driftwarden");
    made->set_pattern(kTextPattern);
    made->flush_on(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

}  // namespace

void log(LogLevel level, std::string_view component, const std::string& message, LogFields fields) {
  const auto wanted = to_spdlog(level);
  if (!logger().should_log(wanted)) return;
  if (as_json) {
    logger().log(wanted, "{}", log_members(component, message, fields));
    return;
  }
  // Outside text must not be able to forge a log line.
  logger().log(wanted, "{}: {}", component, without_control_characters(message));
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

void set_log_json(bool json) {
  if (json) {
    logger().set_pattern(kJsonPattern, spdlog::pattern_time_type::utc);
  } else {
    logger().set_pattern(kTextPattern);
  }
  as_json = json;
}

}  // namespace driftwarden
