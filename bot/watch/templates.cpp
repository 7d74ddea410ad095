#include "bot/watch/templates.hpp"

#include "bot/config/section.hpp"
#include "bot/config/syntax.hpp"
#include "bot/watch/template_fill.hpp"
#include "bot/watch/template_pattern.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace driftwarden {
namespace {

using templating::own_words;

constexpr const char* kDirectory = ".driftwarden/templates";
constexpr const char* kFile = "template.yaml";
constexpr std::size_t kMostTemplates = 100;
constexpr std::size_t kMostFiles = 100;
constexpr std::size_t kMostBytes = 1U << 20U;
constexpr std::size_t kMostParameters = 15;
constexpr std::size_t kLongestValue = 200;

/// A file in Git refers to nothing on this machine.
class NoEnvironment final : public Environment {
 public:
  std::optional<std::string> variable(const std::string&) const override { return std::nullopt; }
  Result<std::string> read_file(const std::string& path) const override { return Error{ErrorKind::NotFound, path}; }
  std::vector<std::string> list_files(const std::string&) const override { return {}; }
  std::string absolute(const std::string& path) const override { return path; }
};

bool is_own(const std::string& word) { return std::ranges::find(own_words(), word) != own_words().end(); }
/// What a parameter may say more about.
bool is_refinable(const std::string& word) { return word == "image" || word == "port"; }

std::string check_parameter_name(std::string_view name) {
  const bool spelled = !name.empty() && name.size() <= 40 && name.front() >= 'a' && name.front() <= 'z' &&
                       std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '-'; });
  return spelled ? "" : "isn't a parameter's name";
}

/// The code point that begins there, with its length; nothing where the bytes are no UTF-8.
std::optional<std::pair<std::uint32_t, std::size_t>> code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return std::nullopt;
  std::uint32_t code = length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return std::nullopt;
    code = (code << 6U) | (next & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return std::nullopt;
  return std::pair{code, length};
}

/// What YAML reads as the end of a line, or not at all, and what shows people another order of letters than there is.
std::string_view trouble_with_character(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return "a control character";
  if (code == 0x2028 || code == 0x2029) return "a line separator";
  if (code == 0xfeff || (code & 0xfffeU) == 0xfffeU) return "a mark that is no letter";
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return "a mark that turns the writing around";
  return {};
}

/// Nothing that could end a scalar, a line or a quote, whatever file it stands in.
std::string check_value(const std::string& value) {
  if (value.size() > kLongestValue) return fmt::format("longer than {} characters", kLongestValue);
  for (std::string_view rest = value; !rest.empty();) {
    const auto code = code_point(rest);
    if (!code) return "a byte that isn't UTF-8";
    if (const auto why = trouble_with_character(code->first); !why.empty()) return std::string(why);
    if (std::string_view("\"'`\\").find(rest.front()) != std::string_view::npos) return fmt::format("the character {}", rest.front());
    rest.remove_prefix(code->second);
  }
  if (value.find("{{") != std::string::npos || value.find("}}") != std::string::npos) return "double braces";
  return {};
}

void read_parameter(Section& section, AppTemplate& made) {
  TemplateParameter parameter;
  section.checked("name", parameter.name, check_parameter_name, "lower-case letters, digits, \"_\" and \"-\", beginning with a letter");
  if (!section.has("name")) section.missing("name", "what stands between the braces");
  section.text("title", parameter.title);
  section.text("hint", parameter.hint);
  section.text("default", parameter.default_);
  section.text("pattern", parameter.pattern);
  section.texts("choices", parameter.choices);
  section.flag("required", parameter.required);
  auto& reading = section.reading();
  if (is_own(parameter.name) && !is_refinable(parameter.name)) reading.mistake(section.place("name"), fmt::format("{{{{{}}}}} is known to every template", parameter.name), "another name");
  if (std::ranges::find(made.parameters, parameter.name, &TemplateParameter::name) != made.parameters.end()) {
    reading.mistake(section.place("name"), fmt::format("\"{}\" is there already", parameter.name), "another name");
  }
  if (const auto pattern = TemplatePattern::parse(parameter.pattern); !pattern) {
    reading.mistake(section.place("pattern"), pattern.error().message, "a regular expression such as [a-z0-9-]+");
    parameter.pattern.clear();
  }
  for (const auto& choice : parameter.choices) {
    if (const auto why = trouble_with(parameter, choice); !why.empty()) reading.mistake(section.place("choices"), fmt::format("\"{}\": {}", choice, why), "choices that will do");
  }
  if (!parameter.default_.empty()) {
    if (const auto why = trouble_with(parameter, parameter.default_); !why.empty()) reading.mistake(section.place("default"), fmt::format("\"{}\": {}", parameter.default_, why), "a default that will do");
  }
  if (parameter.title.empty()) parameter.title = parameter.name;
  made.parameters.push_back(std::move(parameter));
}

std::vector<std::string> known_words(const AppTemplate& made) {
  auto words = own_words();
  for (const auto& parameter : made.parameters) words.push_back(parameter.name);
  return words;
}

bool is_verbatim(const AppTemplate& made, const std::string& path) {
  return std::ranges::any_of(made.verbatim, [&](const std::string& pattern) { return glob_match(pattern, path); });
}

/// Every placeholder of the text is known; notes it as used.
Result<void> check_words(std::string_view text, const std::string& where, int first_line, const std::vector<std::string>& known, std::set<std::string>& used) {
  auto places = templating::places_in(text, where);
  if (!places) return places.error();
  for (const auto& place : *places) {
    if (std::ranges::find(known, place.word) == known.end()) {
      return Error{ErrorKind::InvalidInput, fmt::format("{}:{}: unknown placeholder {{{{{}}}}}, expected {}", where, first_line - 1 + place.line, place.word, expected_of(place.word, known))};
    }
    used.insert(place.word);
  }
  return Result<void>{};
}

/// What stands in template.yaml, with the lines of its texts for check_words.
struct Described {
  AppTemplate made;
  std::vector<std::pair<std::string, int>> texts;
};

Result<Described> describe_template(const std::string& name, const std::string& text, const std::string& where) {
  const NoEnvironment nothing;
  const ConfigSource source{where, "", 0};
  ConfigReading reading{nothing, {}, {}, {}};
  const auto tree = parse_yaml_tree(text, source, reading.mistakes);
  Described described;
  auto& made = described.made;
  made.name = name;
  if (reading.mistakes.empty()) {
    Section section(reading, tree, "the template");
    section.required("title", made.title);
    section.text("description", made.description);
    section.text("path", made.path);
    section.text("namespace", made.namespace_);
    section.text("cluster", made.cluster);
    section.text("channel", made.channel);
    section.texts("verbatim", made.verbatim);
    section.each("parameters", [&](Section& parameter) { read_parameter(parameter, made); });
    if (made.parameters.size() > kMostParameters) reading.mistake(section.place("parameters"), fmt::format("{} parameters", made.parameters.size()), fmt::format("at most {}", kMostParameters));
    section.finish();
    for (const char* key : {"path", "namespace", "channel"}) described.texts.emplace_back(section.has(key) ? section.find(key)->text : "", section.place(key).line);
  }
  if (!reading.mistakes.empty()) return Error{ErrorKind::InvalidInput, to_string(reading.mistakes.front())};
  return described;
}

/// A parameter that nothing says is a slip of the pen.
Result<void> check_all_used(const AppTemplate& made, const std::string& where) {
  for (const auto& parameter : made.parameters) {
    if (!made.uses(parameter.name)) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: the parameter {} stands nowhere, expected {{{{{}}}}} in a file", where, parameter.name, parameter.name)};
  }
  return Result<void>{};
}

std::string value_of(const TemplateInputs& inputs, const std::string& word) {
  if (word == "name") return inputs.name;
  if (word == "namespace") return inputs.namespace_;
  if (word == "cluster") return inputs.cluster;
  if (word == "environment") return inputs.environment;
  if (word == "image") return inputs.image;
  if (word == "port") return inputs.port;
  return word == "channel" ? inputs.channel : "";
}

/// A value that is said in so many words, or the parameter's own.
Result<std::string> value_for(const TemplateParameter& parameter, const std::string& said) {
  const auto& value = said.empty() ? parameter.default_ : said;
  if (value.empty() && parameter.required) return Error{ErrorKind::InvalidInput, fmt::format("{} is needed", parameter.name)};
  if (value.empty()) return std::string();
  if (const auto why = trouble_with(parameter, value); !why.empty()) return Error{ErrorKind::InvalidInput, fmt::format("{}: {}", parameter.name, why)};
  return value;
}

}  // namespace

std::string template_directory(const std::string& name) { return fmt::format("{}/{}", kDirectory, name); }

std::string trouble_with(const TemplateParameter& parameter, const std::string& value) {
  if (value.empty()) return parameter.required ? "it is needed" : "";
  const auto shown = ellipsize(without_control_characters(value), 60);
  if (const auto why = check_value(value); !why.empty()) return fmt::format("\"{}\" has {}, which a value can't have", shown, why);
  if (!parameter.choices.empty() && std::ranges::find(parameter.choices, value) == parameter.choices.end()) {
    return fmt::format("\"{}\" is none of {}", shown, ellipsize(join(parameter.choices, ", "), 200));
  }
  const auto pattern = TemplatePattern::parse(parameter.pattern);
  if (!parameter.pattern.empty() && pattern && !pattern->matches(value)) return fmt::format("\"{}\" isn't of the form {}", shown, parameter.pattern);
  return {};
}

Result<AppTemplate> parse_template(const std::string& name, const std::vector<TreeEntry>& files) {
  const auto directory = template_directory(name) + "/";
  const auto where = directory + kFile;
  const auto file = std::ranges::find(files, kFile, &TreeEntry::path);
  if (!is_plain_name(name)) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: \"{}\" isn't a name, expected letters, digits and \"-\"", where, name)};
  if (file == files.end()) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: there is no such file, expected one with a title", where)};
  TRY(auto described, describe_template(name, file->content, where));
  auto& made = described.made;
  const auto known = known_words(made);
  for (const auto& [text, line] : described.texts) CHECK_OK(check_words(text, where, line, known, made.used));
  std::size_t bytes = 0;
  for (const auto& one : files) {
    if (one.path == kFile) continue;
    bytes += one.content.size();
    if (made.files.size() == kMostFiles || bytes > kMostBytes) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: more than {} files or 1 MiB, expected less", where, kMostFiles)};
    CHECK_OK(check_words(one.path, directory + one.path, 1, known, made.used));
    if (!is_verbatim(made, one.path)) CHECK_OK(check_words(one.content, directory + one.path, 1, known, made.used));
    made.files.push_back(one);
  }
  if (made.files.empty()) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: no files beside it, expected the manifests of an App", where)};
  CHECK_OK(check_all_used(made, where));
  return std::move(made);
}

Result<TemplateList> read_templates(Mirror& mirror, const std::string& head) {
  TemplateList list;
  const auto files = mirror.read_tree(head, kDirectory);
  if (!files && files.error().kind == ErrorKind::NotFound) return list;
  if (!files) return files.error();
  std::map<std::string, std::vector<TreeEntry>> by_name;
  for (const auto& file : *files) {
    const auto slash = file.path.find('/');
    if (slash != std::string::npos) by_name[file.path.substr(0, slash)].push_back({file.path.substr(slash + 1), file.content});
  }
  for (const auto& [name, own] : by_name) {
    if (list.templates.size() == kMostTemplates) break;
    auto made = parse_template(name, own);
    if (made) {
      list.templates.push_back(std::move(*made));
    } else {
      list.warnings.push_back(made.error().message);
    }
  }
  return list;
}

Result<AppTemplate> read_template(Mirror& mirror, const std::string& head, const std::string& name) {
  const auto files = is_plain_name(name) ? mirror.read_tree(head, template_directory(name)) : Result<std::vector<TreeEntry>>(Error{ErrorKind::NotFound, name});
  if (files) return parse_template(name, *files);
  if (files.error().kind != ErrorKind::NotFound) return files.error();
  TRY(const auto list, read_templates(mirror, head));
  std::vector<std::string> names;
  for (const auto& one : list.templates) names.push_back(one.name);
  const auto shown = ellipsize(without_control_characters(name), 60);
  if (names.empty()) return Error{ErrorKind::NotFound, fmt::format("there is no template \"{}\": {} has none", shown, kDirectory)};
  const auto near = nearest(name, names);
  return Error{ErrorKind::NotFound, fmt::format("there is no template \"{}\": {}", shown, near ? fmt::format("did you mean {}?", *near) : "I know " + ellipsize(join(names, ", "), 300))};
}

Result<std::map<std::string, std::string>> template_values(const AppTemplate& from, const TemplateInputs& inputs) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : inputs.parameters) {
    const bool known = std::ranges::any_of(from.parameters, [&](const TemplateParameter& one) { return one.name == name && !is_own(name); });
    if (known) continue;
    std::vector<std::string> names;
    for (const auto& parameter : from.parameters) names.push_back(parameter.name);
    return Error{ErrorKind::InvalidInput, fmt::format("the template {} has no parameter \"{}\", expected {}", from.name, ellipsize(name, 40), expected_of(name, names))};
  }
  for (const auto& word : own_words()) {
    auto value = value_of(inputs, word);
    if (const auto why = check_value(value); !why.empty()) return Error{ErrorKind::InvalidInput, fmt::format("{}: it has {}, which a value can't have", word, why)};
    values[word] = std::move(value);
  }
  for (const auto& parameter : from.parameters) {
    const auto given = inputs.parameters.find(parameter.name);
    const auto said = is_own(parameter.name) ? values[parameter.name] : given == inputs.parameters.end() ? "" : given->second;
    TRY(values[parameter.name], value_for(parameter, said));
  }
  for (const auto& word : own_words()) {
    if (from.uses(word) && values[word].empty()) return Error{ErrorKind::InvalidInput, fmt::format("the template {} needs {} {}", from.name, word == "image" || word == "environment" ? "an" : "a", word)};
  }
  return values;
}

Result<std::string> fill_words(const std::string& text, const std::map<std::string, std::string>& values) {
  return templating::filled(text, values, kFile, false, [](const std::string&) { return true; });
}

Result<std::vector<FileEdit>> fill_template(const AppTemplate& from, const std::map<std::string, std::string>& values, const std::string& path) {
  const auto stays_text = [](const std::string& word) { return is_own(word) && word != "port"; };
  std::vector<FileEdit> files;
  std::set<std::string> paths;
  for (const auto& file : from.files) {
    const auto where = template_directory(from.name) + "/" + file.path;
    TRY(const auto name, templating::filled(file.path, values, where, false, stays_text));
    const auto whole = path.empty() ? name : path + "/" + name;
    if (!paths.insert(whole).second) return Error{ErrorKind::InvalidInput, fmt::format("{}:1: two files of the template become {}", where, whole)};
    if (is_verbatim(from, file.path)) {
      files.push_back({whole, file.content});
      continue;
    }
    TRY(auto content, templating::filled(file.content, values, where, templating::is_yaml(file.path), stays_text));
    files.push_back({whole, std::move(content)});
  }
  return files;
}

}  // namespace driftwarden
