// log, heartbeat: what whoever runs the bot sees of it.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::string_view kWebUrl = "https://..., or http:// on this machine";
constexpr Duration kSoonest = std::chrono::seconds{5};

}  // namespace

void read_log(Section& root, Config& config) {
  root.inside("log", [&](Section& section) {
    section.choice<LogFormat>("format", {{"text", LogFormat::Text}, {"json", LogFormat::Json}}, config.log.format);
    auto level = config.log.debug;
    section.choice<bool>("level", {{"info", false}, {"debug", true}}, level);
    config.log.debug = level;
  });
}

void read_heartbeat(Section& root, Config& config) {
  root.inside("heartbeat", [&](Section& section) {
    HeartbeatConfig heartbeat;
    if (!section.has("url")) section.missing("url", "{env: NAME}, {file: PATH} or {credential: NAME}");
    section.secret("url", heartbeat.url);
    // The address is what lets one in: no message names it.
    if (const auto wrong = heartbeat.url.empty() ? std::string() : check_web_url(heartbeat.url.reveal()); !wrong.empty()) {
      root.reading().mistake(section.place("url"), "what \"url\" refers to " + wrong, std::string(kWebUrl));
    }
    section.duration("every", heartbeat.every);
    if (heartbeat.every < kSoonest) root.reading().mistake(section.place("every"), fmt::format("\"every\" is {}", format_duration(heartbeat.every)), "at least 5s");
    config.heartbeat = std::move(heartbeat);
  });
}

}  // namespace driftwarden
