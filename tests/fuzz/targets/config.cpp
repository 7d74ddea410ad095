// The configuration, as the main file and as one that comes from Git.
#include "bot/config/config.hpp"
#include "gitops/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace driftwarden::fuzz {
namespace {

constexpr const char* kSecret = "s3cr3t-0f-th1s-m4ch1n3";

/// A machine with one secret, which no mistake may show.
class Machine final : public Environment {
 public:
  explicit Machine(std::string_view main) : main_(main) {}
  std::optional<std::string> variable(const std::string& name) const override {
    if (name == "DRIFTWARDEN_SHARD") return std::nullopt;  // a name, and no secret
    return kSecret;
  }
  Result<std::string> read_file(const std::string& path) const override {
    if (path == "c.yaml") return main_;
    if (path.starts_with("/usr/share/zoneinfo/")) return Error{ErrorKind::NotFound, "no such file or directory"};
    return std::string(kSecret);
  }
  std::vector<std::string> list_files(const std::string&) const override { return {}; }
  std::string absolute(const std::string& path) const override { return path.starts_with('/') ? path : "/etc/driftwarden/" + path; }

 private:
  std::string main_;
};

void check_mistakes(const LoadedConfig& loaded) {
  check(loaded.config.has_value() == loaded.mistakes.empty(), "a config is good or says what is wrong");
  for (const auto& mistakes : {loaded.mistakes, loaded.warnings}) {
    for (const auto& mistake : mistakes) {
      const bool shown = to_string(mistake).find(kSecret) != std::string::npos;
      check(!shown, shown ? to_string(mistake).c_str() : "");
    }
  }
}

void run(std::string_view input) {
  const Machine machine(input);
  check_mistakes(load_config("c.yaml", machine));
  const Machine plain("slack: {app_token: {env: A}, bot_token: {env: B}}\nconfig_from: {repository: config, path: driftwarden}\n"
                      "repositories: [{name: config, url: \"https://git.acme.example/config.git\"}]\n");
  const auto from_git = load_config("c.yaml", plain, {{"config@1:a.yaml", std::string(input)}});
  check_mistakes(from_git);
  if (!from_git.config) return;
  const auto& config = *from_git.config;
  check(config.slack.api_url == "https://slack.com/api/" && config.tls.ca.empty() && !config.audit.syslog && !config.heartbeat, "a config in Git says nothing of where secrets go");
}

const Target target("config", &run);

}  // namespace
}  // namespace driftwarden::fuzz
