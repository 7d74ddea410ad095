#pragma once
// Inside of bot/deploy: one source of an Application as a part of an App. Pure.
#include "bot/deploy/deploy_tool.hpp"
#include "integrations/argocd/application.hpp"

#include <optional>
#include <string>

namespace driftwarden {

/// InvalidInput says for people why we can't render it and what to do; without the Application's name.
Result<SourcePart> argo_part(const argocd::Application& application, const argocd::Source& source, const DeployGround& ground);

/// It holds manifests, rather than only being named by others' value files.
bool holds_manifests(const argocd::Source& source);

/// A target revision as App::revision: "" = the repository's branch. InvalidInput for a range of versions.
Result<std::string> argo_revision(const std::string& target, const RepositoryConfig& repository);

/// A target revision moves on with this branch.
bool follows_branch(const std::string& target, const std::string& branch);

/// Could be a tag or a commit, rather than a branch.
bool is_fixed_revision(const std::string& target);

}  // namespace driftwarden
