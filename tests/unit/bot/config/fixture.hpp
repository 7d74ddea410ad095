#pragma once
// A machine made of maps, and the shortest way from a text to a loaded config.
#include "bot/config/config.hpp"

#include "gitops/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

namespace driftwarden {

class FakeEnvironment final : public Environment {
 public:
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  std::optional<std::string> variable(const std::string& name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  }
  Result<std::string> read_file(const std::string& path) const override {
    const auto found = files.find(path);
    if (found != files.end()) return found->second;
    // The zones are the machine's own.
    if (path.starts_with("/usr/share/zoneinfo/")) {
      std::ifstream file{path, std::ios::binary};
      if (file) return std::string{std::istreambuf_iterator<char>{file}, {}};
    }
    return Error{ErrorKind::NotFound, "no such file or directory"};
  }
  std::vector<std::string> list_files(const std::string& pattern) const override {
    std::vector<std::string> found;
    for (const auto& [path, content] : files) {
      if (glob_match(pattern, path)) found.push_back(path);
    }
    return found;
  }
  std::string absolute(const std::string& path) const override { return path.starts_with('/') ? path : "/etc/driftwarden/" + path; }
};

inline LoadedConfig load_text(const std::string& text, FakeEnvironment environment = {}) {
  environment.files["c.yaml"] = text;
  return load_config("c.yaml", environment);
}

inline std::vector<std::string> texts(const std::vector<ConfigMistake>& mistakes) {
  std::vector<std::string> out;
  for (const auto& mistake : mistakes) out.push_back(to_string(mistake));
  return out;
}

/// The config of a text that has to be good.
inline Config good(const std::string& text, const FakeEnvironment& environment = {}) {
  auto loaded = load_text(text, environment);
  EXPECT_THAT(texts(loaded.mistakes), testing::IsEmpty());
  return loaded.config.value_or(Config{});
}

}  // namespace driftwarden
