#include "gitops/base/log.hpp"

#include "gitops/base/text.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace driftwarden {
namespace {

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
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%-5l%$ %v");
    made->flush_on(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

}  // namespace

void log(LogLevel level, std::string_view component, const std::string& message) {
  // Outside text must not be able to forge a log line.
  logger().log(to_spdlog(level), "{}: {}", component, without_control_characters(message));
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

}  // namespace driftwarden
