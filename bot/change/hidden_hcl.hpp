#pragma once
// Which parts of Terraform's, OpenTofu's and Terragrunt's files may be secret: by what they are called, what the module says of its variables, and how they
// look. Pure.
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// What the modules around say of their variables. One that is sensitive anywhere is sensitive.
struct HclVariables {
  std::set<std::string> declared{};
  std::set<std::string> sensitive{};
};
/// Adds those that a module's file declares.
void add_variables(std::string_view text, HclVariables& variables);

/// Terraform's own language, its variables' values included.
bool is_hcl(std::string_view path);

/// The lines of one whole file, as many as came in. Hidden is what is given to a sensitive name, stands in a block of secrets or in one that says
/// `sensitive = true`, is a variable's value that no module declares (a switch or a small number but for that), or looks like a credential or a key.
/// References ("var.db_password") are shown. Nothing where the file can't be read.
std::optional<std::vector<std::string>> hcl_without_hidden_values(std::string_view path, const std::vector<std::string>& lines, const HclVariables& variables);

/// Each text that a file gives to something: the name that says most of what it is, and whether the file itself calls that sensitive. Comments have no name.
struct HclValue {
  std::string name;
  std::string value;
  std::size_t line = 0;  ///< from 1
  bool sensitive = false;
};
std::optional<std::vector<HclValue>> hcl_values(std::string_view text);

}  // namespace driftwarden
