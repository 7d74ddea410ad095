// create-app: in one sentence, or by a form.
#include "bot/config/policy.hpp"
#include "bot/config/teams.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"
#include "bot/view/modals.hpp"
#include "bot/watch/templates.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kTemplatesDescribed = 20;
constexpr std::size_t kMostOptions = 100;
constexpr std::size_t kClusterButtons = 3;
constexpr std::size_t kWarningsShown = 3;

struct AppTemplateIn {
  std::string repository;
  AppTemplate template_;
};

/// Where the new App's files go: beside the pattern's, with its name replaced.
std::string path_beside(const App& like, const std::string& name) {
  auto parts = split(like.path, '/');
  bool replaced = false;
  for (auto& part : parts) {
    if (part != like.name) continue;
    part = name;
    replaced = true;
  }
  if (!replaced && !parts.empty()) parts.back() = name;
  return join(parts, "/");
}

bool is_safe_path(const std::string& path) {
  const auto parts = split(path, '/');
  return std::ranges::none_of(parts, [](const std::string& part) { return part.empty() || part == "." || part == ".." || part == ".git" || part.find_first_of("\\\n\r\t\"'`*?$ ") != std::string::npos; });
}

/// What is left open is as in the pattern, or the only one there is.
void complete(const Services& services, CreateAppRequest& request) {
  const auto fill = [](std::string& value, const std::string& from) {
    if (value.empty()) value = from;
  };
  if (const auto* like = services.fleet.app(request.like)) {
    fill(request.repository, like->repository);
    fill(request.cluster, like->cluster);
    fill(request.namespace_, like->namespace_);
    fill(request.channel, like->channel);
    fill(request.path, path_beside(*like, request.name));
  }
  if (services.config.repositories.size() == 1) fill(request.repository, services.config.repositories.front().name);
  if (services.config.clusters.size() == 1) fill(request.cluster, services.config.clusters.front().name);
  fill(request.path, "apps/" + request.name);
  fill(request.namespace_, request.name);
}

std::string names_of_clusters(const Services& services) {
  std::vector<std::string> names;
  for (const auto& cluster : services.config.clusters) names.push_back(cluster.name);
  return join(names, ", ");
}

/// Why it can't be made, "" when it can.
std::string trouble_with(const Services& services, const Call& call, const CreateAppRequest& request) {
  if (services.fleet.app(request.name) != nullptr) return fmt::format("There is an App {} already.", request.name);
  if (!request.like.empty() && services.fleet.app(request.like) == nullptr) return fmt::format("There is no App {} to take as a pattern.", request.like);
  if (!request.like.empty() && !is_rendered(*services.fleet.app(request.like))) return fmt::format("{} has no manifests of its own: it is no pattern.", request.like);
  if (request.template_.empty() && !request.parameters.empty()) return fmt::format("{} is for a template: say `template NAME`, too.", request.parameters.begin()->first);
  if (request.template_.empty() && request.like.empty() && request.image.empty()) return fmt::format("Which image? Or `create-app {} like APP`, or `template NAME`.", request.name);
  if (find_cluster(services.config, request.cluster) == nullptr) return fmt::format("Which cluster? I know {}.", names_of_clusters(services));
  if (find_repository(services.config, request.repository) == nullptr) return "Into which repository? Say it with `repository NAME`.";
  if (!is_safe_path(request.path)) return fmt::format("\"{}\" is no path inside a repository.", ellipsize(request.path, 80));
  for (const auto& app : services.fleet.apps()) {
    if (app.repository != request.repository || app.path.empty()) continue;
    if ((app.path + "/").starts_with(request.path + "/") || (request.path + "/").starts_with(app.path + "/")) {
      if (!is_visible(services.config, caller_id(call), app)) return fmt::format("Another App lives in {}: say another path.", request.path);
      return fmt::format("{} is where {} lives: say another path.", request.path, app.name);
    }
  }
  if (!request.image.empty()) {
    if (const auto image = parse_image(std::string(request.image)); !image) return image.error().message + ".";
  }
  return {};
}

std::vector<std::string> names_of_repositories(const Services& services) {
  std::vector<std::string> names;
  for (const auto& repository : services.config.repositories) names.push_back(repository.name);
  return names;
}

struct FoundTemplates {
  std::vector<AppTemplateIn> templates;
  std::vector<std::string> warnings;
};

asio::awaitable<Result<TemplateList>> templates_in(Services& services, std::string repository) {
  std::function<Result<TemplateList>(Mirror&)> read = [](Mirror& mirror) -> Result<TemplateList> {
    TRY(const auto head, mirror.head());
    return read_templates(mirror, head);
  };
  auto reading = services.fleet.repository(repository).with_mirror<TemplateList>(std::move(read));
  co_return co_await std::move(reading);
}

/// Of all repositories, or of one. What can't be read now is a warning.
asio::awaitable<FoundTemplates> find_templates(Services& services, std::string repository) {
  FoundTemplates found;
  for (const auto& name : names_of_repositories(services)) {
    if (!repository.empty() && name != repository) continue;
    auto reading = templates_in(services, name);
    auto list = co_await std::move(reading);
    if (!list) {
      if (list.error().kind != ErrorKind::NotFound) found.warnings.push_back(fmt::format("{}: {}", name, list.error().message));
      continue;
    }
    for (auto& one : list->templates) found.templates.push_back({name, std::move(one)});
    for (auto& warning : list->warnings) found.warnings.push_back(fmt::format("{}: {}", name, warning));
  }
  co_return found;
}

TemplateInputs inputs_for(const Services& services, const CreateAppRequest& request) {
  App made;
  made.name = request.name;
  made.namespace_ = request.namespace_;
  made.cluster = request.cluster;
  made.channel = request.channel;
  if (const auto* cluster = find_cluster(services.config, request.cluster)) made.environment = cluster->environment;
  return inputs_of(request, made);
}

std::string said_of(const CreateAppRequest& request, const std::string& parameter) {
  if (parameter == "image") return request.image;
  if (parameter == "port") return request.port == 0 ? "" : std::to_string(request.port);
  const auto found = request.parameters.find(parameter);
  return found == request.parameters.end() ? "" : found->second;
}

/// What the request left out, as the template proposes it. A proposal that needs a word which isn't known yet is none.
void complete_from(const Services& services, const AppTemplateIn& from, CreateAppRequest& request) {
  const auto fill = [&](std::string& value, const std::string& proposal) {
    if (!value.empty() || proposal.empty() || (request.name.empty() && proposal.find("{{") != std::string::npos)) return;
    const auto inputs = inputs_for(services, request);
    std::map<std::string, std::string> words{{"name", inputs.name},   {"namespace", inputs.namespace_}, {"cluster", inputs.cluster}, {"environment", inputs.environment},
                                             {"image", inputs.image}, {"port", inputs.port},            {"channel", inputs.channel}};
    for (const auto& parameter : from.template_.parameters) {
      const auto said = said_of(request, parameter.name);
      words[parameter.name] = said.empty() ? parameter.default_ : said;
    }
    if (auto filled = fill_words(proposal, words)) value = *filled;
  };
  if (request.repository.empty()) request.repository = from.repository;
  fill(request.cluster, from.template_.cluster);
  fill(request.namespace_, from.template_.namespace_);
  fill(request.channel, from.template_.channel);
  if (!request.name.empty()) fill(request.path, from.template_.path);
}

/// What it wants to know: its parameters, and the image and port that it uses.
std::vector<TemplateParameter> questions_of(const AppTemplate& from) {
  auto questions = from.parameters;
  const auto has = [&](const char* name) { return std::ranges::find(questions, name, &TemplateParameter::name) != questions.end(); };
  for (const auto& [name, title] : std::vector<std::pair<const char*, const char*>>{{"port", "Port"}, {"image", "Image"}}) {
    if (!from.uses(name)) continue;
    TemplateParameter question;
    question.name = name;
    question.title = title;
    question.required = true;
    if (!has(name)) questions.insert(questions.begin(), question);
  }
  return questions;
}

/// "tier (frontend or backend)", of what is needed and nobody said.
std::vector<std::string> open_questions(const AppTemplate& from, const CreateAppRequest& request) {
  std::vector<std::string> open;
  for (const auto& question : questions_of(from)) {
    if (!question.required || !question.default_.empty() || !said_of(request, question.name).empty()) continue;
    open.push_back(question.choices.empty() ? question.name : fmt::format("{} ({})", question.name, ellipsize(join(question.choices, " or "), 80)));
  }
  return open;
}

view::CreateAppForm empty_form(const Services& services, const Call& call, const CreateAppRequest& request) {
  view::CreateAppForm form;
  form.apps = visible_apps(services, call);
  for (const auto& cluster : services.config.clusters) form.clusters.push_back(cluster.name);
  form.repositories = names_of_repositories(services);
  form.channel = call.request.channel;
  form.thread_ts = call.request.thread_ts;
  form.values = {{"name", request.name},           {"like", request.like},          {"image", request.image}, {"port", request.port == 0 ? "" : std::to_string(request.port)},
                 {"cluster", request.cluster},     {"namespace", request.namespace_}, {"path", request.path},   {"channel", request.channel},
                 {"repository", request.repository}, {"reason", call.command.reason}};
  return form;
}

asio::awaitable<Result<Answer>> ask_by_form(Services& services, Call call) {
  auto request = std::get<CreateAppRequest>(call.command.intent);
  if (const auto* like = services.fleet.app(request.like)) {
    if (request.cluster.empty()) request.cluster = like->cluster;
    if (request.namespace_.empty()) request.namespace_ = like->namespace_;
    if (request.channel.empty()) request.channel = like->channel;
  }
  auto view = view::create_app_modal(empty_form(services, call, request));
  auto command = to_text(call.command);
  co_return co_await open_modal(services, std::move(call), std::move(view), "New App", std::move(command), "A new App needs a few words: `create-app NAME like APP`, or fill in the form.");
}

asio::awaitable<Result<Answer>> ask_by_template(Services& services, Call call, AppTemplateIn from) {
  auto request = std::get<CreateAppRequest>(call.command.intent);
  const auto missing = open_questions(from.template_, request);
  complete_from(services, from, request);
  auto form = empty_form(services, call, request);
  form.template_ = from.template_.name;
  for (const auto& question : questions_of(from.template_)) {
    const auto said = said_of(request, question.name);
    form.fields.push_back({question.name, question.title, question.hint, said.empty() ? question.default_ : said, question.pattern, question.choices, question.required});
  }
  auto view = view::create_app_modal(form);
  auto command = to_text(call.command);
  auto words = fmt::format("*{}* {}: say it after `create-app NAME template {}`, as in `tier=backend`, or fill in the form.", slack::escape(from.template_.name),
                           missing.empty() ? "needs a name" : "needs " + slack::escape(join(missing, ", ")), slack::escape(from.template_.name));
  co_return co_await open_modal(services, std::move(call), std::move(view), "Fill in", std::move(command), std::move(words));
}

/// From what? A menu of the templates, one of the Apps, and a button for those who need neither.
Answer ask_from_what(const Services& services, const Call& call, const FoundTemplates& found) {
  const bool several = services.config.repositories.size() > 1;
  view::Blocks blocks;
  std::string lines = "*A new App: from what?*";
  std::vector<view::Option> templates;
  for (const auto& [repository, one] : found.templates) {
    if (templates.size() < kTemplatesDescribed) {
      lines += fmt::format("\n\u2022 {} {}{}", view::code_span(one.name), slack::escape(one.title), one.description.empty() ? "" : ": " + slack::escape(ellipsize(one.description, 200)));
    }
    templates.push_back({fmt::format("{}: {}", one.name, one.title), fmt::format("create-app template {}{}", one.name, several ? " repository " + repository : "")});
  }
  blocks.section(lines);
  blocks.select("A template", templates);
  std::vector<view::Option> patterns;
  for (const auto& app : visible_apps(services, call)) {
    if (is_rendered(app) && !app.repository.empty()) patterns.push_back({"like " + app.name, "create-app like " + app.name});
  }
  if (patterns.size() <= kMostOptions) {
    blocks.select("Like another App", patterns);
  } else {
    blocks.app_picker("Like another App", "create-app like");
  }
  std::vector<view::Button> plain;
  for (const auto& cluster : services.config.clusters) {
    if (plain.size() < kClusterButtons) plain.push_back({"Plain Deployment on " + cluster.name, "create-app on " + cluster.name, view::Button::Style::Plain, ""});
  }
  blocks.actions(plain);
  std::vector<std::string> notes;
  for (const auto& warning : found.warnings) {
    if (notes.size() < kWarningsShown) notes.push_back(":warning: " + slack::escape(ellipsize(warning, 300)));
  }
  blocks.context(notes);
  return say(view::message_of(blocks, lines + "\nSay `create-app NAME template TEMPLATE`, `create-app NAME like APP` or `create-app NAME image IMAGE`."));
}

const AppTemplateIn* find_template(const FoundTemplates& found, const std::string& name) {
  const auto one = std::ranges::find_if(found.templates, [&](const AppTemplateIn& candidate) { return candidate.template_.name == name; });
  return one == found.templates.end() ? nullptr : &*one;
}

Answer no_such_template(const FoundTemplates& found, const std::string& name) {
  // It is there and broken: say where.
  for (const auto& warning : found.warnings) {
    if (warning.find(template_directory(name) + "/") != std::string::npos) return say(":warning: " + slack::escape(warning));
  }
  std::vector<std::string> names;
  for (const auto& one : found.templates) names.push_back(one.template_.name);
  const auto near = nearest(name, names);
  const auto known = names.empty() ? std::string("there are none: they are kept in `.driftwarden/templates/NAME/template.yaml`") : "I know " + slack::escape(ellipsize(join(names, ", "), 300));
  return say(fmt::format(":information_source: There is no template {}: {}.", view::code_span(name), near ? "did you mean " + view::code_span(*near) + "?" : known));
}

/// The template that the request names, what it leaves out taken from it; or what to say instead.
struct Templated {
  std::optional<AppTemplateIn> from;
  std::optional<Answer> instead;
};

Templated take_template(const Services& services, const FoundTemplates& found, CreateAppRequest& request) {
  if (!request.like.empty()) return {std::nullopt, say("Either a template or an App to make it like, not both.")};
  const auto* from = find_template(found, request.template_);
  if (from == nullptr) return {std::nullopt, no_such_template(found, request.template_)};
  const auto several = std::ranges::count_if(found.templates, [&](const AppTemplateIn& one) { return one.template_.name == request.template_; });
  if (several > 1) return {std::nullopt, say(fmt::format("{} repositories have a template {}: say which one with `repository NAME`.", several, view::code_span(request.template_)))};
  complete_from(services, *from, request);
  return {*from, std::nullopt};
}

}  // namespace

asio::awaitable<Result<Answer>> handle_create_app(Services& services, Call call) {
  auto request = std::get<CreateAppRequest>(call.command.intent);
  const bool asks_all = request.name.empty() && request.like.empty() && request.cluster.empty();
  std::optional<AppTemplateIn> from;
  if (!request.template_.empty() || asks_all) {
    auto finding = find_templates(services, request.repository);
    const auto found = co_await std::move(finding);
    if (request.template_.empty() && !found.templates.empty()) co_return ask_from_what(services, call, found);
    if (!request.template_.empty()) {
      auto taken = take_template(services, found, request);
      if (taken.instead) co_return std::move(*taken.instead);
      from = std::move(taken.from);
    }
  }
  if (from && (request.name.empty() || !open_questions(from->template_, request).empty())) {
    auto asking = ask_by_template(services, std::move(call), std::move(*from));
    co_return co_await std::move(asking);
  }
  if (request.name.empty()) {
    auto asking = ask_by_form(services, std::move(call));
    co_return co_await std::move(asking);
  }
  call.command.app = request.name;
  // Copying its files shows them.
  if (const auto* like = services.fleet.app(request.like)) {
    const auto readable = may(services.config, caller_id(call), "diff", *like);
    if (!readable.allowed) co_return refuse(services, call, fmt::format("You may not diff {}, so it is no pattern for you: {}.", like->name, readable.rule), readable.rule);
  }
  complete(services, request);
  if (from) {
    const auto values = template_values(from->template_, inputs_for(services, request));
    if (!values) co_return say(":information_source: " + slack::escape(values.error().message) + ".");
  }
  Change draft;
  draft.app = request.name;
  draft.verb = ChangeVerb::CreateApp;
  draft.argument = to_json_text(request);
  if (const auto why = trouble_with(services, call, request); !why.empty()) co_return say(":information_source: " + slack::escape(why));
  const auto app = app_of_change(services, draft);
  if (!app) co_return say("The App's cluster is not configured.");
  if (auto refusal = check_policy(services, call, *app)) co_return *refusal;
  co_return request_change(services, call, *app, ChangeVerb::CreateApp, "", draft.argument);
}

}  // namespace driftwarden
