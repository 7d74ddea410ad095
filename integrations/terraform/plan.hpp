#pragma once
// What Terraform, OpenTofu and Terragrunt print of a plan, as drift. Pure. Facts: reference/forges-and-gitops.md section 8.
#include "gitops/base/result.hpp"
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::terraform {

/// Sensitive values are never in here: "(sensitive)" stands for them.
struct Plan {
  std::vector<ObjectDrift> objects{};  ///< resources that differ: group "terraform", kind = type, namespace = module ("" = root), name = "web" or "web[\"eu\"]"
  std::size_t resources = 0;           ///< all that are managed
  bool drifted = false;                ///< somebody changed or deleted outside of Git what Git would put back
  bool pending = false;                ///< Git would change something beside that
  bool destructive = false;            ///< something would be deleted or replaced
  std::vector<std::string> outputs{};  ///< names of outputs that would change
  bool errored = false;
  std::string content{};               ///< SHA-256 of all that would change, hidden values among it: two plans may look alike and not be
};
/// `show -json` of a plan file (format 1.x). An object's notes: "replace", "delete", "create", "forget", "import", "move", "gone" (deleted outside of Git); a field's cause is Live where
/// resource_drift has it, Git where only resource_changes has. InvalidInput for another format.
Result<Plan> read_plan(const nlohmann::json& shown);

/// "module.net.aws_instance.web[0]"
std::string address_of(const ObjectRef& ref);
/// For people, redacted: `terraform plan` in short, "~ aws_instance.web" with its attributes below.
std::string plan_text(const Plan& plan);
/// Of what would be done, without times and order: equal digest, equal plan. `salt` is what the digest is of beside it, so that nobody finds hidden values by
/// comparing digests.
std::string plan_digest(const Plan& plan, std::string_view salt = {});

/// The error diagnostics of `-json` output, "main.tf:3: Unsupported argument: ...", with nothing in them that looks like a secret; what isn't JSON lines is
/// taken as text and shortened.
std::string errors_in(std::string_view output);

}  // namespace driftwarden::terraform
