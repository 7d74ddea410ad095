#include "gitops/repository/remote.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace driftwarden::libgit {

namespace {

constexpr std::size_t kMaxWords = 16U << 10U;

/// "ssh" of "ssh://host/path"; "" where there is none.
std::string scheme_of(const std::string& url) {
  const auto end = url.find("://");
  return end == std::string::npos ? std::string() : to_lower(url.substr(0, end));
}

bool contains_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// libgit2 would call a missing folder an unsupported protocol.
Result<void> check_local(const std::string& url) {
  const auto path = scheme_of(url) == "file" ? url.substr(7) : url;
  std::error_code ignored;
  if (path.find('%') != std::string::npos || std::filesystem::is_directory(path, ignored)) return Result<void>{};
  return Error{ErrorKind::NotFound, fmt::format("no repository at {}", url)};
}

/// What a terminal would have left of the server's progress text: one line per line, the last state of each.
std::string last_words(const std::string& progress) {
  std::vector<std::string> lines;
  for (const auto& line : split(progress, '\n')) {
    std::string shown;
    for (const auto& state : split(line, '\r')) {
      const auto text = trim(state);
      if (!text.empty()) shown = valid_utf8(without_control_characters(text));
    }
    if (!shown.empty()) lines.push_back(std::move(shown));
  }
  return ellipsize(join(lines, "\n"), 2000);
}

}  // namespace

struct Remote::State {
  git_repository* repository = nullptr;
  std::string url;
  std::unique_ptr<GitTransport> transport;  ///< null for local paths
  Conversation conversation;
  Handle<git_remote> remote;
  std::string progress;
  // Of the push under way:
  std::string ref;
  std::string expected;
  std::optional<Error> refused;
  bool already_there = false;

  static int on_transport(git_transport** out, git_remote* owner, void* payload) {
    return make_smart_transport(out, owner, static_cast<State*>(payload)->conversation);
  }
  static int on_progress(const char* text, int size, void* payload) {
    auto& progress = static_cast<State*>(payload)->progress;
    if (size > 0 && progress.size() < kMaxWords) progress.append(text, static_cast<std::size_t>(size));
    return 0;
  }
  static int on_negotiation(const git_push_update** updates, size_t count, void* payload);
  static int on_status(const char* ref, const char* status, void* payload);

  git_remote_callbacks callbacks() {
    git_remote_callbacks made = GIT_REMOTE_CALLBACKS_INIT;
    made.sideband_progress = on_progress;
    made.push_negotiation = on_negotiation;
    made.push_update_reference = on_status;
    if (transport) made.transport = on_transport;
    made.payload = this;
    return made;
  }
};

bool is_local(const std::string& url) { return scheme_of(url) == "file" || (!url.empty() && (url.front() == '/' || url.front() == '.')); }

Result<void> check_url(const std::string& url) {
  if (url.empty()) return Error{ErrorKind::InvalidInput, "a repository needs a URL"};
  if (without_control_characters(url) != url) return Error{ErrorKind::InvalidInput, "the repository's URL holds control characters"};
  const auto scheme = scheme_of(url);
  if (scheme.empty()) return Result<void>{};
  const auto authority = url.substr(scheme.size() + 3, url.find('/', scheme.size() + 3) - scheme.size() - 3);
  const auto at = authority.rfind('@');
  const bool web = scheme == "http" || scheme == "https";
  if (at != std::string::npos && (web || authority.substr(0, at).find(':') != std::string::npos)) {
    return Error{ErrorKind::InvalidInput, "the repository's URL holds a user name or password; give credentials in their own settings"};
  }
  return Result<void>{};
}

Remote::Remote(git_repository* repository, const MirrorOptions& options) : state_(std::make_unique<State>()) {
  state_->repository = repository;
  state_->url = options.url;
  if (!is_local(options.url) && options.transport) state_->transport = options.transport(options.url, options.credentials);
  state_->conversation.transport = state_->transport.get();
  state_->conversation.url = options.url;
}

Remote::~Remote() = default;

Error Remote::failed(std::string_view step, int code) {
  if (state_->conversation.error) return wrap(step, *std::exchange(state_->conversation.error, std::nullopt));
  auto error = last_error(fmt::format("while {}", step), code);
  if (auto words = last_words(state_->progress); !words.empty() && state_->transport) error.message += fmt::format("; the remote says: {}", words);
  return error;
}

Result<void> Remote::connect(bool for_push) {
  if (!state_->transport && !is_local(state_->url)) {
    return Error{ErrorKind::InvalidInput, fmt::format("no way to reach {}: use https, ssh or a local path", state_->url)};
  }
  if (!state_->transport) CHECK_OK(check_local(state_->url));
  const auto step = fmt::format("connecting to {}", state_->url);
  git_remote_create_options create = GIT_REMOTE_CREATE_OPTIONS_INIT;
  create.repository = state_->repository;
  // Looking for `insteadOf` rules leaks 20 kB per setting of the repository in libgit2 1.5 with PCRE2, at each connection; we have no such rules.
  create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  if (int code = git_remote_create_with_opts(into(state_->remote), state_->url.c_str(), &create); code < 0) return failed(step, code);
  git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  options.callbacks = state_->callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  const int code = git_remote_connect_ext(state_->remote.get(), for_push ? GIT_DIRECTION_PUSH : GIT_DIRECTION_FETCH, &options);
  if (code < 0) return failed(step, code);
  return Result<void>{};
}

Result<std::optional<std::string>> Remote::find(const std::string& ref) {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (int code = git_remote_ls(&heads, &count, state_->remote.get()); code < 0) return failed(fmt::format("reading the refs of {}", state_->url), code);
  for (size_t i = 0; i < count; ++i) {
    if (heads[i]->name == ref) return std::optional(to_hex(heads[i]->oid));
  }
  return std::optional<std::string>();
}

Result<std::string> Remote::branches() {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (int code = git_remote_ls(&heads, &count, state_->remote.get()); code < 0) return failed(fmt::format("reading the refs of {}", state_->url), code);
  constexpr std::string_view kHeads = "refs/heads/";
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = heads[i]->name;
    if (name.substr(0, kHeads.size()) == kHeads) names.push_back(valid_utf8(name.substr(kHeads.size())));
  }
  return ellipsize(join(names, ", "), 200);
}

Result<std::optional<Remote::NamedRef>> Remote::find_first(const std::vector<std::string>& refs) {
  for (const auto& ref : refs) {
    TRY(const auto id, find(ref));
    if (!id) continue;
    TRY(const auto peeled, find(ref + "^{}"));
    return std::optional(NamedRef{ref, *id, peeled.value_or(*id)});
  }
  return std::optional<NamedRef>();
}

Result<std::string> Remote::tags() {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (int code = git_remote_ls(&heads, &count, state_->remote.get()); code < 0) return failed(fmt::format("reading the refs of {}", state_->url), code);
  constexpr std::string_view kTags = "refs/tags/";
  std::vector<std::string> names;
  for (size_t i = count; i-- > 0;) {
    const std::string_view name = heads[i]->name;
    if (name.starts_with(kTags) && !name.ends_with("^{}")) names.push_back(valid_utf8(name.substr(kTags.size())));
  }
  return ellipsize(join(names, ", "), 200);
}

Result<void> Remote::download(const std::string& refspec) {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks = state_->callbacks();
  options.prune = GIT_FETCH_NO_PRUNE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  options.update_fetchhead = 0;
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  std::string text = refspec;
  std::array<char*, 1> specs{text.data()};
  const git_strarray list{specs.data(), specs.size()};
  if (int code = git_remote_download(state_->remote.get(), &list, &options); code < 0) return failed(fmt::format("fetching from {}", state_->url), code);
  return Result<void>{};
}

int Remote::State::on_negotiation(const git_push_update** updates, size_t count, void* payload) {
  auto& state = *static_cast<State*>(payload);
  for (size_t i = 0; i < count; ++i) {
    const git_push_update& update = *updates[i];
    const auto current = git_oid_is_zero(&update.src) != 0 ? std::string() : to_hex(update.src);
    state.already_there = git_oid_equal(&update.src, &update.dst) != 0;
    if (state.already_there) return GIT_EUSER;
    if (current == state.expected) continue;
    const auto found = current.empty() ? "is gone" : "is at " + short_id(current);
    const auto wanted = state.expected.empty() ? "should not exist yet" : "should be at " + short_id(state.expected);
    state.refused = Error{ErrorKind::Conflict, fmt::format("{} of {} {} but {}; somebody else moved it", state.ref, state.url, found, wanted)};
    return GIT_EUSER;
  }
  return 0;
}

int Remote::State::on_status(const char* ref, const char* status, void* payload) {
  if (status == nullptr) return 0;
  auto& state = *static_cast<State*>(payload);
  const auto reason = valid_utf8(without_control_characters(status));
  const bool denied = contains_any(to_lower(reason), {"declined", "denied", "protected", "prohibited", "not allowed", "forbidden", "permission", "hook"});
  state.refused = Error{denied ? ErrorKind::Denied : ErrorKind::Conflict,
                        fmt::format("{} refused {}: {}", state.url, valid_utf8(without_control_characters(ref)), reason)};
  return 0;
}

Result<void> Remote::push(const std::string& refspec, const std::string& ref, const std::string& expected) {
  state_->ref = ref;
  state_->expected = expected;
  git_push_options options = GIT_PUSH_OPTIONS_INIT;
  options.callbacks = state_->callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  std::string text = refspec;
  std::array<char*, 1> specs{text.data()};
  const git_strarray list{specs.data(), specs.size()};
  const int code = git_remote_upload(state_->remote.get(), &list, &options);
  if (state_->already_there) return Result<void>{};
  if (state_->refused) {
    // libgit2 reports success although the server refused; its hook's words came on the side band.
    if (auto words = last_words(state_->progress); !words.empty() && code != GIT_EUSER) state_->refused->message += fmt::format("; it says: {}", words);
    return *state_->refused;
  }
  if (code < 0) return failed(fmt::format("pushing {} to {}", ref, state_->url), code);
  return Result<void>{};
}

}  // namespace driftwarden::libgit
