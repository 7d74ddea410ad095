#pragma once
// Gitea's shapes, as measured on 1.26.
#include "integrations/sandbox/forge/diff_parse.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace driftwarden::sandbox::forge {

std::string dump(const nlohmann::json& value);
nlohmann::json user_json(const Core& core, const std::string& login);
nlohmann::json repository_json(const Core& core, const Repository& repository);
nlohmann::json label_json(const Core& core, const Repository& repository, const Label& label);
nlohmann::json pull_json(const Core& core, const Repository& repository, const Pull& pull, bool mergeable);
nlohmann::json review_json(const Core& core, const Repository& repository, const Pull& pull, const PullReview& review);
nlohmann::json comment_json(const Core& core, const Repository& repository, const Pull& pull, const Comment& comment);
nlohmann::json status_json(const Core& core, const Repository& repository, const std::string& sha, const StatusEntry& status);
nlohmann::json commit_json(const Core& core, const Repository& repository, const LogEntry& entry);
nlohmann::json branch_json(const Core& core, const Repository& repository, const std::string& branch, const LogEntry& head);
nlohmann::json protection_json(const Protection& rule);
nlohmann::json file_json(const Core& core, const Repository& repository, const DiffFile& file, const std::string& head_sha);

}  // namespace driftwarden::sandbox::forge
