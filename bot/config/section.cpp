#include "bot/config/section.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

constexpr std::string_view kSecretForms = "{env: NAME}, {file: PATH} or {credential: NAME}";
constexpr std::string_view kGitVariables = "DRIFTWARDEN_GIT_";
constexpr std::string_view kGitCredentials = "driftwarden-git-";

std::string join_path(const std::string& directory, const std::string& path) {
  if (path.starts_with('/') || directory.empty()) return path;
  return directory + (directory.ends_with('/') ? "" : "/") + path;
}

bool leaves_its_directory(const std::string& path) {
  const auto parts = split(path, '/');
  return path.starts_with('/') || std::ranges::find(parts, "..") != parts.end();
}

template <class Int>
std::optional<Int> parse_integer(std::string_view text) {
  Int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_from_git(const ConfigNode& node) { return node.source != nullptr && node.source->from_git; }

std::string expected_of(std::string_view word, const std::vector<std::string>& names) {
  if (const auto near = nearest(word, names)) return fmt::format("\"{}\"", *near);
  return names.empty() ? "nothing here" : "one of " + join(names, ", ");
}

Section::Section(ConfigReading& reading, const ConfigNode& node, std::string where) : reading_(reading), node_(node), where_(std::move(where)) {
  if (node.kind != ConfigNode::Kind::Map && node.kind != ConfigNode::Kind::Null) {
    reading_.mistake(node, fmt::format("{} is {}", where_.empty() ? "the file" : where_, describe(node)), "a mapping");
  }
}

const ConfigNode* Section::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
  return node_.find(key);
}

const ConfigNode& Section::place(std::string_view key) const {
  const auto* value = node_.find(key);
  return value == nullptr ? node_ : *value;
}

const ConfigNode* Section::scalar(std::string_view key, std::string_view expected) {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->kind == ConfigNode::Kind::Scalar) return value;
  reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), std::string(expected));
  return nullptr;
}

void Section::missing(std::string_view key, std::string_view expected) {
  reading_.mistake(node_, fmt::format("{} has no \"{}\"", where_, key), std::string(expected));
}

void Section::refuse(std::string_view key, std::string_view why, std::string_view expected) {
  const auto* value = find(key);
  if (value != nullptr) reading_.mistake(*value, fmt::format("\"{}\" {}", key, why), std::string(expected));
}

void Section::text_map(std::string_view key, std::map<std::string, std::string>& out) {
  entries(key, [&](const ConfigNode& name, const ConfigNode& value) {
    if (value.kind == ConfigNode::Kind::Scalar) {
      out[name.text] = value.text;
    } else {
      reading_.mistake(value, fmt::format("\"{}\" is {}", name.text, describe(value)), "a text");
    }
  });
}

void Section::text(std::string_view key, std::string& out) {
  if (const auto* value = scalar(key, "a text")) out = value->text;
}

void Section::required(std::string_view key, std::string& out) {
  if (!has(key)) return missing(key, "a text");
  const auto* value = scalar(key, "a text");
  if (value == nullptr) return;
  out = value->text;
  if (trim(out).empty()) reading_.mistake(*value, fmt::format("\"{}\" is empty", key), "a text");
}

void Section::flag(std::string_view key, bool& out) {
  const auto* value = scalar(key, "true or false");
  if (value == nullptr) return;
  if (value->plain && (value->text == "true" || value->text == "false")) {
    out = value->text == "true";
  } else {
    reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "true or false");
  }
}

void Section::integer(std::string_view key, int least, int& out) {
  const auto expected = fmt::format("a whole number from {}", least);
  const auto* value = scalar(key, expected);
  if (value == nullptr) return;
  const auto number = parse_integer<int>(value->text);
  if (number && *number >= least) {
    out = *number;
  } else {
    reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), expected);
  }
}

void Section::id_number(std::string_view key, std::int64_t& out) {
  if (!has(key)) return missing(key, "a number");
  const auto* value = scalar(key, "a number");
  if (value == nullptr) return;
  out = parse_integer<std::int64_t>(value->text).value_or(0);
  if (out <= 0) reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a number above 0");
}

void Section::duration(std::string_view key, Duration& out) {
  constexpr std::string_view expected = "a duration such as 300ms, 15s, 5m, 4h or 7d";
  const auto* value = scalar(key, expected);
  if (value == nullptr) return;
  if (const auto parsed = parse_duration(value->text)) {
    out = *parsed;
  } else {
    reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), std::string(expected));
  }
}

void Section::texts(std::string_view key, std::vector<std::string>& out) {
  const auto* value = find(key);
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  if (value->kind != ConfigNode::Kind::List) return reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a list of texts");
  for (const auto& item : value->items) {
    if (item.kind == ConfigNode::Kind::Scalar && !item.text.empty()) {
      out.push_back(item.text);
    } else {
      reading_.mistake(item, fmt::format("\"{}\" holds {}", key, item.kind == ConfigNode::Kind::Scalar ? "an empty text" : describe(item)), "a text");
    }
  }
}

std::string Section::absolute(const ConfigNode& value) const { return join_path(value.source == nullptr ? "" : value.source->directory, value.text); }

void Section::file_path(std::string_view key, std::string& out) {
  const auto* value = scalar(key, "the path of a file");
  if (value == nullptr) return;
  if (value->text.empty()) return reading_.mistake(*value, fmt::format("\"{}\" is empty", key), "the path of a file");
  if (is_from_git(*value) && leaves_its_directory(value->text)) {
    return reading_.mistake(*value, fmt::format("{} may lie anywhere on this machine", describe(*value)), "in Git the path of a file in the main file's directory, without \"..\"");
  }
  out = absolute(*value);
}

/// Who may commit to the config's repository may not have this machine's secrets sent wherever the same text says.
bool Section::may_refer(const ConfigNode::Entry& reference) {
  if (!is_from_git(reference.key) && !is_from_git(reference.value)) return true;
  const auto& kind = reference.key.text;
  const auto& name = reference.value.text;
  const bool credential = kind == "credential" && name.starts_with(kGitCredentials) && name.find('/') == std::string::npos;
  const bool meant_for_git = credential || (kind == "env" && name.starts_with(kGitVariables));
  const bool of_main = reading_.main_references.contains(kind + " " + name);
  if (meant_for_git && !of_main) return true;
  reading_.mistake(reference.value, fmt::format("a config in Git may not refer to {{{}: {}}}{}", kind, ellipsize(without_control_characters(name), 60), meant_for_git ? ", which the main file uses" : ""),
                   fmt::format("{{env: {}...}} or {{credential: {}...}}", kGitVariables, kGitCredentials));
  return false;
}

bool Section::read_secret(const ConfigNode& value, SecretValue& out, SecretForm form) {
  const auto* only = value.kind == ConfigNode::Kind::Map && value.entries.size() == 1 ? &value.entries[0] : nullptr;
  if (only == nullptr || only->value.kind != ConfigNode::Kind::Scalar) {
    // The text itself is not repeated: it may be the secret.
    reading_.mistake(value, value.kind == ConfigNode::Kind::Scalar ? "a secret is never written here" : "not a reference to a secret", std::string(kSecretForms));
    return false;
  }
  const auto& kind = only->key.text;
  const auto& name = only->value.text;
  if (!may_refer(*only)) return false;
  std::string content;
  std::string what;
  if (kind == "env") {
    what = fmt::format("the environment variable {}", name);
    const auto found = reading_.environment.variable(name);
    if (!found) reading_.mistake(only->value, what + " is not set", "a secret in it");
    if (!found) return false;
    content = *found;
  } else if (kind == "file" || kind == "credential") {
    const auto directory = kind == "file" ? std::optional<std::string>{} : reading_.environment.variable("CREDENTIALS_DIRECTORY");
    if (kind == "credential" && !directory) {
      reading_.mistake(only->value, fmt::format("the credential {} can't be read: CREDENTIALS_DIRECTORY is not set", name),
                       "LoadCredential= in the systemd unit");
      return false;
    }
    out.file = kind == "file" ? absolute(only->value) : join_path(*directory, name);
    what = fmt::format("the {} {}", kind, kind == "file" ? out.file : name);
    const auto read = reading_.environment.read_file(out.file);
    if (!read) reading_.mistake(only->value, fmt::format("{} can't be read: {}", what, read.error().message), "a secret in it");
    if (!read) return false;
    content = *read;
  } else {
    reading_.mistake(only->key, fmt::format("unknown kind of secret \"{}\"", kind), std::string(kSecretForms));
    return false;
  }
  if (form == SecretForm::Token) content = std::string(trim(content));
  if (trim(content).empty()) reading_.mistake(only->value, what + " is empty", "a secret in it");
  const bool given = !trim(content).empty();
  reading_.secrets[&value] = content;
  out.value = Secret<std::string>(std::move(content));
  return given;
}

void Section::secret(std::string_view key, Secret<std::string>& out, SecretForm form) {
  const auto* value = find(key);
  SecretValue read;
  if (value != nullptr && read_secret(*value, read, form)) out = std::move(read.value);
}

void Section::secret_value(std::string_view key, std::optional<SecretValue>& out, SecretForm form) {
  const auto* value = find(key);
  SecretValue read;
  if (value != nullptr && read_secret(*value, read, form)) out = std::move(read);
}

void Section::wrong_word(const ConfigNode& value, const std::vector<std::string>& names) {
  const auto near = nearest(value.text, names);
  reading_.mistake(value, "unknown word " + describe(value), near ? fmt::format("\"{}\"", *near) : join(names, " | "));
}

void Section::checked(std::string_view key, std::string& out, const std::function<std::string(std::string_view)>& check, std::string_view expected) {
  const auto* value = scalar(key, expected);
  if (value == nullptr) return;
  out = value->text;
  if (const auto wrong = check(out); !wrong.empty()) reading_.mistake(*value, fmt::format("{} {}", describe(*value), wrong), std::string(expected));
}

void Section::named(std::string_view key, std::string& out, NameKind kind) {
  const auto* value = scalar(key, "a name");
  if (value == nullptr) return;
  out = value->text;
  reading_.uses.push_back({value, kind, out});
}

void Section::named_list(std::string_view key, std::vector<std::string>& out, NameKind kind) {
  texts(key, out);
  const auto* value = find(key);
  if (value == nullptr) return;
  for (const auto& item : value->items) {
    if (item.kind == ConfigNode::Kind::Scalar && !item.text.empty()) reading_.uses.push_back({&item, kind, item.text});
  }
}

void Section::each(std::string_view key, const std::function<void(Section&)>& read) {
  const auto* value = find(key);
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  if (value->kind != ConfigNode::Kind::List) return reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a list");
  for (std::size_t at = 0; at < value->items.size(); ++at) {
    const auto& item = value->items[at];
    const auto where = fmt::format("{}{}{}[{}]", where_, where_.empty() ? "" : ".", key, at);
    if (item.kind != ConfigNode::Kind::Map) {
      reading_.mistake(item, fmt::format("{} is {}", where, describe(item)), "a mapping");
      continue;
    }
    Section section{reading_, item, where};
    read(section);
    section.finish();
  }
}

void Section::inside(std::string_view key, const std::function<void(Section&)>& read) {
  const auto* value = find(key);
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  Section section{reading_, *value, fmt::format("{}{}{}", where_, where_.empty() ? "" : ".", key)};
  if (value->kind != ConfigNode::Kind::Map) return;
  read(section);
  section.finish();
}

void Section::entries(std::string_view key, const std::function<void(const ConfigNode& name, const ConfigNode& value)>& read) {
  const auto* value = find(key);
  if (value == nullptr || value->kind == ConfigNode::Kind::Null) return;
  if (value->kind != ConfigNode::Kind::Map) return reading_.mistake(*value, fmt::format("\"{}\" is {}", key, describe(*value)), "a mapping");
  for (const auto& entry : value->entries) read(entry.key, entry.value);
}

void Section::finish() {
  for (const auto& entry : node_.entries) {
    if (std::ranges::find(known_, entry.key.text) != known_.end()) continue;
    reading_.mistake(entry.key, fmt::format("unknown key {}", describe(entry.key)), expected_of(entry.key.text, known_));
  }
}

}  // namespace driftwarden
