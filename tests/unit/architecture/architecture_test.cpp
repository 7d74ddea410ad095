// The second guard of the dependency arrows: link lines are the first, and headers leak past those.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  ///< from the root
  std::vector<std::string> lines;
};

std::vector<Source> sources() {
  std::vector<Source> all;
  const fs::path root = DRIFTWARDEN_SOURCE_DIR;
  for (const auto* top : {"bot", "gitops", "integrations", "storage"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      Source source{fs::relative(entry.path(), root).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) source.lines.push_back(line);
      all.push_back(std::move(source));
    }
  }
  return all;
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  for (const auto& prefix : prefixes) {
    if (text.starts_with(prefix)) return true;
  }
  return false;
}

/// Calls `check(source, line number, include, is_quoted)` for each include and returns how many there were.
template <class Check>
int for_each_include(Check check) {
  static const std::regex kInclude(R"(^\s*#include\s+(["<])([^">]+)[">])");
  int seen = 0;
  for (const auto& source : sources()) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(source.lines[i], match, kInclude)) continue;
      ++seen;
      check(source, i + 1, match[2].str(), match[1].str() == "\"");
    }
  }
  return seen;
}

TEST(Architecture, ArrowsPointDownOnly) {
  const int seen = for_each_include([](const Source& source, std::size_t line, const std::string& include, bool quoted) {
    if (!quoted) return;
    const auto where = source.path + ":" + std::to_string(line) + " includes " + include;
    if (source.path.starts_with("gitops/")) {
      EXPECT_TRUE(include.starts_with("gitops/")) << where;
    }
    if (source.path.starts_with("integrations/")) {
      EXPECT_FALSE(starts_with_any(include, {"bot/", "storage/"})) << where;
    }
    if (source.path.starts_with("storage/")) {
      EXPECT_TRUE(starts_with_any(include, {"storage/", "gitops/base/", "gitops/model/"})) << where;
    }
    const bool concrete_sandbox = include.starts_with("integrations/sandbox/");
    if (concrete_sandbox && source.path.starts_with("bot/")) {
      EXPECT_TRUE(source.path.starts_with("bot/app/")) << where;
    }
  });
  EXPECT_GT(seen, 500);
}

TEST(Architecture, HeavyHeadersStayInSourceFiles) {
  const int seen = for_each_include([](const Source& source, std::size_t line, const std::string& include, bool) {
    const auto where = source.path + ":" + std::to_string(line) + " includes " + include;
    const bool header = source.path.ends_with(".hpp");
    if (include == "git2.h") {
      EXPECT_TRUE(source.path.starts_with("gitops/repository/") && !header) << where;
    }
    if (include.starts_with("SQLiteCpp")) {
      EXPECT_TRUE(source.path.starts_with("storage/")) << where;
    }
    if (include.starts_with("websocketpp")) {
      EXPECT_EQ(source.path, "integrations/slack/websocket_codec.cpp") << where;
    }
    if (include.starts_with("CLI/")) {
      EXPECT_TRUE(source.path.starts_with("bot/app/")) << where;
    }
    if (include.starts_with("spdlog/")) {
      EXPECT_EQ(source.path, "gitops/base/log.cpp") << where;
    }
  });
  EXPECT_GT(seen, 500);
}

TEST(Architecture, NobodyAsksTheSystemForTheTimeOrShells) {
  static const std::regex kForbidden(R"(system_clock::now|steady_clock::now|std::system\(|popen\(|asio::detached)");
  int lines = 0;
  for (const auto& source : sources()) {
    // The clock itself; poll() in a blocking pipe; a stopwatch whose reading is the output.
    if (starts_with_any(source.path, {"gitops/base/clock.cpp", "integrations/process/pipe.cpp", "bot/terminal/compare_pairs.cpp"})) continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      ++lines;
      EXPECT_FALSE(std::regex_search(source.lines[i], kForbidden)) << source.path << ":" << i + 1 << ": " << source.lines[i];
    }
  }
  EXPECT_GT(lines, 5000);
}

// Shapes that GCC 12 miscompiles inside one co_await expression: a capturing lambda, an aggregate built in the call, a choice.
TEST(Architecture, NoCoAwaitHasAShapeThatTheCompilerGetsWrong) {
  static const std::regex kLambda(R"(co_await[^;]*\(\s*\[[^\]]+\]\s*[\(\{])");
  static const std::regex kAggregate(R"(co_await[^;"]*[\(,]\s*(?:[A-Z]\w*)?\{[^}])");
  static const std::regex kScalarWrapper(R"(Duration\{)");
  static const std::regex kChoice(R"(\?\s*co_await|:\s*co_await)");
  for (const auto& source : sources()) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const auto& line = source.lines[i];
      const auto where = source.path + ":" + std::to_string(i + 1) + ": " + line;
      EXPECT_FALSE(std::regex_search(line, kLambda)) << where;
      EXPECT_FALSE(std::regex_search(line, kAggregate) && !std::regex_search(line, kScalarWrapper)) << where;
      EXPECT_FALSE(std::regex_search(line, kChoice) && line.find("for (") == std::string::npos) << where;
    }
  }
}

// Two types of one name in one namespace link without a word and crash: the compiler sees one of them at a time.
TEST(Architecture, NoTypeNameIsTakenTwice) {
  static const std::regex kOpen(R"(^namespace ([\w:]+) \{)");
  static const std::regex kOpenUnnamed(R"(^namespace \{)");
  static const std::regex kClose(R"(^\}  // namespace)");
  static const std::regex kType(R"(^(?:struct|class) (\w+)(?: final)?(?: : .*)? \{)");
  std::map<std::string, std::string> where;
  for (const auto& source : sources()) {
    std::vector<std::string> open;
    for (const auto& line : source.lines) {
      std::smatch match;
      if (std::regex_search(line, match, kOpen)) {
        open.push_back(match[1].str());
      } else if (std::regex_search(line, kOpenUnnamed)) {
        open.push_back("of " + source.path);
      } else if (std::regex_search(line, kClose) && !open.empty()) {
        open.pop_back();
      } else if (std::regex_search(line, match, kType)) {
        std::string name;
        for (const auto& space : open) name += space + "::";
        name += match[1].str();
        const auto [first, fresh] = where.emplace(name, source.path);
        EXPECT_TRUE(fresh || first->second == source.path) << name << " is in " << first->second << " and in " << source.path;
      }
    }
  }
  EXPECT_GT(where.size(), 300U);
}

/// Every test that is written in any .cpp of tests, as "Suite.Name".
std::set<std::string> all_tests() {
  static const std::regex kTest(R"(^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\((\w+),\s*(\w+)\))");
  static const std::regex kInstance(R"(INSTANTIATE_TEST_SUITE_P\(\s*(\w+),\s*(\w+))");
  std::set<std::string> tests;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(DRIFTWARDEN_SOURCE_DIR) / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::vector<std::pair<std::string, std::string>> instances;
    std::vector<std::pair<std::string, std::string>> here;
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (std::regex_search(line, match, kTest)) here.emplace_back(match[1], match[2]);
      if (std::regex_search(line, match, kInstance)) instances.emplace_back(match[1], match[2]);
    }
    for (const auto& [suite, name] : here) {
      tests.insert(suite + "." + name);
      for (const auto& [instance, of] : instances) {
        if (of == suite) tests.insert(instance + "/" + suite + "." + name);
      }
    }
  }
  return tests;
}

// A claim of THREATS.md without its proof is worse than none.
TEST(Architecture, EveryThreatNamesATestThatExists) {
  static const std::regex kRow(R"(^\| .* \| .* \| (`.*`) \|$)");
  static const std::regex kProof("`([^`]+)`");
  const fs::path root = DRIFTWARDEN_SOURCE_DIR;
  const auto tests = all_tests();
  std::ifstream in(root / "THREATS.md");
  ASSERT_TRUE(in.is_open());
  int rows = 0;
  bool proven = false;  // the table at hand has a column for it
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('|')) proven = false;
    if (line == "| threat | defence | proof |") proven = true;
    if (!proven || line.starts_with("| threat |") || line.starts_with("|---")) continue;
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, kRow)) << "a threat without a proof: " << line;
    ++rows;
    const std::string proofs = match[1];
    for (auto proof = std::sregex_iterator(proofs.begin(), proofs.end(), kProof); proof != std::sregex_iterator(); ++proof) {
      const std::string name = (*proof)[1];
      const bool there = name.starts_with("tests/") ? fs::exists(root / name) : tests.contains(name);
      EXPECT_TRUE(there) << name << " is not in the tree: " << line;
    }
  }
  EXPECT_GT(rows, 40);
}

}  // namespace
}  // namespace driftwarden
