#include "bot/change/git_diff.hpp"

#include "bot/change/hidden_values.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxFile = 1U << 20U;
constexpr std::size_t kMaxFiles = 200;

bool is_named_like_a_secret(const std::string& path) {
  const auto lower = to_lower(path);
  return lower.find("secret") != std::string::npos || lower.find("credential") != std::string::npos;
}

/// States, plans, keys: files that hold secrets by what they are.
bool is_kept_for_secrets(const std::string& path) {
  const auto lower = to_lower(path);
  const auto name = lower.substr(lower.rfind('/') + 1);
  static constexpr std::array<std::string_view, 10> kEnds{".tfstate", ".tfstate.backup", ".tfplan", ".pem", ".key", ".p12", ".pfx", ".jks", ".ppk", ".kdbx"};
  static constexpr std::array<std::string_view, 7> kNames{"id_rsa", "id_ed25519", "id_ecdsa", ".htpasswd", ".netrc", ".pgpass", "kubeconfig"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); }) || std::ranges::find(kNames, name) != kNames.end();
}

/// What programs are given beside the tool's own files: .env, vars.env, .vault_pass, passwords.yml.
bool is_for_programs(const std::string& path) {
  const auto lower = to_lower(path);
  const auto name = std::string_view(lower).substr(lower.rfind('/') + 1);
  return name.find("passw") != std::string_view::npos || name.starts_with(".env") || name.ends_with(".env") || name.ends_with("_pass");
}

/// Ansible's, encrypted or to be.
bool is_vault(const std::string& path, const std::string& text) { return to_lower(path).find("vault") != std::string::npos || text.starts_with("$ANSIBLE_VAULT"); }

bool is_header(std::string_view line) {
  static constexpr std::array<std::string_view, 10> kStarts{"diff --git ", "index ", "--- ", "+++ ", "new file mode", "deleted file mode", "old mode", "new mode", "Binary files", "similarity "};
  return std::ranges::any_of(kStarts, [&](std::string_view start) { return line.starts_with(start); });
}

/// Lines as they may be shown, as many as came in; nothing where they can't be looked through.
using Shown = std::function<std::optional<std::vector<std::string>>(const std::vector<std::string>&)>;

std::vector<std::string> manifest_lines(const std::vector<std::string>& lines) {
  auto shown = without_hidden_values(lines);
  for (auto& line : shown) line = without_credential_shapes(line);
  return shown;
}

Shown shown_by(const std::string& path, const HclVariables* planned) {
  if (is_hcl(path)) {
    const auto variables = planned != nullptr ? *planned : HclVariables{};
    return [path, variables](const std::vector<std::string>& lines) { return hcl_without_hidden_values(path, lines, variables); };
  }
  if (planned != nullptr) return [](const std::vector<std::string>& lines) { return std::optional(text_without_hidden_values(lines)); };
  return [](const std::vector<std::string>& lines) { return std::optional(manifest_lines(lines)); };
}

/// One of the two files, as far as it is known, with its lines as they may be shown.
class Side {
 public:
  Side() = default;
  Side(std::vector<std::string> lines, std::vector<std::string> shown) : lines_(std::move(lines)), shown_(std::move(shown)) {}
  /// The line that the patch says is the next.
  std::string take(const std::string& line) {
    const auto at = next_++;
    return at < lines_.size() && at < shown_.size() && lines_[at] == line ? shown_[at] : "(hidden)";
  }
  void go_to(std::size_t line) { next_ = line == 0 ? 0 : line - 1; }

 private:
  std::vector<std::string> lines_;
  std::vector<std::string> shown_;
  std::size_t next_ = 0;
};

struct Hunk {
  std::string header;  ///< "" where the patch has none
  std::size_t before = 1;
  std::size_t after = 1;
  std::vector<std::string> lines;
};

/// What follows the second @@ is a line of the file.
Hunk hunk_from(const std::string& line) {
  Hunk hunk;
  const auto end = line.find(" @@", 2);
  hunk.header = end == std::string::npos ? "@@" : line.substr(0, end + 3);
  const auto plus = hunk.header.find('+');
  (void)std::sscanf(hunk.header.c_str(), "@@ -%zu", &hunk.before);
  if (plus != std::string::npos) (void)std::sscanf(hunk.header.c_str() + plus, "+%zu", &hunk.after);
  return hunk;
}

Side side_of(const Hunk& hunk, char sign, const Shown& shown) {
  std::vector<std::string> lines;
  for (const auto& line : hunk.lines) {
    if (!line.empty() && (line.front() == ' ' || line.front() == sign)) lines.push_back(line.substr(1));
  }
  auto seen = shown(lines).value_or(std::vector<std::string>{});
  return Side(std::move(lines), std::move(seen));
}

std::string shown_hunk(const Hunk& hunk, Side& before, Side& after) {
  std::string text = hunk.header.empty() ? "" : hunk.header + '\n';
  for (const auto& line : hunk.lines) {
    const char sign = line.empty() ? '\\' : line.front();
    const auto body = line.empty() ? line : line.substr(1);
    auto shown = body;
    if (sign == '-') shown = before.take(body);
    if (sign == '+') shown = after.take(body);
    if (sign == ' ') {
      const auto then = before.take(body);
      const auto now = after.take(body);
      shown = now == body ? then : now;
    }
    if (!line.empty()) text += sign + shown;
    text += '\n';
  }
  return text;
}

std::string shown_patch(const FileDiff& file, std::optional<std::pair<Side, Side>> whole, const Shown& shown) {
  std::string text;
  std::vector<Hunk> hunks;
  for (const auto& line : split(file.patch, '\n')) {
    if (line.starts_with("@@")) {
      hunks.push_back(hunk_from(line));
    } else if (hunks.empty() && is_header(line)) {
      text += line + '\n';
    } else {
      if (hunks.empty()) hunks.emplace_back();
      hunks.back().lines.push_back(line);
    }
  }
  Side before;
  Side after;
  if (whole) std::tie(before, after) = *std::move(whole);
  for (const auto& hunk : hunks) {
    if (!whole) {
      before = side_of(hunk, '-', shown);
      after = side_of(hunk, '+', shown);
    } else {
      before.go_to(hunk.before);
      after.go_to(hunk.after);
    }
    text += shown_hunk(hunk, before, after);
  }
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string not_shown(const FileDiff& file, std::string_view why) { return fmt::format("{}: {} lines added, {} removed; not shown, since it {}\n", file.path, file.added, file.removed, why); }

std::string shown_file(const FileDiff& file, const WholeFile& whole, const HclVariables* planned) {
  constexpr std::string_view kSecret = "holds a Secret";
  constexpr std::string_view kUnread = "can't be looked through for Secrets";
  if (speaks_of_secrets(file.patch) || is_named_like_a_secret(file.path)) return not_shown(file, kSecret);
  if (is_kept_for_secrets(file.path)) return not_shown(file, "is kept for secrets");
  if (planned != nullptr && is_for_programs(file.path)) return not_shown(file, "is kept for secrets");
  const auto shown = shown_by(file.path, planned);
  if (!whole) return is_hcl(file.path) ? not_shown(file, kUnread) : shown_patch(file, std::nullopt, shown);
  const auto before = whole(file.path, true);
  const auto after = whole(file.path, false);
  if (!before || !after) return not_shown(file, kUnread);
  if (holds_secret(*before, file.path) || holds_secret(*after, file.path)) return not_shown(file, kSecret);
  if (planned != nullptr && (is_vault(file.path, *before) || is_vault(file.path, *after))) return not_shown(file, "is a vault");
  auto lines_before = split(*before, '\n');
  auto lines_after = split(*after, '\n');
  auto shown_before = shown(lines_before);
  auto shown_after = shown(lines_after);
  if (!shown_before || !shown_after) return not_shown(file, kUnread);
  return shown_patch(file, std::pair(Side(std::move(lines_before), *std::move(shown_before)), Side(std::move(lines_after), *std::move(shown_after))), shown);
}

}  // namespace

std::string shown_git_diff(const std::vector<FileDiff>& files, const WholeFile& whole, const HclVariables* planned) {
  std::string text;
  for (const auto& file : files) text += shown_file(file, whole, planned);
  return text;
}

WholeFile whole_files(Mirror& mirror, std::string before, std::string after) {
  auto seen = std::make_shared<std::set<std::string>>();
  return [&mirror, before = std::move(before), after = std::move(after), seen](const std::string& path, bool old) -> std::optional<std::string> {
    seen->insert(path);
    if (seen->size() > kMaxFiles) return std::nullopt;
    auto text = mirror.read_file(old ? before : after, path);
    if (!text && text.error().kind == ErrorKind::NotFound) return "";
    if (!text || text->size() > kMaxFile) return std::nullopt;
    return std::move(*text);
  };
}

}  // namespace driftwarden
