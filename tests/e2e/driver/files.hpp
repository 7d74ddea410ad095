#pragma once
// Files of a story: configurations that are written or altered by hand.
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace driftwarden::e2e {

inline std::string read_text(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

inline void write_text(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

/// Throws when `what` isn't in the file.
inline void replace_in(const std::string& path, const std::string& what, const std::string& by) {
  auto text = read_text(path);
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("there is no \"" + what + "\" in " + path);
  write_text(path, text.replace(at, what.size(), by));
}

}  // namespace driftwarden::e2e
