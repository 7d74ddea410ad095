#include "integrations/sandbox/forge/diff_parse.hpp"

#include "gitops/base/text.hpp"

#include <cstdlib>

namespace driftwarden::sandbox::forge {

namespace {

/// "a/path" or "\"a/odd\\tpath\"" without prefix and quotes; "/dev/null" is "".
std::string path_of(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text == "/dev/null") return "";
  return std::string(text.substr(text.starts_with("a/") || text.starts_with("b/") ? 2 : 0));
}

std::size_t number_after(const std::string& line, char sign) {
  const auto at = line.find(sign);
  return at == std::string::npos ? 0 : static_cast<std::size_t>(std::strtoull(line.c_str() + at + 1, nullptr, 10));
}

class Parser {
 public:
  std::vector<DiffFile> parse(std::string_view text) {
    auto lines = split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    for (const auto& line : lines) take(line);
    return std::move(files_);
  }

 private:
  void take(const std::string& line) {
    if (line.starts_with("diff --git ")) {
      begin(line);
    } else if (files_.empty()) {
      return;
    } else if (line.starts_with("@@ ")) {
      in_hunk_ = true;
      old_line_ = number_after(line, '-');
      new_line_ = number_after(line, '+');
      file().lines.push_back({DiffLine::Kind::Hunk, 0, 0, line});
    } else if (in_hunk_) {
      take_change(line);
    } else {
      take_header(line);
    }
  }

  void begin(const std::string& line) {
    in_hunk_ = false;
    DiffFile file;
    // Both names are equal unless renamed, and then "rename to" follows.
    const auto middle = line.find(" b/");
    if (middle != std::string::npos) file.path = line.substr(middle + 3);
    file.old_path = file.path;
    files_.push_back(std::move(file));
  }

  void take_header(const std::string& line) {
    const auto rest = [&](std::string_view prefix) { return std::string_view(line).substr(prefix.size()); };
    if (line.starts_with("new file")) file().status = "added";
    if (line.starts_with("deleted file")) file().status = "deleted";
    if (line.starts_with("rename from ")) file().old_path = path_of(rest("rename from "));
    if (line.starts_with("rename to ")) {
      file().path = path_of(rest("rename to "));
      file().status = "renamed";
    }
    if (line.starts_with("--- ")) {
      if (auto path = path_of(rest("--- ")); !path.empty()) file().old_path = std::move(path);
    }
    if (line.starts_with("+++ ")) {
      if (auto path = path_of(rest("+++ ")); !path.empty()) file().path = std::move(path);
    }
    if (line.starts_with("Binary files ")) file().binary = true;
  }

  void take_change(const std::string& line) {
    const char sign = line.empty() ? ' ' : line.front();
    const std::string text = line.empty() ? line : line.substr(1);
    switch (sign) {
      case '+':
        ++file().added;
        file().lines.push_back({DiffLine::Kind::Added, 0, new_line_++, text});
        break;
      case '-':
        ++file().removed;
        file().lines.push_back({DiffLine::Kind::Removed, old_line_++, 0, text});
        break;
      case '\\': file().lines.push_back({DiffLine::Kind::Note, 0, 0, line}); break;
      default: file().lines.push_back({DiffLine::Kind::Context, old_line_++, new_line_++, text}); break;
    }
  }

  DiffFile& file() { return files_.back(); }

  std::vector<DiffFile> files_;
  bool in_hunk_ = false;
  std::size_t old_line_ = 0;
  std::size_t new_line_ = 0;
};

}  // namespace

std::vector<DiffFile> parse_diff(std::string_view text) { return Parser{}.parse(text); }

}  // namespace driftwarden::sandbox::forge
