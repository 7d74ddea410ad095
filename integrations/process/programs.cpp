#include "integrations/process/programs.hpp"

#include "gitops/base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace driftwarden::process {

namespace {

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos) return name;
  for (const auto& folder : split(path, ':')) {
    const auto candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (is_program(candidate)) return candidate;
  }
  return Error{ErrorKind::NotFound, "program \"" + name + "\" isn't installed (not found in PATH)"};
}

std::string interpreter_of(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  std::array<char, 256> head{};
  file.read(head.data(), head.size());
  const std::string_view text(head.data(), static_cast<std::size_t>(file.gcount()));
  if (!text.starts_with("#!")) return {};
  const auto line = trim(text.substr(2, text.find('\n') - 2));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

}  // namespace driftwarden::process
