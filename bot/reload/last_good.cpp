#include "bot/reload/last_good.hpp"

#include "bot/config/load.hpp"
#include "bot/reload/reload.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kBeforeGit = "before Git was read";

std::string good_path(const std::string& directory) { return directory + "/config-from-git.json"; }
std::string unbuildable_path(const std::string& directory) { return directory + "/config-refused.json"; }

bool write_all(int file, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const auto count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return ::fsync(file) == 0;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  const auto unfinished = path + ".new";
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  const bool whole = file >= 0 && ::fchmod(file, S_IRUSR | S_IWUSR) == 0 && write_all(file, text);
  const auto why = errno;
  if (file >= 0) ::close(file);
  if (whole && ::rename(unfinished.c_str(), path.c_str()) == 0) return Result<void>{};
  return Error{ErrorKind::Unavailable, fmt::format("{} can't be written: {}", path, to_lower(std::strerror(whole ? errno : why)))};
}

std::optional<json> read_document(const std::string& path, const Environment& environment) {
  const auto text = environment.read_file(path);
  auto document = text ? json::parse(*text, nullptr, false) : json();
  return document.is_object() ? std::optional{std::move(document)} : std::nullopt;
}

std::string text_of(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string dump(const json& document) { return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n"; }

ConfigMistake not_good_any_more(const std::string& file) {
  return {.file = file,
          .line = 1,
          .column = 1,
          .what = "the config as last read from Git is not good any more",
          .expected = "what it lacks (see above), or no such file: nothing but reading is allowed then until Git is read"};
}

}  // namespace

Result<void> save_last_good(const std::string& state_directory, const LastGood& good) {
  auto texts = json::array();
  for (const auto& text : good.texts) texts.push_back({{"name", text.name}, {"text", text.text}});
  return write_file(good_path(state_directory), dump({{"repository", good.place.repository}, {"path", good.place.path}, {"texts", std::move(texts)}}));
}

std::optional<LastGood> load_last_good(const std::string& state_directory, const Environment& environment) {
  const auto document = read_document(good_path(state_directory), environment);
  if (!document) return std::nullopt;
  LastGood good;
  good.place = {.repository = text_of(*document, "repository"), .path = text_of(*document, "path")};
  const auto texts = document->find("texts");
  if (texts == document->end() || !texts->is_array()) return std::nullopt;
  for (const auto& text : *texts) {
    if (!text.is_object()) return std::nullopt;
    good.texts.push_back({.name = text_of(text, "name"), .text = text_of(text, "text")});
  }
  return good;
}

std::string digest_of(const Config& config) {
  std::string all;
  for (const auto& [key, digest] : config.digests) all += key + " " + digest + "\n";
  return sha256_hex(all);
}

Result<void> save_unbuildable(const std::string& state_directory, const Unbuildable& config) {
  return write_file(unbuildable_path(state_directory), dump({{"digest", config.digest}, {"why", config.why}}));
}

std::optional<Unbuildable> load_unbuildable(const std::string& state_directory, const Environment& environment) {
  const auto document = read_document(unbuildable_path(state_directory), environment);
  if (!document) return std::nullopt;
  return Unbuildable{.digest = text_of(*document, "digest"), .why = text_of(*document, "why")};
}

void forget_unbuildable(const std::string& state_directory) { ::unlink(unbuildable_path(state_directory).c_str()); }

void allow_reading_only(LoadedConfig& loaded) {
  if (!loaded.config) return;
  loaded.config->policy = PolicyConfig{};
  for (auto& team : loaded.config->teams) team.may.clear();
  // Else what Git has would look as if it were in force already.
  loaded.config->digests["policy"] = kBeforeGit;
  loaded.warnings.push_back({.file = loaded.config->file,
                             .line = 1,
                             .column = 1,
                             .what = "config_from: Git was never read, so nothing but reading is allowed until it is",
                             .expected = "a repository that can be read"});
}

bool allows_reading_only_before_git(const Config& config) {
  const auto found = config.digests.find("policy");
  return found != config.digests.end() && found->second == kBeforeGit;
}

LoadedConfig load_config_with_last_good(const std::string& path, const Environment& environment, BeforeGit before) {
  const auto places = find_places(path, environment);
  const auto good = places.from_git ? load_last_good(places.state_directory, environment) : std::nullopt;
  const bool usable = good && good->place.repository == places.from_git->repository && good->place.path == places.from_git->path;
  if (usable) {
    auto whole = load_config(path, environment, good->texts);
    if (!whole.config && load_config(path, environment).config) whole.mistakes.push_back(not_good_any_more(good_path(places.state_directory)));
    return whole;
  }
  auto alone = load_config(path, environment);
  if (places.from_git && before == BeforeGit::ReadingOnly) allow_reading_only(alone);
  return alone;
}

}  // namespace driftwarden
