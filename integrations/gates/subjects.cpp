#include "integrations/gates/answer.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::gates {
namespace {

constexpr std::size_t kLongestPart = 60;

bool is_of_file_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

std::string as_file_name(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text.substr(0, kLongestPart))) out += is_of_file_name(c) ? c : '-';
  return out;
}

/// Also what only comes about when something between goes.
void take_out(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what)) text.erase(at, what.size());
}

}  // namespace

Subjects::Subjects(const std::vector<Manifest>& manifests, std::string root) : root_(std::move(root)) {
  for (const auto& manifest : manifests) {
    const auto& ref = manifest.ref;
    const auto place = ref.namespace_.empty() ? std::string() : as_file_name(ref.namespace_) + "-";
    auto file = fmt::format("{:04}-{}-{}{}.yaml", files_.size(), as_file_name(ref.kind), place, as_file_name(ref.name));
    auto shown = to_string(ref);
    by_file_.emplace(file, shown);
    named_.push_back({to_lower(ref.kind), ref.namespace_, ref.name, std::move(shown)});
    files_.push_back(std::move(file));
  }
}

std::string Subjects::of_file(std::string_view path) const {
  // A SARIF uri, or a name with a query or a document's number behind it.
  path = path.substr(0, path.find_first_of("?#"));
  const auto slash = path.rfind('/');
  const auto found = by_file_.find(slash == std::string_view::npos ? path : path.substr(slash + 1));
  return found == by_file_.end() ? std::string() : found->second;
}

std::string Subjects::of_words(std::string_view words) const {
  words = trim(words);
  for (const auto& one : named_) {
    if (one.shown == words) return one.shown;
  }
  std::string parts(words);
  std::ranges::replace(parts, ' ', '/');
  auto list = split(parts, '/');
  std::erase(list, "");
  if (list.size() == 2) return of(list[0], "", list[1]);
  return list.size() == 3 ? of(list[0], list[1], list[2]) : std::string();
}

std::string Subjects::of(std::string_view kind, std::string_view namespace_, std::string_view name) const {
  const auto wanted = to_lower(kind);
  std::string found;
  for (const auto& one : named_) {
    if (one.kind != wanted || one.name != name) continue;
    if (!namespace_.empty() && one.namespace_ == namespace_) return one.shown;
    // A tool may add the namespace that an object without one would have.
    if (!namespace_.empty() && !one.namespace_.empty()) continue;
    if (!found.empty() && found != one.shown) return {};
    found = one.shown;
  }
  return found;
}

std::string Subjects::without_places(std::string_view text) const {
  std::string out(text);
  if (root_.empty()) return without_files(out);
  for (const auto* part : {"/manifests/", "/before/", "/policies/", "/"}) take_out(out, root_ + part);
  take_out(out, root_);
  return without_files(out);
}

/// What stands before an object gives its file another number: the object's name doesn't change.
std::string Subjects::without_files(std::string_view text) const {
  constexpr std::string_view kEnd = ".yaml";
  std::string out;
  for (auto at = text.find(kEnd); at != std::string_view::npos; at = text.find(kEnd)) {
    const auto end = at + kEnd.size();
    auto begin = at;
    while (begin > 0 && is_of_file_name(text[begin - 1])) --begin;
    const auto found = by_file_.find(text.substr(begin, end - begin));
    out += found == by_file_.end() ? text.substr(0, end) : text.substr(0, begin);
    if (found != by_file_.end()) out += found->second;
    text.remove_prefix(end);
  }
  return out.append(text);
}

}  // namespace driftwarden::gates
