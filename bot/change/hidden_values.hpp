#pragma once
// Which parts of a file may be secret, by what its lines look like: YAML, JSON, or NAME=value. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

/// Whether a document of the text is a Secret, or holds one: a List, a patch, a kustomization's literals. A text that is no YAML is
/// searched for "kind: Secret".
bool holds_secret(const std::string& text, const std::string& file);
/// "kind: Secret", quoted or not, in any line.
bool speaks_of_secrets(std::string_view text);

/// What is given to it may be a secret: "DB_PASSWORD", "apiKey". Not what only names one: "secretName".
bool is_hidden_name(std::string_view name);
/// The text without tokens of known issuers, private keys and passwords in URLs.
std::string without_credential_shapes(std::string_view text);

/// The lines of one text, as many as came in, without the values of sensitive names: what stands on their line and deeper below it, the
/// `value` beside a sensitive `name`, passwords in URLs, private keys.
std::vector<std::string> without_hidden_values(const std::vector<std::string>& lines);
/// The same, for files that nobody knows the form of (Ansible's, scripts, templates): nor what stands beside Ansible's `no_log`, what looks like a credential,
/// or what a machine seems to have made up.
std::vector<std::string> text_without_hidden_values(const std::vector<std::string>& lines);

}  // namespace driftwarden
