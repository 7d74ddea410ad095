#pragma once
// HashiCorp's configuration language, as far as it says what a text in it is called: Terraform's and OpenTofu's files, their variables, Terragrunt's. Pure.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// A text, a heredoc's lines, a comment, or a word (a number, `true`, a name that refers to nothing).
struct HclLiteral {
  enum class Kind { Text, Heredoc, Comment, Word };
  Kind kind = Kind::Text;
  std::size_t begin = 0;  ///< without quotes, or the heredoc's markers
  std::size_t end = 0;
  std::size_t scope = 0;
  std::string key{};      ///< of the attribute or the object's entry whose value it is in; "" = none
  bool is_name = false;   ///< is a key or a label itself
};

/// Something in braces, or a call. The first is the file.
struct HclScope {
  std::size_t parent = 0;
  std::string key{};   ///< of the parent's entry whose value it is in; "" of a block and of a call
  std::string type{};  ///< a block's ("variable"), or a call's function
  std::vector<std::string> labels{};
  bool is_call = false;  ///< or in parentheses
};

/// Scopes come after their parents, literals in the order of the text, none inside of another.
struct HclText {
  std::vector<HclScope> scopes{HclScope{}};
  std::vector<HclLiteral> literals{};
};

/// Nothing where it has no end, is nested too deeply, its brackets don't match, a name is absurdly long, or it holds more than anybody writes.
std::optional<HclText> read_hcl(std::string_view text);

}  // namespace driftwarden
