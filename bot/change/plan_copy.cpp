// One App after the pattern of another: its files with the name replaced.
#include "bot/change/plan_parts.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace driftwarden::planning {
namespace {

/// What one App's files call it, and the other's. "checkout-prod" at apps/checkout/overlays/prod is called "checkout" there.
struct Words {
  std::string from;
  std::string to;
  std::size_t segment = 0;  ///< of like's path, counted from 1; 0 = none is called so
};

std::size_t segment_called(const std::vector<std::string>& segments, const std::string& word) {
  const auto found = std::find(segments.rbegin(), segments.rend(), word);
  return found == segments.rend() ? 0 : static_cast<std::size_t>(segments.rend() - found);
}

Words words_of(const App& like, const App& made) {
  const auto segments = split(like.path, '/');
  Words words{like.name, made.name, segment_called(segments, like.name)};
  auto from = split(like.name, '-');
  auto to = split(made.name, '-');
  while (words.segment == 0 && from.size() > 1 && to.size() > 1 && from.back() == to.back()) {
    from.pop_back();
    to.pop_back();
    const auto segment = segment_called(segments, join(from, "-"));
    if (segment != 0) words = {join(from, "-"), join(to, "-"), segment};
  }
  return words;
}

std::string first_parts(const std::vector<std::string>& parts, std::size_t count) { return join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count)}, "/"); }

/// Which folder becomes which. The App's own path lies at the same place in both.
struct Roots {
  std::string from;
  std::string to;
  std::string path;
};

Roots roots_of(const App& like, const App& made, const Words& words) {
  const auto segments = split(like.path, '/');
  if (words.segment != 0) {
    const auto from = first_parts(segments, words.segment);
    const auto below = like.path.substr(from.size());
    const auto to = joined(first_parts(segments, words.segment - 1), words.to);
    if (made.path.empty()) return {from, to, to + below};
    if (made.path.size() > below.size() && made.path.ends_with(below)) return {from, made.path.substr(0, made.path.size() - below.size()), made.path};
  }
  const auto beside = joined(first_parts(segments, segments.size() - 1), made.name);
  const auto path = made.path.empty() ? beside : made.path;
  return {like.path, path, path};
}

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string replaced_in(std::string line, const std::string& from, const std::string& to) {
  for (auto at = line.find(from); at != std::string::npos; at = line.find(from, at)) {
    const auto end = at + from.size();
    const bool whole = (at == 0 || !is_word_character(line[at - 1])) && (end >= line.size() || !is_word_character(line[end]));
    if (whole) line.replace(at, from.size(), to);
    at += whole ? to.size() : from.size();
  }
  return line;
}

std::string_view without_dash(std::string_view line) {
  auto text = trim(line);
  while (text.starts_with("- ")) text = trim(text.substr(2));
  return text;
}

bool says_image(std::string_view line) {
  const auto text = without_dash(line);
  return std::ranges::any_of(std::initializer_list<std::string_view>{"image:", "newName:", "newTag:", "repository:", "registry:", "digest:"}, [&](auto key) { return text.starts_with(key); });
}

std::string in_namespace(const std::string& line, const std::string& from, const std::string& to) {
  const auto text = without_dash(line);
  if (from.empty() || !text.starts_with("namespace:")) return line;
  auto value = trim(text.substr(std::string_view("namespace:").size()));
  if (value.size() > 1 && (value.front() == '"' || value.front() == '\'')) value = value.substr(1, value.size() - 2);
  return value == from ? replaced_in(line, from, to) : line;
}

Result<std::vector<TreeEntry>> files_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto file = mirror.read_file(revision, path);
  if (file) return std::vector<TreeEntry>{{path, std::move(*file)}};
  TRY(auto entries, mirror.read_tree(revision, path));
  for (auto& entry : entries) entry.path = joined(path, entry.path);
  return entries;
}

}  // namespace

std::string with_name(const std::string& text, const std::string& from, const std::string& to) {
  std::vector<std::string> lines;
  std::optional<std::size_t> images;  // the indentation of a kustomization's `images:` that we are in
  for (const auto& line : split(text, '\n')) {
    const auto indent = line.find_first_not_of(' ');
    const bool blank = trim(line).empty();
    if (images && !blank && (indent < *images || (indent == *images && line[indent] != '-'))) images.reset();
    const bool keep = images.has_value() || says_image(line);
    if (!blank && !images && trim(line) == "images:") images = indent;
    lines.push_back(keep ? line : replaced_in(line, from, to));
  }
  return join(lines, "\n");
}

std::string with_namespace(const std::string& text, const std::string& from, const std::string& to) {
  if (from == to) return text;
  std::vector<std::string> lines;
  for (const auto& line : split(text, '\n')) lines.push_back(in_namespace(line, from, to));
  return join(lines, "\n");
}

std::string path_after(const App& like, const App& made) { return roots_of(like, made, words_of(like, made)).path; }

Result<std::vector<FileEdit>> copy_app(const App& like, const App& made, const PlanContext& context) {
  if (like.path.empty()) return refused(fmt::format("{} is a whole repository: that is no pattern to copy", like.name));
  const auto words = words_of(like, made);
  const auto roots = roots_of(like, made, words);
  TRY(const auto sources, source_paths(context.mirror, like, context.head));
  std::vector<FileEdit> copied;
  for (const auto& source : sources) {
    // What several Apps are made from is shared by this one, too.
    if (!is_below(source, roots.from)) continue;
    TRY(auto files, files_at(context.mirror, context.head, source));
    for (auto& file : files) {
      const auto below = file.path.substr(roots.from.size());
      auto path = roots.to + replaced_in(below, words.from, words.to);
      const bool known = std::ranges::find(copied, path, &FileEdit::path) != copied.end();
      if (known) continue;
      auto text = with_namespace(with_name(file.content, words.from, words.to), like.namespace_, made.namespace_);
      copied.push_back({std::move(path), std::move(text)});
    }
  }
  return copied;
}

}  // namespace driftwarden::planning
