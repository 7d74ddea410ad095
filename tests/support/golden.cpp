#include "tests/support/golden.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden::test {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

void expect_golden(const std::string& name, const std::string& actual) {
  const auto path = std::filesystem::path(DRIFTWARDEN_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("DRIFTWARDEN_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(path)) << "no golden file tests/golden/" << name << "; DRIFTWARDEN_UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(read_file(path), actual) << "tests/golden/" << name << " differs; DRIFTWARDEN_UPDATE_GOLDEN=1 rewrites it";
}

std::string read_source_file(const std::string& path) { return read_file(std::filesystem::path(DRIFTWARDEN_SOURCE_DIR) / path); }

}  // namespace driftwarden::test
