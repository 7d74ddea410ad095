#include "integrations/sandbox/forge/git_program.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kOutputMax = 256U << 20U;
constexpr Duration kPatience{60'000};
constexpr std::size_t kLogFields = 9;

std::string first_line(std::string_view text) { return std::string(trim(text.substr(0, text.find('\n')))); }

std::map<std::string, std::string> closed_environment(const std::string& directory) {
  return {{"GIT_DIR", directory},       {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_CONFIG_GLOBAL", "/dev/null"}, {"HOME", directory},
          {"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C.UTF-8"},        {"GIT_OPTIONAL_LOCKS", "0"}};
}

WallTime parse_seconds(const std::string& text) {
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return WallTime(std::chrono::seconds(seconds));
}

LogEntry to_entry(const std::string* field) {
  LogEntry entry;
  entry.sha = std::string(trim(field[0]));
  if (!field[1].empty()) entry.parents = split(field[1], ' ');
  entry.author = {field[2], field[3]};
  entry.author_time = parse_seconds(field[4]);
  entry.committer = {field[5], field[6]};
  entry.committer_time = parse_seconds(field[7]);
  entry.message = std::string(trim(field[8]));
  return entry;
}

/// "100644 blob <sha> <size>\t<name>"
std::optional<TreeItem> to_item(const std::string& line) {
  const auto tab = line.find('\t');
  if (tab == std::string::npos) return std::nullopt;
  std::vector<std::string> head = split(line.substr(0, tab), ' ');
  std::erase(head, "");
  if (head.size() < 4) return std::nullopt;
  TreeItem item;
  item.is_tree = head[1] == "tree";
  item.sha = head[2];
  item.size = static_cast<std::size_t>(std::strtoull(head[3].c_str(), nullptr, 10));
  item.name = line.substr(tab + 1);
  return item;
}

/// A value that starts with a dash would be read as an option.
Result<void> check_revision(const std::string& text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text.empty() || text.front() == '-' || std::ranges::any_of(text, bad)) return Error{ErrorKind::NotFound, "no such revision"};
  return Result<void>{};
}

}  // namespace

std::string git_date(WallTime time) { return fmt::format("{} +0000", std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()); }

asio::awaitable<Result<process::Outcome>> GitProgram::run(std::vector<std::string> arguments, std::string input,
                                                          std::map<std::string, std::string> environment) const {
  process::Command command;
  command.argv = {"git", "-c", "core.quotePath=false"};
  std::ranges::move(arguments, std::back_inserter(command.argv));
  command.environment = closed_environment(directory_);
  for (auto& [name, value] : environment) command.environment[name] = value;
  command.inherit = {"PATH"};
  command.input = std::move(input);
  command.timeout = kPatience;
  command.max_output_bytes = kOutputMax;
  co_return co_await process::run(*clock_, std::move(command));
}

asio::awaitable<Result<std::string>> GitProgram::output(std::vector<std::string> arguments, std::string input,
                                                        std::map<std::string, std::string> environment) const {
  const std::string name = "git " + arguments.front();
  CO_TRY(auto outcome, co_await run(std::move(arguments), std::move(input), std::move(environment)));
  if (outcome.exit_code == 0) co_return std::move(outcome.out);
  const bool missing = outcome.err.find("not a valid object") != std::string::npos || outcome.err.find("does not exist in") != std::string::npos ||
                       outcome.err.find("unknown revision") != std::string::npos || outcome.err.find("bad revision") != std::string::npos;
  co_return Error{missing ? ErrorKind::NotFound : ErrorKind::Unavailable, name + ": " + first_line(outcome.err)};
}

asio::awaitable<Result<Refs>> GitProgram::refs() const {
  std::vector<std::string> arguments{"for-each-ref", "--format=%(objectname) %(refname)"};
  CO_TRY(const auto text, co_await output(std::move(arguments)));
  Refs refs;
  for (const auto& line : split(text, '\n')) {
    const auto space = line.find(' ');
    if (space != std::string::npos) refs[line.substr(space + 1)] = line.substr(0, space);
  }
  co_return refs;
}

asio::awaitable<Result<std::string>> GitProgram::resolve(std::string revision) const {
  CO_CHECK_OK(check_revision(revision));
  std::vector<std::string> arguments{"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"};
  CO_TRY(const auto outcome, co_await run(std::move(arguments)));
  if (outcome.exit_code != 0) co_return Error{ErrorKind::NotFound, "no commit \"" + revision + "\""};
  co_return first_line(outcome.out);
}

asio::awaitable<Result<std::string>> GitProgram::resolve_object(std::string name) const {
  CO_CHECK_OK(check_revision(name));
  std::vector<std::string> arguments{"rev-parse", "--verify", "--quiet", "--end-of-options", name};
  CO_TRY(const auto outcome, co_await run(std::move(arguments)));
  if (outcome.exit_code != 0) co_return Error{ErrorKind::NotFound, "no object \"" + name + "\""};
  co_return first_line(outcome.out);
}

asio::awaitable<Result<std::string>> GitProgram::merge_base(std::string a, std::string b) const {
  std::vector<std::string> arguments{"merge-base", std::move(a), std::move(b)};
  CO_TRY(const auto outcome, co_await run(std::move(arguments)));
  if (outcome.exit_code != 0) co_return Error{ErrorKind::NotFound, "the two branches have no commit in common"};
  co_return first_line(outcome.out);
}

asio::awaitable<Result<std::string>> GitProgram::merged_tree(std::string ours, std::string theirs) const {
  std::vector<std::string> arguments{"merge-tree", "--write-tree", std::move(ours), std::move(theirs)};
  CO_TRY(const auto outcome, co_await run(std::move(arguments)));
  if (outcome.exit_code == 0) co_return first_line(outcome.out);
  if (outcome.exit_code == 1) co_return std::string{};
  co_return Error{ErrorKind::Unavailable, "git merge-tree: " + first_line(outcome.err)};
}

asio::awaitable<Result<std::string>> GitProgram::commit_tree(std::string tree, std::vector<std::string> parents, CommitHead head, std::string message) const {
  std::vector<std::string> arguments{"commit-tree", std::move(tree)};
  for (auto& parent : parents) {
    arguments.emplace_back("-p");
    arguments.push_back(std::move(parent));
  }
  std::map<std::string, std::string> environment{
      {"GIT_AUTHOR_NAME", head.author.name},       {"GIT_AUTHOR_EMAIL", head.author.email},       {"GIT_AUTHOR_DATE", head.author_date},
      {"GIT_COMMITTER_NAME", head.committer.name}, {"GIT_COMMITTER_EMAIL", head.committer.email}, {"GIT_COMMITTER_DATE", head.committer_date}};
  if (!message.ends_with('\n')) message += '\n';
  CO_TRY(const auto text, co_await output(std::move(arguments), std::move(message), std::move(environment)));
  co_return first_line(text);
}

asio::awaitable<Result<bool>> GitProgram::move_ref(std::string ref, std::string after, std::string before) const {
  std::vector<std::string> arguments{"update-ref"};
  if (after.empty()) {
    arguments.insert(arguments.end(), {"-d", ref, before});
  } else {
    arguments.insert(arguments.end(), {ref, after});
    if (!before.empty()) arguments.push_back(before);
  }
  CO_TRY(const auto outcome, co_await run(std::move(arguments)));
  co_return outcome.exit_code == 0;
}

asio::awaitable<Result<std::vector<LogEntry>>> GitProgram::log(std::string range, std::string path, std::size_t limit) const {
  CO_CHECK_OK(check_revision(range));
  std::vector<std::string> arguments{"log", fmt::format("--max-count={}", limit), "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00",
                                     "--end-of-options", std::move(range), "--"};
  if (!path.empty()) arguments.push_back(std::move(path));
  CO_TRY(const auto text, co_await output(std::move(arguments)));
  const auto fields = split(text, '\0');
  std::vector<LogEntry> entries;
  for (std::size_t at = 0; at + kLogFields <= fields.size(); at += kLogFields) entries.push_back(to_entry(&fields[at]));
  co_return entries;
}

asio::awaitable<Result<std::string>> GitProgram::diff(std::string from, std::string to) const {
  std::vector<std::string> arguments{"diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", std::move(from), std::move(to), "--"};
  co_return co_await output(std::move(arguments));
}

asio::awaitable<Result<std::vector<TreeItem>>> GitProgram::list(std::string revision, std::string path) const {
  CO_CHECK_OK(check_revision(revision));
  std::vector<std::string> arguments{"ls-tree", "-z", "--long", revision + ":" + path};
  CO_TRY(const auto text, co_await output(std::move(arguments)));
  std::vector<TreeItem> items;
  for (const auto& line : split(text, '\0')) {
    if (auto item = to_item(line)) items.push_back(std::move(*item));
  }
  std::ranges::stable_sort(items, [](const auto& a, const auto& b) { return a.is_tree && !b.is_tree; });
  co_return items;
}

asio::awaitable<Result<std::string>> GitProgram::read_file(std::string revision, std::string path) const {
  CO_CHECK_OK(check_revision(revision));
  std::vector<std::string> arguments{"cat-file", "blob", revision + ":" + path};
  auto text = co_await output(std::move(arguments));
  if (!text && text.error().kind == ErrorKind::Unavailable) co_return Error{ErrorKind::NotFound, "no file " + path + " at " + revision};
  co_return text;
}

Result<void> check_path(const std::string& path) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\'; };
  if (path.empty() || std::ranges::any_of(path, bad)) return Error{ErrorKind::InvalidInput, "\"" + without_control_characters(path) + "\" is no file's path"};
  for (const auto& part : split(path, '/')) {
    if (part.empty() || part == "." || part == ".." || to_lower(part) == ".git") {
      return Error{ErrorKind::InvalidInput, "\"" + path + "\" is no path inside a repository"};
    }
  }
  return Result<void>{};
}

std::string fast_import(const std::vector<std::pair<std::string, std::string>>& files, const GitPerson& author, WallTime at, const std::string& message,
                        const std::string& parent, const std::string& branch) {
  const auto clean = [](const std::string& text) {
    std::string out = without_control_characters(text);
    std::erase_if(out, [](char c) { return c == '<' || c == '>'; });
    return out;
  };
  const std::string who = fmt::format("{} <{}> {}", clean(author.name), clean(author.email), git_date(at));
  std::string out = fmt::format("commit refs/heads/{}\nauthor {}\ncommitter {}\ndata {}\n{}\n", branch, who, who, message.size(), message);
  if (!parent.empty()) out += "from " + parent + "\n";
  for (const auto& [path, content] : files) out += fmt::format("M 100644 inline {}\ndata {}\n{}\n", path, content.size(), content);
  return out + "\ndone\n";
}

}  // namespace driftwarden::sandbox::forge
