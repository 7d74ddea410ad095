#pragma once
// A remote made by the `git` program in a temporary directory, and a mirror of it.
#include "gitops/repository/mirror.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace driftwarden::test {

namespace fs = std::filesystem;

inline std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), got);
  if (pclose(pipe) != 0) throw std::runtime_error(command + "\n" + out);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

inline void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

class RepositoryTest : public testing::Test {
 protected:
  RepositoryTest() {
    std::string pattern = (fs::temp_directory_path() / "driftwarden-repository-XXXXXX").string();
    root = mkdtemp(pattern.data());
    shell("git init -q --bare -b main " + remote().string() + " && git init -q -b main " + work().string());
    git("config user.name Ann && git config user.email ann@example.org && git remote add origin " + remote().string());
  }
  ~RepositoryTest() override { fs::remove_all(root); }

  fs::path remote() const { return root / "remote.git"; }
  fs::path work() const { return root / "work"; }
  /// `git ARGUMENTS` in the work tree, at a fixed time and away from this host's settings.
  std::string git(const std::string& arguments) const {
    return shell("cd " + work().string() + " && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null "
                 "GIT_AUTHOR_DATE='2026-11-21T09:00:00Z' GIT_COMMITTER_DATE='2026-11-21T09:00:00Z' && git " + arguments);
  }
  std::string remote_git(const std::string& arguments) const { return shell("git -C " + remote().string() + " " + arguments); }
  /// Writes, commits and pushes to main; the new commit's id.
  std::string publish(const std::string& path, const std::string& content, const std::string& message = "change") const {
    write_file(work() / path, content);
    return publish_all(message);
  }
  std::string publish_all(const std::string& message) const {
    git("add -A && git commit -q -m '" + message + "' && git push -q origin HEAD:main");
    return git("rev-parse HEAD");
  }

  MirrorOptions options() const {
    MirrorOptions made;
    made.directory = (root / "mirror").string();
    made.url = remote().string();
    return made;
  }
  std::unique_ptr<Mirror> open() const {
    auto opened = Mirror::open(options());
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  /// A mirror that has fetched.
  std::unique_ptr<Mirror> fetched() const {
    auto mirror = open();
    if (auto got = mirror->fetch(); !got) throw std::runtime_error(got.error().message);
    return mirror;
  }
  static CommitRequest request(const std::string& base, std::vector<FileEdit> edits) {
    CommitRequest made;
    made.base = base;
    made.branch = "driftwarden/c-1";
    made.edits = std::move(edits);
    made.author = {"Bob", "bob@example.org"};
    made.committer = {"Driftwarden", "bot@example.org"};
    made.at = WallTime(std::chrono::seconds(1'800'000'000));
    made.message = "Set replicas to 3";
    return made;
  }

  fs::path root;
};

}  // namespace driftwarden::test
