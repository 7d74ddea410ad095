#include "gitops/repository/libgit.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <git2.h>

#include <mutex>

namespace driftwarden::libgit {

void Free::operator()(git_blob* it) const { git_blob_free(it); }
void Free::operator()(git_commit* it) const { git_commit_free(it); }
void Free::operator()(git_config* it) const { git_config_free(it); }
void Free::operator()(git_diff* it) const { git_diff_free(it); }
void Free::operator()(git_index* it) const { git_index_free(it); }
void Free::operator()(git_object* it) const { git_object_free(it); }
void Free::operator()(git_packbuilder* it) const { git_packbuilder_free(it); }
void Free::operator()(git_patch* it) const { git_patch_free(it); }
void Free::operator()(git_reference* it) const { git_reference_free(it); }
void Free::operator()(git_remote* it) const { git_remote_free(it); }
void Free::operator()(git_repository* it) const { git_repository_free(it); }
void Free::operator()(git_revwalk* it) const { git_revwalk_free(it); }
void Free::operator()(git_signature* it) const { git_signature_free(it); }
void Free::operator()(git_tree* it) const { git_tree_free(it); }
void Free::operator()(git_tree_entry* it) const { git_tree_entry_free(it); }
void Free::operator()(git_treebuilder* it) const { git_treebuilder_free(it); }

void initialise() {
  static std::once_flag once;
  std::call_once(once, [] {
    git_libgit2_init();
    for (int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1);
    // A folder of a thousand apps is one tree of 40 kB; by default only trees up to 4 kB stay in memory.
    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, static_cast<size_t>(256U << 10U));
  });
}

namespace {

ErrorKind kind_of(int code, int category) {
  switch (code) {
    case GIT_ENOTFOUND:
    case GIT_EUNBORNBRANCH: return ErrorKind::NotFound;
    case GIT_EEXISTS:
    case GIT_ENONFASTFORWARD:
    case GIT_EMODIFIED:
    case GIT_ELOCKED:
    case GIT_ECONFLICT: return ErrorKind::Conflict;
    case GIT_EAUTH:
    case GIT_EOWNER:
    case GIT_ECERTIFICATE: return ErrorKind::Denied;
    case GIT_EINVALIDSPEC:
    case GIT_EAMBIGUOUS: return ErrorKind::InvalidInput;
    default: break;
  }
  switch (category) {
    case GIT_ERROR_OS:
    case GIT_ERROR_NET:
    case GIT_ERROR_HTTP:
    case GIT_ERROR_SSH:
    case GIT_ERROR_SSL: return ErrorKind::Unavailable;
    default: return ErrorKind::Corrupt;
  }
}

/// Length of the UTF-8 character at `at`, 0 when there is none.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong_or_surrogate = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return overlong_or_surrogate ? 0 : length;
}

}  // namespace

Error last_error(std::string_view step, int code) {
  const git_error* last = git_error_last();
  const bool known = last != nullptr && last->message != nullptr;
  const auto text = known ? valid_utf8(without_control_characters(last->message)) : fmt::format("libgit2 reported {}", code);
  Error error{kind_of(code, known ? last->klass : 0), fmt::format("{}: {}", step, text)};
  git_error_clear();
  return error;
}

std::string to_hex(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '0');
  git_oid_fmt(text.data(), &id);
  return text;
}

std::string short_id(std::string_view id) { return std::string(id.substr(0, 10)); }

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = character_length(text, at);
    if (length == 0) {
      out += '?';
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace driftwarden::libgit
