#pragma once
// Comments and reviewers in the one shape that GitHub, Gitea and Forgejo share.
#include "integrations/forge/forge.hpp"
#include "integrations/forge/forge_api.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::forge {

/// Nothing when the text isn't what the forge sends. Those of deleted people are left out.
std::optional<std::vector<Comment>> parse_comments(std::string_view text);
std::string render_comment(const std::string& text);

/// Edits the comment that `login` wrote and that holds `marker`, or writes it. `body` is the final text.
asio::awaitable<Result<void>> upsert_issue_comment(ForgeApi& api, std::int64_t number, std::string login, std::string marker, std::string body,
                                                   std::string list_query);
/// Asks all at once; when the forge refuses, one by one, without those it refuses.
asio::awaitable<Result<void>> request_pull_reviewers(ForgeApi& api, std::int64_t number, std::vector<std::string> logins);

}  // namespace driftwarden::forge
