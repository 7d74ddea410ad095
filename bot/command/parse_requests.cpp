// The words of the verbs that change an App: rollback, set-image, scale, set, promote, create-app, restart.
#include "bot/command/grammar.hpp"
#include "bot/command/rollback_target.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/value_path.hpp"
#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace driftwarden::grammar {
namespace {

constexpr int kMostReplicas = 10'000;
constexpr std::size_t kLongestName = 63;

bool has_digit(const std::string& word) {
  return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// "web", "Deployment/web", "apps/Deployment/web": nothing that could leave a name.
bool is_workload(const std::string& word) {
  const bool spelled = std::ranges::all_of(word, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '/'; });
  return spelled && !word.empty() && word.find("..") == std::string::npos && word.front() != '/' && word.back() != '/';
}

/// Where the path ends and its value begins: at the first `=` outside of brackets and quotes.
std::size_t find_assignment(std::string_view text) {
  int open = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      open += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
      if (text[i] == '=' && open <= 0) return i;
    }
  }
  return std::string_view::npos;
}

/// Where `because` stands as a word, outside of quotes and brackets: a value may hold the word itself.
std::size_t find_because(std::string_view text) {
  char quote = 0;
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || (c == '\'' && (i == 0 || text[i - 1] == '=' || text[i - 1] == ' '))) {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++open;
    } else if (c == ']' || c == '}') {
      --open;
    } else if (open <= 0 && (i == 0 || text[i - 1] == ' ')) {
      const auto end = std::min(text.find(' ', i), text.size());
      if (is_because(std::string(text.substr(i, end - i)))) return i;
    }
  }
  return std::string_view::npos;
}

/// What was typed, as JSON: a JSON text as it is, else what YAML makes of a plain scalar.
Result<std::string> value_from(std::string_view typed) {
  const auto text = trim(typed);
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    return nlohmann::json(std::string(text.substr(1, text.size() - 2))).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  if (!text.empty() && std::string_view("{[\"").find(text.front()) != std::string_view::npos) {
    const auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) return Error{ErrorKind::InvalidInput, fmt::format("{} is no complete JSON", ellipsize(text, 80))};
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const auto value = resolve_plain_scalar(text);
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return Error{ErrorKind::InvalidInput, fmt::format("{} is no value that JSON can hold", text)};
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string with_dot(std::string_view path) {
  const bool rooted = path.starts_with('.') || path.starts_with('[');
  return rooted ? std::string(path) : "." + std::string(path);
}

/// The word before the path, when it is one of its own: "Deployment/web", "values-prod.yaml". Takes it off `text`.
std::string take_target(std::string_view& text) {
  const auto space = text.find(' ');
  const auto first = text.substr(0, std::min(space, text.size()));
  const bool relative = first.starts_with("./") || first.starts_with("../");
  if (space == std::string_view::npos || (first.starts_with('.') && !relative) || first.starts_with('[') || find_assignment(first) != std::string_view::npos) return {};
  text = trim(text.substr(space));
  return std::string(first);
}

/// `to` and `from` of promote.
Trouble take_side(const VerbInfo& info, const Words& words, std::size_t& at, std::string& side, const Command& command) {
  if (at + 1 >= words.size() || !side.empty()) return too_much(info, words[at], command);
  side = words[at + 1];
  at += 2;
  return std::nullopt;
}

bool is_app_name(const std::string& name) {
  const bool spelled = std::ranges::all_of(name, [](unsigned char c) { return (std::isalnum(c) != 0 && std::isupper(c) == 0) || c == '-'; });
  return spelled && !name.empty() && name.size() <= kLongestName && name.front() != '-' && name.back() != '-';
}

/// One `key value` of create-app.
Trouble read_part(const VerbInfo& info, const std::string& key, const std::string& value, const GrammarContext& context, CreateAppRequest& request) {
  const std::vector<std::pair<std::string_view, std::string*>> texts{{"image", &request.image},         {"cluster", &request.cluster},       {"on", &request.cluster},
                                                                     {"namespace", &request.namespace_}, {"in", &request.namespace_},         {"repository", &request.repository},
                                                                     {"repo", &request.repository},      {"path", &request.path},             {"channel", &request.channel}};
  if (key == "like") {
    const auto app = find_app(value, context.apps);
    if (!app) return unknown_app(info, value, "", {});
    request.like = *app;
  } else if (key == "template") {
    if (!is_app_name(value)) return incomplete(info, fmt::format("\"{}\" is no template's name.", ellipsize(value, 60)), fmt::format("create-app {} template web-service", request.name));
    request.template_ = value;
  } else if (key == "port") {
    const auto port = whole_number(value);
    if (!port || *port == 0 || *port > 65'535) return incomplete(info, fmt::format("\"{}\" is no port.", ellipsize(value, 20)), fmt::format("create-app {} port 8080", request.name));
    request.port = *port;
  } else if (key == "owners" || key == "owner") {
    request.owners = split(value, ',');
  } else if (const auto found = std::ranges::find(texts, key, &std::pair<std::string_view, std::string*>::first); found != texts.end()) {
    *found->second = value;
  } else {
    Command understood;
    understood.verb = Verb::CreateApp;
    understood.intent = request;
    return too_much(info, key, understood);
  }
  return std::nullopt;
}

/// `name=value` and `name="two words"`, what a template asks for; takes them off.
Trouble take_parameters(const VerbInfo& info, Words& words, CreateAppRequest& request) {
  Words rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    if (i == 0 || equals == std::string::npos) {
      rest.push_back(words[i]);
      continue;
    }
    const auto name = words[i].substr(0, equals);
    auto value = words[i].substr(equals + 1);
    if (value.starts_with('"')) {
      while ((value.size() < 2 || !value.ends_with('"')) && i + 1 < words.size()) value += " " + words[++i];
      if (value.size() < 2 || !value.ends_with('"')) return incomplete(info, fmt::format("The quote of `{}` has no end.", ellipsize(name, 60)), "create-app my-app template web-service team=\"the shop\"");
      value = value.substr(1, value.size() - 2);
    }
    const bool spelled = !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
    if (!spelled) return incomplete(info, fmt::format("\"{}\" is no parameter's name.", ellipsize(name, 60)), "create-app my-app template web-service team=shop");
    request.parameters[name] = value;
  }
  words = std::move(rest);
  return std::nullopt;
}

}  // namespace

Trouble read_rollback(const Words& words, Command& command) {
  if (words.empty() || (words.size() == 1 && (words[0] == "--previous" || says(words[0], "previous")))) return std::nullopt;
  const bool undo = says(words[0], "undo") || words[0] == "--undo";
  const bool named = undo || says(words[0], "to") || words[0] == "--to";
  const auto target = rest_of(words, named ? 1 : 0);
  if (target.empty()) return NotUnderstood{"To which revision? `history " + command.app + "` lists them.", {"history " + command.app}};
  if (!rollback_target_from(target)) {
    return NotUnderstood{fmt::format("\"{}\" is neither a commit, a tag, a day nor `before PERSON's last`. `history {}` lists what there is.", ellipsize(target, 60), command.app),
                         {"history " + command.app}};
  }
  if (undo) {
    command.intent = RollbackRequest{target};
  } else {
    command.revision = target;
  }
  return std::nullopt;
}

Trouble read_set_image(const VerbInfo& info, const Words& words, Command& command) {
  const auto example = fmt::format("set-image {} NAME:TAG", command.app);
  command.intent = SetImageRequest{};
  if (words.empty()) return std::nullopt;  // which tag is asked then
  const auto to = std::ranges::find_if(words, [](const std::string& word) { return says(word, "to"); });
  auto name = words[0];
  std::string tag;
  if (to != words.end() && to + 1 != words.end() && to + 2 == words.end() && to - words.begin() <= 1) {
    tag = *(to + 1);
    if (to == words.begin()) name.clear();
  } else if (words.size() > 1) {
    return too_much(info, words[1], command);
  } else if (name.find_first_of(":@") == std::string::npos && has_digit(name)) {
    tag = std::exchange(name, "");
  }
  if (name.empty()) {
    // The only image of the App, in words that parse_image can check.
    auto only = parse_image("image:" + tag);
    if (!only) return incomplete(info, only.error().message + ".", example);
    command.intent = SetImageRequest{"", only->tag, only->digest};
    return std::nullopt;
  }
  if (tag.empty() && name.find_first_of(":@") == std::string::npos && parse_image(name + ":latest")) {
    command.intent = SetImageRequest{name, "", ""};
    return std::nullopt;
  }
  const auto whole = tag.empty() ? name : name + (tag.starts_with("sha256:") ? "@" : ":") + tag;
  auto image = parse_image(whole);
  if (!image) return incomplete(info, image.error().message + ".", example);
  command.intent = *image;
  return std::nullopt;
}

Trouble read_scale(const VerbInfo& info, const Words& words, Command& command) {
  Words rest;
  std::ranges::copy_if(words, std::back_inserter(rest), [](const std::string& word) { return !says(word, "to"); });
  if (rest.size() == 1 && rest[0].find('=') != std::string::npos) rest = split(rest[0], '=');
  const auto example = fmt::format("scale {} to 3", command.app);
  const auto number = rest.empty() ? std::nullopt : whole_number(rest.back());
  if (!number) return incomplete(info, "To how many replicas?", example);
  if (*number > kMostReplicas) return incomplete(info, fmt::format("{} replicas are more than {}: that looks like a slip.", *number, kMostReplicas), example);
  if (rest.size() > 2) return too_much(info, rest[1], command);
  if (rest.size() == 2 && !is_workload(rest[0])) return incomplete(info, fmt::format("\"{}\" is no workload's name.", ellipsize(rest[0], 60)), example);
  command.intent = ScaleRequest{rest.size() == 2 ? rest[0] : "", *number};
  return std::nullopt;
}

Trouble read_restart(const VerbInfo& info, const Words& words, Command& command) {
  for (const auto& word : words) {
    if (!is_workload(word)) return too_much(info, word, command);
  }
  command.intent = RestartRequest{words};
  return std::nullopt;
}

Trouble read_set(const VerbInfo& info, std::string_view text, bool removes, Command& command) {
  if (const auto because = find_because(text); because != std::string_view::npos) {
    const auto reason = text.substr(because);
    const auto space = reason.find(' ');
    if (space != std::string_view::npos) command.reason = std::string(trim(reason.substr(space)));
    text = trim(text.substr(0, because));
  }
  const auto example = fmt::format("{} {} Deployment/NAME .spec.minReadySeconds{}", removes ? "unset" : "set", command.app, removes ? "" : "=5");
  SetRequest request;
  request.target = take_target(text);
  if (request.target.find("..") != std::string::npos || request.target.starts_with('.') || request.target.starts_with('/')) return incomplete(info, "A target is an object or a file below the App's path.", example);
  const auto assignment = find_assignment(text);
  if (text.empty() || (assignment == std::string_view::npos) != removes || assignment == 0) return incomplete(info, removes ? "Which field?" : "Which field, and to what?", example);
  request.path = with_dot(trim(text.substr(0, assignment)));
  if (const auto steps = parse_value_path(request.path); !steps) return incomplete(info, fmt::format("{}.", steps.error().message), example);
  if (!removes) {
    auto value = value_from(text.substr(assignment + 1));
    if (!value) return incomplete(info, value.error().message + ".", example);
    request.value = std::move(*value);
  }
  command.intent = std::move(request);
  return std::nullopt;
}

Trouble read_promote(const VerbInfo& info, const Words& words, Command& command) {
  std::size_t at = 0;
  while (at < words.size()) {
    if (says(words[at], "from")) {
      if (auto trouble = take_side(info, words, at, command.from, command)) return trouble;
    } else if (says(words[at], "to")) {
      if (auto trouble = take_side(info, words, at, command.to, command)) return trouble;
    } else {
      return too_much(info, words[at], command);
    }
  }
  return std::nullopt;
}

Trouble read_move(const VerbInfo& info, const Words& words, Command& command) {
  MoveRequest request;
  std::size_t at = 0;
  while (at < words.size()) {
    if (says(words[at], "to")) {
      if (auto trouble = take_side(info, words, at, request.cluster, command)) return trouble;
    } else if (says(words[at], "namespace") || says(words[at], "in")) {
      if (auto trouble = take_side(info, words, at, request.namespace_, command)) return trouble;
    } else if (at == 0 && request.cluster.empty()) {
      request.cluster = words[at++];
    } else {
      return too_much(info, words[at], command);
    }
  }
  if (request.cluster.empty()) return incomplete(info, "To which cluster?", fmt::format("move {} to CLUSTER", command.app));
  command.intent = std::move(request);
  return std::nullopt;
}

Trouble read_pin_image(const VerbInfo& info, const Words& words, Command& command) {
  if (words.size() > 1) return too_much(info, words[1], command);
  SetImageRequest request;
  if (!words.empty()) {
    auto image = parse_image(words[0].find_first_of(":@") == std::string::npos ? words[0] + ":latest" : words[0]);
    if (!image) return incomplete(info, image.error().message + ".", fmt::format("pin-image {} NAME", command.app));
    request.image = image->image;
    if (words[0].find_first_of(":@") != std::string::npos) request.tag = image->tag;
  }
  command.intent = std::move(request);
  return std::nullopt;
}

Parsed parse_create_app(const VerbInfo& info, Words words, const GrammarContext& context) {
  Command command;
  command.verb = info.verb;
  command.reason = take_reason(words);
  CreateAppRequest request;
  if (auto trouble = take_parameters(info, words, request)) return *trouble;
  std::size_t at = 1;
  if (at < words.size() && words.size() % 2 == 0) request.name = words[at++];
  if (!request.name.empty() && !is_app_name(request.name)) {
    return incomplete(info, fmt::format("\"{}\" is no name of an App: lower-case letters, digits and `-`, at most {}.", ellipsize(request.name, 60), kLongestName), "create-app my-app");
  }
  if (std::ranges::find(context.apps, request.name) != context.apps.end()) return NotUnderstood{fmt::format("There is an App \"{}\" already.", request.name), {"status " + request.name}};
  for (; at + 1 < words.size(); at += 2) {
    if (auto trouble = read_part(info, to_lower(words[at]), words[at + 1], context, request)) return *trouble;
  }
  command.intent = std::move(request);
  return command;
}

}  // namespace driftwarden::grammar
