// The questions of `driftwarden init`, one line each.
#include "bot/config/syntax.hpp"
#include "bot/setup/clean_url.hpp"
#include "bot/setup/init.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <istream>
#include <map>
#include <ostream>

namespace driftwarden {
namespace {

using Check = std::function<std::string(std::string_view)>;  ///< "" for a good answer, else what is wrong

constexpr std::size_t kLongestAnswer = 1000;

std::string is_a_name(std::string_view text) { return is_plain_name(text) ? "" : "letters, digits, \".\", \"_\" and \"-\" make a name"; }
std::string is_a_namespace(std::string_view text) { return is_namespace(text) ? "" : "lower-case letters, digits and \"-\" make a namespace"; }
std::string is_a_channel(std::string_view text) { return is_channel(text) ? "" : "a channel is \"#name\" in lower case, or its id"; }
std::string is_a_slack_user(std::string_view text) { return is_slack_user(text) ? "" : "a member id begins with U or W: profile, then \"Copy member ID\""; }
std::string is_yes_or_no(std::string_view text) { return text == "yes" || text == "no" ? "" : "yes or no"; }
std::string is_anything(std::string_view) { return {}; }
std::string is_a_repository(std::string_view text) {
  const auto wrong = check_git_url(without_credentials(text));
  return wrong.empty() ? "" : "that " + wrong + ": https://..., ssh://..., git@host:path or file:///path";
}
std::string is_a_pattern(std::string_view text) {
  if (text == "one") return {};
  const auto wrong = check_path_template(text, true);
  return wrong.empty() ? "" : "that " + wrong + ": such as clusters/{cluster}/{namespace}/{app}";
}

class Dialogue {
 public:
  explicit Dialogue(const Questions& questions) : questions_(questions) {}

  /// `answer` holds the default ("" = none) and then what was said.
  Result<void> ask(const std::string& question, std::string& answer, const Check& check, bool may_be_empty = false) {
    while (true) {
      TRY(auto said, read(question, answer, may_be_empty));
      const auto wrong = said.empty() && may_be_empty ? std::string() : check(said);
      if (wrong.empty()) {
        answer = std::move(said);
        return {};
      }
      if (questions_.take_defaults) return Error{ErrorKind::InvalidInput, fmt::format("{}: \"{}\" isn't good: {}", question, without_control_characters(said), wrong)};
      questions_.out << "  " << wrong << '\n';
    }
  }

  Result<void> ask_flag(const std::string& question, bool& answer) {
    std::string text = answer ? "yes" : "no";
    CHECK_OK(ask(question, text, is_yes_or_no));
    answer = text == "yes";
    return {};
  }

 private:
  Result<std::string> read(const std::string& question, const std::string& usual, bool may_be_empty) {
    if (questions_.take_defaults) {
      if (usual.empty() && !may_be_empty) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" has no usual answer: leave --yes out, or use --from-cluster", question)};
      return usual;
    }
    questions_.out << question << (usual.empty() ? std::string() : fmt::format(" [{}]", usual)) << ": " << std::flush;
    std::string line;
    const bool over = !std::getline(questions_.in, line);
    auto said = std::string(trim(without_control_characters(line)));
    if (said.size() > kLongestAnswer) said.resize(kLongestAnswer);
    if (said.empty()) said = usual;
    if (said.empty() && over && !may_be_empty) return Error{ErrorKind::InvalidInput, fmt::format("the answers ended before \"{}\"", question)};
    if (over && !said.empty() && said != usual) return said;
    if (over && ++read_beyond_ > kPatience) return Error{ErrorKind::InvalidInput, fmt::format("the answers ended, and \"{}\" needs another one", question)};
    return said;
  }

  /// So that a default which isn't good can't be asked for without end.
  static constexpr int kPatience = 40;
  Questions questions_;
  int read_beyond_ = 0;
};

std::string usual_kubeconfig(const Environment& environment) {
  if (const auto named = environment.variable("KUBECONFIG"); named && !named->empty()) return named->substr(0, named->find(':'));
  const auto home = environment.variable("HOME");
  return home && !home->empty() ? *home + "/.kube/config" : "";
}

/// Names of its contexts, the current one first.
std::vector<std::string> contexts_of(const std::string& text, const std::string& path) {
  const auto documents = parse_yaml(text, path);
  if (!documents || documents->empty() || !documents->front().is_object()) return {};
  const auto& kubeconfig = documents->front();
  std::vector<std::string> names;
  const auto add = [&](const nlohmann::json& name) {
    if (name.is_string() && std::ranges::find(names, name.get<std::string>()) == names.end()) names.push_back(name.get<std::string>());
  };
  if (kubeconfig.contains("current-context")) add(kubeconfig.at("current-context"));
  if (!kubeconfig.contains("contexts") || !kubeconfig.at("contexts").is_array()) return names;
  for (const auto& context : kubeconfig.at("contexts")) {
    if (context.is_object() && context.contains("name")) add(context.at("name"));
  }
  return names;
}

Result<void> ask_cluster(Dialogue& dialogue, const Questions& questions, InitAnswers& answers) {
  auto kubeconfig = answers.kubeconfig.empty() ? usual_kubeconfig(questions.environment) : answers.kubeconfig;
  if (kubeconfig.empty()) kubeconfig = "in-cluster";
  CHECK_OK(dialogue.ask("Kubeconfig of the cluster, or in-cluster where the bot runs in it", kubeconfig, is_anything));
  if (kubeconfig.starts_with("~/")) kubeconfig = questions.environment.variable("HOME").value_or("") + kubeconfig.substr(1);
  answers.kubeconfig = kubeconfig == "in-cluster" ? "" : kubeconfig;
  if (answers.kubeconfig.empty()) return {};
  const auto text = questions.environment.read_file(kubeconfig);
  if (!text) answers.remarks.push_back(fmt::format("the kubeconfig {} can't be read here: {}", kubeconfig, text.error().message));
  const auto contexts = text ? contexts_of(*text, kubeconfig) : std::vector<std::string>{};
  if (contexts.size() < 2 && answers.context.empty()) return {};
  const auto known = [&](std::string_view name) -> std::string {
    return contexts.empty() || std::ranges::find(contexts, name) != contexts.end() ? "" : "its contexts are " + join(contexts, ", ");
  };
  if (answers.context.empty()) answers.context = contexts.front();
  return dialogue.ask("Context", answers.context, known);
}

Result<void> ask_repository(Dialogue& dialogue, InitAnswers& answers) {
  InitRepository repository;
  CHECK_OK(dialogue.ask("URL of the Git repository with the manifests", repository.url, is_a_repository));
  if (without_credentials(repository.url) != repository.url) answers.remarks.emplace_back("the repository's URL held credentials, which aren't written here: whoever saw that URL has them, so have them replaced");
  repository.url = without_credentials(repository.url);
  repository.name = name_from_url(repository.url);
  CHECK_OK(dialogue.ask("Branch", repository.branch, [](std::string_view text) { return check_revision(text); }));
  static const std::map<std::string, ForgeKind> kKinds{{"github", ForgeKind::GitHub}, {"gitlab", ForgeKind::GitLab}, {"gitea", ForgeKind::Gitea}, {"none", ForgeKind::None}};
  std::string kind(to_string(guess_forge(repository.url).kind));
  CHECK_OK(dialogue.ask("Forge: github, gitlab, gitea (also Forgejo) or none", kind, [](std::string_view text) { return kKinds.contains(std::string(text)) ? std::string() : std::string("one of these four"); }));
  repository.forge = kKinds.at(kind);
  const auto guess = forge_of_kind(repository.forge, repository.url);
  repository.api_url = guess.api_url;
  repository.project = guess.project;
  if (repository.forge != ForgeKind::None) {
    repository.token = "FORGE_TOKEN";
    if (!guess.api_url.empty()) CHECK_OK(dialogue.ask("Address of its API", repository.api_url, check_web_url));
    CHECK_OK(dialogue.ask("Project there", repository.project, [](std::string_view text) { return text.find('/') == std::string_view::npos ? std::string("OWNER/NAME") : std::string(); }));
  }
  answers.repositories.push_back(std::move(repository));
  return {};
}

Result<void> ask_apps(Dialogue& dialogue, InitAnswers& answers) {
  std::string pattern = "clusters/{cluster}/{namespace}/{app}";
  CHECK_OK(dialogue.ask("Where are the Apps: a pattern of directories, or one", pattern, is_a_pattern));
  if (pattern != "one") {
    answers.paths = pattern;
    if (pattern.find("{namespace}") == std::string::npos) return dialogue.ask("Namespace of these Apps", answers.namespace_, is_a_namespace);
    return {};
  }
  InitApp app;
  CHECK_OK(dialogue.ask("Name of the App", app.name, is_a_name));
  app.path = "apps/" + app.name;
  CHECK_OK(dialogue.ask("Its directory in the repository", app.path, check_tree_path));
  app.namespace_ = to_lower(app.name);
  CHECK_OK(dialogue.ask("Its namespace in the cluster", app.namespace_, is_a_namespace));
  answers.app = std::move(app);
  return {};
}

Result<void> ask_person(Dialogue& dialogue, InitAnswers& answers) {
  CHECK_OK(dialogue.ask("Your name in the config (empty: nobody may do more than read)", answers.person, is_a_name, true));
  if (answers.person.empty()) return {};
  CHECK_OK(dialogue.ask("Your Slack member id", answers.slack_user, is_a_slack_user));
  const bool on_forge = std::ranges::any_of(answers.repositories, [](const InitRepository& one) { return one.forge != ForgeKind::None; });
  if (on_forge) CHECK_OK(dialogue.ask("Your login on the forge (empty: `link` in chat proves it)", answers.forge_login, is_anything, true));
  return {};
}

}  // namespace

Result<InitAnswers> ask(Questions questions, InitAnswers answers) {
  Dialogue dialogue(questions);
  const bool found = !answers.repositories.empty();
  if (!found) CHECK_OK(ask_cluster(dialogue, questions, answers));
  CHECK_OK(dialogue.ask("Name of the cluster", answers.cluster, is_a_name));
  CHECK_OK(dialogue.ask("Its environment", answers.environment, is_a_name));
  if (!found) {
    CHECK_OK(dialogue.ask_flag("May the bot apply merged changes there (yes or no)", answers.apply));
    CHECK_OK(ask_repository(dialogue, answers));
    CHECK_OK(ask_apps(dialogue, answers));
  }
  CHECK_OK(dialogue.ask("Slack channel for alerts", answers.default_channel, is_a_channel));
  CHECK_OK(dialogue.ask("Slack channel for the bot's own troubles", answers.admin_channel, is_a_channel));
  CHECK_OK(ask_person(dialogue, answers));
  return answers;
}

}  // namespace driftwarden
