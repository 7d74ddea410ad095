#pragma once
// What the verbs that change something were given beyond an App, as it is kept in Change::argument. Pure.
#include "gitops/base/result.hpp"
#include "gitops/model/app.hpp"

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace driftwarden {

/// set-image checkout web:1.4.2 | ghcr.io/acme/web:1.4.2@sha256:... | web@sha256:...
struct SetImageRequest {
  std::string image;   ///< container or repository
  std::string tag;
  std::string digest;
  /// Which tag is still to be asked.
  bool is_open() const { return tag.empty() && digest.empty(); }
  bool operator==(const SetImageRequest&) const = default;
};
/// Reads "NAME:TAG", "REGISTRY:5000/NAME:TAG@sha256:HEX"; InvalidInput says what is missing.
Result<SetImageRequest> parse_image(const std::string& text);

struct ScaleRequest {
  std::string workload;  ///< "deployment/web", "web", or "" for the only one
  int replicas = 0;
  bool operator==(const ScaleRequest&) const = default;
};

/// set checkout Deployment/web .spec.minReadySeconds=5 | set checkout values-prod.yaml .image.pullPolicy=Always
struct SetRequest {
  std::string target;  ///< "Kind/name", or a file below the App's path; "" = the only object that has the path
  std::string path;
  std::string value;   ///< a JSON text; "" = remove the field
  bool operator==(const SetRequest&) const = default;
};

struct PromoteRequest {
  std::string from;  ///< App; Change::app is the one that is promoted to
  bool operator==(const PromoteRequest&) const = default;
};

/// A new App, made from a template kept in Git, after the pattern of another (`like`), or from a plain Deployment and Service.
struct CreateAppRequest {
  std::string name;
  std::string repository;
  std::string path;
  std::string like;       ///< App whose files are copied with its name replaced
  std::string image;
  int port = 0;           ///< 0 = no Service
  std::string cluster;
  std::string namespace_;
  std::string channel;
  std::vector<std::string> owners;
  std::string template_;                          ///< a directory below .driftwarden/templates
  std::map<std::string, std::string> parameters;  ///< of the template
  bool operator==(const CreateAppRequest&) const = default;
};

struct RestartRequest {
  std::vector<std::string> workloads;  ///< "Deployment/web"; empty = all of the App
  bool operator==(const RestartRequest&) const = default;
};

struct RollbackRequest {
  std::string undo;  ///< take back what this commit did rather than restore a state
  bool operator==(const RollbackRequest&) const = default;
};

/// move checkout to prod-us namespace shop
struct MoveRequest {
  std::string cluster;
  std::string namespace_;  ///< "" = the same as now
  bool operator==(const MoveRequest&) const = default;
};

/// One step of a draft, as the typed commands would say it. No text of a model is anything else than one of these.
struct DraftStep {
  enum class Kind { Set, Create, Delete };
  Kind kind = Kind::Set;
  SetRequest set{};       ///< Set: also takes away. Delete: its target alone
  std::string file{};     ///< Create: below the App's path
  std::string content{};  ///< Create: manifests
  bool operator==(const DraftStep&) const = default;
};

/// propose checkout "give it 1 GiB and a PodDisruptionBudget"
struct ProposeRequest {
  std::string sentence;
  std::vector<DraftStep> steps{};  ///< empty: nobody was asked yet
  std::string summary{};           ///< in the model's words
  std::string model{};             ///< what drafted it
  bool operator==(const ProposeRequest&) const = default;
};

using Intent = std::variant<std::monostate, SetImageRequest, ScaleRequest, SetRequest, PromoteRequest, CreateAppRequest, RestartRequest, RollbackRequest, MoveRequest, ProposeRequest>;

std::string to_json_text(const Intent& intent);  ///< "" of none
std::string to_json_text(const SetImageRequest& request);
std::string to_json_text(const ScaleRequest& request);
std::string to_json_text(const SetRequest& request);
std::string to_json_text(const PromoteRequest& request);
std::string to_json_text(const CreateAppRequest& request);
std::string to_json_text(const RestartRequest& request);
std::string to_json_text(const RollbackRequest& request);
std::string to_json_text(const MoveRequest& request);
std::string to_json_text(const ProposeRequest& request);
// A text that can't be read asks for nothing: empty names, which every plan refuses.
SetImageRequest set_image_request_from(const std::string& text);
ScaleRequest scale_request_from(const std::string& text);
SetRequest set_request_from(const std::string& text);
PromoteRequest promote_request_from(const std::string& text);
CreateAppRequest create_app_request_from(const std::string& text);
RestartRequest restart_request_from(const std::string& text);
RollbackRequest rollback_request_from(const std::string& text);
MoveRequest move_request_from(const std::string& text);
ProposeRequest propose_request_from(const std::string& text);

}  // namespace driftwarden
