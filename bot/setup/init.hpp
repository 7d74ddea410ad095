#pragma once
// `driftwarden init`: a first config from answers, or from what a cluster's Argo CD or Flux deploys. Everything here is pure but `ask`, which reads lines.
#include "bot/config/config.hpp"
#include "gitops/manifest/manifest.hpp"
#include "integrations/kubernetes/cluster.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace driftwarden {

struct InitRepository {
  std::string name;
  std::string url;  ///< without credentials
  std::string branch = "main";
  ForgeKind forge = ForgeKind::None;
  std::string api_url{};  ///< "" = the forge's own default
  std::string project{};
  std::string token{};    ///< the variable that holds the forge's token; "" = none is needed
};

struct InitApp {
  std::string name;
  std::string path;
  std::string namespace_;
};

struct InitAnswers {
  std::string cluster = "prod";
  std::string environment = "production";
  std::string kubeconfig{};  ///< "" = in_cluster
  std::string context{};
  bool apply = false;
  std::vector<InitRepository> repositories{};
  std::string paths{};       ///< of the first repository: "clusters/{cluster}/{namespace}/{app}"
  std::string namespace_{};  ///< where `paths` doesn't say it
  std::optional<InitApp> app{};
  bool argocd = false;
  std::string argocd_namespace{};
  bool flux = false;
  std::string default_channel = "#gitops";
  std::string admin_channel = "#driftwarden";
  std::string person{};  ///< "" = nobody may do more than read
  std::string slack_user{};
  std::string forge_login{};
  std::vector<std::string> remarks{};  ///< comments at the top: what the reader should put right
};

/// YAML with comments. Secrets are only referred to.
std::string write_config(const InitAnswers& answers);
/// The variables that it refers to, in order.
std::vector<std::string> variables_of(const InitAnswers& answers);

/// Asks for what isn't known yet (a cluster's Argo CD or Flux may have told the repositories), with the defaults that `answers` has. An answer that
/// isn't good is asked for again. `contexts`: of a kubeconfig. InvalidInput when the input ends before a question that has no default.
struct Questions {
  std::istream& in;
  std::ostream& out;
  const Environment& environment;
  bool take_defaults = false;  ///< nothing is read
};
Result<InitAnswers> ask(Questions questions, InitAnswers answers);

/// What a cluster's Argo CD and Flux hold, as read.
struct FoundInCluster {
  std::vector<Manifest> applications{};
  std::vector<Manifest> git_repositories{};
  std::vector<Manifest> kustomizations{};
  std::vector<Manifest> helm_releases{};
};
/// A kind that isn't served counts as none. Errors: the cluster can't be reached, or may not be read.
asio::awaitable<Result<FoundInCluster>> look_into(kubernetes::Cluster& cluster);
/// Repositories, rules and remarks from it. NotFound when there is nothing to take.
Result<InitAnswers> take_found(InitAnswers answers, const FoundInCluster& found);

}  // namespace driftwarden
