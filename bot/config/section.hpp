#pragma once
// Reads mappings key by key. What isn't asked for is an unknown key; what is wrong is noted and reading goes on. Internal to bot/config.
#include "bot/config/yaml_tree.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

enum class NameKind { Cluster, Repository, PersonOrGroup, Approver, Environment, TerraformRepository, Plugin };  // an Approver may be "codeowners", too

/// A name that must exist somewhere else in the config; checked once all is read.
struct NameUse {
  const ConfigNode* node = nullptr;
  NameKind kind = NameKind::Cluster;
  std::string name;
};

/// What reading the whole config shares.
struct ConfigReading {
  const Environment& environment;
  std::vector<ConfigMistake> mistakes;
  std::vector<ConfigMistake> warnings;
  std::vector<NameUse> uses;
  std::set<std::string> main_references{};  ///< "env NAME", "credential NAME": what the main file and its includes refer to, so that nothing in Git may
  std::map<const ConfigNode*, std::string> secrets{};  ///< what stands behind each reference, and behind each file that is named; for digests alone

  void mistake(const ConfigNode& node, std::string what, std::string expected) { mistakes.push_back(mistake_at(node, std::move(what), std::move(expected))); }
  void warn(const ConfigNode& node, std::string what, std::string expected) { warnings.push_back(mistake_at(node, std::move(what), std::move(expected))); }
};

/// How a secret's text is kept: a token without the file's last newline, a key exactly as it is.
enum class SecretForm { Token, Key };

bool is_from_git(const ConfigNode& node);

template <class Enum>
using Words = std::vector<std::pair<std::string_view, Enum>>;

class Section {
 public:
  /// `where` for messages: "apps[0]". `node` may be Null: nothing is given then.
  Section(ConfigReading& reading, const ConfigNode& node, std::string where);

  /// The value as it stands, for what has a form of its own; null when it isn't given.
  const ConfigNode* find(std::string_view key);
  bool has(std::string_view key) { return find(key) != nullptr; }

  void text(std::string_view key, std::string& out);
  void required(std::string_view key, std::string& out);
  void flag(std::string_view key, bool& out);
  void integer(std::string_view key, int least, int& out);
  void id_number(std::string_view key, std::int64_t& out);  ///< required, positive
  void duration(std::string_view key, Duration& out);
  void texts(std::string_view key, std::vector<std::string>& out);
  void file_path(std::string_view key, std::string& out);  ///< made absolute; in Git only one beside the main file
  void secret(std::string_view key, Secret<std::string>& out, SecretForm form = SecretForm::Token);
  void secret_value(std::string_view key, std::optional<SecretValue>& out, SecretForm form);
  /// The secret that `value` refers to; false when there is none, with a mistake.
  bool read_secret(const ConfigNode& value, SecretValue& out, SecretForm form);

  template <class Enum>
  void choice(std::string_view key, const Words<Enum>& words, Enum& out) {
    const auto* value = scalar(key, "a word");
    if (value == nullptr) return;
    std::vector<std::string> names;
    for (const auto& [word, meaning] : words) {
      if (word == value->text) {
        out = meaning;
        return;
      }
      names.emplace_back(word);
    }
    wrong_word(*value, names);
  }
  /// A text that `check` finds good ("" = good), with what was expected otherwise.
  void checked(std::string_view key, std::string& out, const std::function<std::string(std::string_view)>& check, std::string_view expected);
  void named(std::string_view key, std::string& out, NameKind kind);
  void named_list(std::string_view key, std::vector<std::string>& out, NameKind kind);

  /// Calls `read` for each element of a list; every element must be a mapping.
  void each(std::string_view key, const std::function<void(Section&)>& read);
  /// Calls `read` with the mapping under `key`, when there is one.
  void inside(std::string_view key, const std::function<void(Section&)>& read);

  /// Calls `read` with each entry of the mapping under `key`, whose keys are names that the file chose.
  void entries(std::string_view key, const std::function<void(const ConfigNode& name, const ConfigNode& value)>& read);

  void missing(std::string_view key, std::string_view expected);
  /// `key` is known, but not here: "has a "namespace"".
  void refuse(std::string_view key, std::string_view why, std::string_view expected);
  /// A mapping of names to texts.
  void text_map(std::string_view key, std::map<std::string, std::string>& out);
  /// At the value of `key`, or at the section's own place when it isn't given.
  const ConfigNode& place(std::string_view key) const;
  const ConfigNode& node() const { return node_; }
  const std::string& where() const { return where_; }
  ConfigReading& reading() { return reading_; }
  std::string absolute(const ConfigNode& value) const;

  /// Reports the keys that nobody asked for.
  void finish();

 private:
  const ConfigNode* scalar(std::string_view key, std::string_view expected);
  void wrong_word(const ConfigNode& value, const std::vector<std::string>& names);
  bool may_refer(const ConfigNode::Entry& reference);

  ConfigReading& reading_;
  const ConfigNode& node_;
  std::string where_;
  std::vector<std::string> known_;
};

/// "expected" for a word that isn't among `names`: the nearest one, else all of them.
std::string expected_of(std::string_view word, const std::vector<std::string>& names);

}  // namespace driftwarden
