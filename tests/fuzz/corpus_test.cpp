// Every target over its seeds and over what is made of them, in each build: a fuzzer that nobody runs finds nothing.
// DRIFTWARDEN_FUZZ_RUNS sets how many are made (default 2000); DRIFTWARDEN_FUZZ_INPUT runs one file, with --gtest_filter=Corpus/Targets.Hold/NAME.
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/mutate.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace driftwarden::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kRuns = 2000;

std::string current;        ///< what the target is given
std::string current_file;   ///< where it goes when the process ends by it

/// Nothing here allocates: the heap may be what broke.
void keep_input() {
  const int file = ::open(current_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return;
  if (::write(file, current.data(), current.size()) < 0) {
  }
  ::close(file);
  static const char words[] = "fuzz: the input is kept in ";
  if (::write(2, words, sizeof(words) - 1) < 0 || ::write(2, current_file.data(), current_file.size()) < 0 || ::write(2, "\n", 1) < 0) {
  }
}

void on_signal(int number) {
  keep_input();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> seeds_of(const std::string& target) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(DRIFTWARDEN_SOURCE_DIR) / "tests/fuzz/corpus" / target)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) seeds.push_back(read(path));
  return seeds;
}

std::uint64_t number_of(const std::string& name) {
  std::uint64_t hash = 1469598103934665603U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

class Targets : public testing::TestWithParam<std::string> {};

TEST_P(Targets, Hold) {
  const auto body = targets().at(GetParam());
  current_file = testing::TempDir() + "fuzz-" + GetParam();
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&keep_input);
  ::signal(SIGABRT, on_signal);
  ::signal(SIGSEGV, on_signal);
  if (const char* only = std::getenv("DRIFTWARDEN_FUZZ_INPUT")) {
    current = read(only);
    body(current);
    return;
  }
  auto seeds = seeds_of(GetParam());
  ASSERT_FALSE(seeds.empty()) << "tests/fuzz/corpus/" << GetParam() << " has no seed";
  for (const auto& seed : seeds) {
    current = seed;
    body(current);
  }
  const char* wanted = std::getenv("DRIFTWARDEN_FUZZ_RUNS");
  Mutator mutator(std::move(seeds), number_of(GetParam()));
  for (int run = wanted == nullptr ? kRuns : std::atoi(wanted); run > 0; --run) {
    current = mutator.next();
    body(current);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, body] : targets()) all.push_back(name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Corpus, Targets, testing::ValuesIn(names()), [](const auto& row) { return row.param; });

}  // namespace
}  // namespace driftwarden::fuzz
