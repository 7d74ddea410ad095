#include "bot/command/rollback_target.hpp"

#include "bot/command/when.hpp"
#include "gitops/base/text.hpp"

#include <algorithm>
#include <vector>

namespace driftwarden {
namespace {

/// What Git or a tag may be called; nothing that Git would read as an option or a range.
bool is_name(const std::string& word) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '~' || c == '^' || c == '/' || c == ':' || c == '@'; };
  return !word.empty() && word.size() <= 200 && word.front() != '-' && word.find("..") == std::string::npos && std::ranges::all_of(word, fits);
}

std::string person_of(std::string word) {
  for (const std::string_view tail : {"'s", "\xe2\x80\x99s"}) {
    if (word.ends_with(tail)) word.resize(word.size() - tail.size());
  }
  if (word.starts_with('@')) word.erase(0, 1);
  return word;
}

}  // namespace

std::optional<RollbackTarget> rollback_target_from(const std::string& text) {
  std::vector<std::string> words;
  for (const auto& word : split(text, ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  if (words.empty()) return std::nullopt;
  using Kind = RollbackTarget::Kind;
  if (to_lower(words[0]) == "before") {
    if (words.size() < 2 || words.size() > 4) return std::nullopt;
    const bool rest_fits = std::all_of(words.begin() + 2, words.end(), [](const std::string& word) {
      const auto lower = to_lower(word);
      return lower == "last" || lower == "commit" || lower == "change";
    });
    if (rest_fits) return RollbackTarget{Kind::Before, person_of(words[1])};
  }
  // Any moment will do to tell what is one: which it is depends on when it is asked.
  const WallTime sunday{std::chrono::sys_days{std::chrono::year{9999} / 1 / 3}};
  if (moment_before(text, sunday)) return RollbackTarget{Kind::Moment, text};
  if (words.size() == 1 && is_name(words[0])) return RollbackTarget{Kind::Name, words[0]};
  return std::nullopt;
}

bool holds_tag(const std::string& file, const std::string& tag) {
  if (tag.empty()) return false;
  for (auto at = file.find(tag); at != std::string::npos; at = file.find(tag, at + 1)) {
    const char before = at == 0 ? ' ' : file[at - 1];
    const auto end = at + tag.size();
    const char after = end == file.size() ? '\n' : file[end];
    const bool ends = std::string_view("\n\r\"' @,}#").find(after) != std::string_view::npos;
    if (!ends || std::string_view(":\"' ").find(before) == std::string_view::npos) continue;
    const auto line_at = file.rfind('\n', at) == std::string::npos ? 0 : file.rfind('\n', at) + 1;
    const auto line = to_lower(file.substr(line_at, at - line_at));
    if (line.find("image") != std::string::npos || line.find("tag") != std::string::npos || line.find("version") != std::string::npos) return true;
  }
  return false;
}

}  // namespace driftwarden
