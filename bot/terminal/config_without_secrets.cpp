#include "bot/terminal/config_without_secrets.hpp"

#include "bot/reload/reload.hpp"

#include <ostream>

namespace driftwarden {
namespace {

/// The machine without its secrets: a policy can be tested where nobody would put them.
class WithoutSecrets final : public Environment {
 public:
  explicit WithoutSecrets(const Environment& inner) : inner_(inner) {}

  std::optional<std::string> variable(const std::string& name) const override {
    auto found = inner_.variable(name);
    if (found && !found->empty()) return found;
    // These are no secrets: without them there is none.
    if (name == "TZDIR" || name == "DRIFTWARDEN_SHARD") return std::nullopt;
    if (name == "CREDENTIALS_DIRECTORY") return "/nonexistent";
    // As Slack's begin, so that nobody is warned of a placeholder.
    if (name == "SLACK_APP_TOKEN" || name == "SLACK_BOT_TOKEN") return (name == "SLACK_APP_TOKEN" ? "xapp-" : "xoxb-") + std::string(kPlaceholder);
    return std::string(kPlaceholder);
  }
  Result<std::string> read_file(const std::string& path) const override {
    auto text = inner_.read_file(path);
    const bool zone = path.starts_with(inner_.variable("TZDIR").value_or("/usr/share/zoneinfo"));
    const bool included = path.ends_with(".yaml") || path.ends_with(".yml");
    if (text || zone || included) return text;
    return std::string(kPlaceholder);
  }
  std::vector<std::string> list_files(const std::string& pattern) const override { return inner_.list_files(pattern); }
  std::string absolute(const std::string& path) const override { return inner_.absolute(path); }

 private:
  /// Good base32, so that it passes for a one-time secret, too.
  static constexpr std::string_view kPlaceholder = "PLACEHOLDERPLACEHOLDERPLACEHOLDE";
  const Environment& inner_;
};

}  // namespace

std::unique_ptr<Environment> without_secrets(const Environment& inner) { return std::make_unique<WithoutSecrets>(inner); }

std::optional<Config> load_config_without_secrets(const std::string& command, const std::string& file, const Environment& environment, std::ostream& err) {
  if (const auto text = environment.read_file(file); !text) {
    err << "driftwarden " << command << ": " << file << " can't be read: " << text.error().message << '\n';
    return std::nullopt;
  }
  auto loaded = load_config_with_last_good(file, WithoutSecrets{environment});
  for (const auto& mistake : loaded.mistakes) err << to_string(mistake) << '\n';
  return std::move(loaded.config);
}

}  // namespace driftwarden
