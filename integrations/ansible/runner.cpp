#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "integrations/ansible/callback.hpp"
#include "integrations/ansible/check.hpp"
#include "integrations/process/process.hpp"
#include "integrations/process/programs.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace driftwarden::ansible {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostOutput = 64U << 20U;
constexpr std::size_t kLongestError = 600;

struct Places {
  explicit Places(const std::string& data) : plugins(data + "/callback"), results(data + "/results.json"), temporary(data + "/tmp") {}
  std::string plugins;
  std::string results;
  std::string temporary;
};

Result<void> prepare(const CheckPlace& place, const Places& places) {
  std::error_code failed;
  for (const auto& path : {place.data_directory, places.plugins, places.temporary}) {
    fs::create_directories(path, failed);
    if (!failed) fs::permissions(path, fs::perms::owner_all, failed);
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("the directory {} can't be made: {}", path, failed.message())};
  }
  fs::remove(places.results, failed);
  std::ofstream plugin(fmt::format("{}/{}.py", places.plugins, kCallbackName), std::ios::trunc);
  plugin << kCallbackPlugin;
  plugin.close();
  if (!plugin) return Error{ErrorKind::Unavailable, fmt::format("{} can't be written", places.plugins)};
  return Result<void>{};
}

std::vector<std::string> existing_paths(const std::string& value, const std::string& directory = {}) {
  std::vector<std::string> paths;
  for (auto path : split(value, ':')) {
    std::error_code failed;
    if (!path.starts_with('/')) {
      if (directory.empty() || path.empty() || path.starts_with('~')) continue;
      path.insert(0, directory + "/");
    }
    if (path.size() > 1 && fs::exists(path, failed)) paths.push_back(std::move(path));
  }
  return paths;
}

/// Where a program and its libraries were installed to: "/opt/venv" of "/opt/venv/bin/python3". Not all below it, as it may be somebody's home.
void add_installation(const std::string& program, std::vector<std::string>& into) {
  const auto prefix = fs::path(program).parent_path().parent_path();
  std::error_code failed;
  if (prefix.empty() || prefix == "/" || prefix == "/usr") return;
  for (const auto* name : {"bin", "lib", "lib64", "libexec", "share/ansible", "pyvenv.cfg"}) {
    if (const auto path = prefix / name; fs::exists(path, failed)) into.push_back(path.string());
  }
}

/// Scripts of Python: the interpreter is a link out of its environment more often than not.
void add_with_interpreter(const std::string& name, const std::string& search, std::vector<std::string>& into) {
  auto program = process::find_program(name, search);
  std::error_code failed;
  // A link to a link: each may be where the libraries are looked for.
  for (int i = 0; program && i < 8; ++i) {
    add_installation(*program, into);
    auto interpreter = process::interpreter_of(*program);
    if (interpreter.ends_with("/env")) {
      auto python = process::find_program("python3", search);
      interpreter = python ? *std::move(python) : std::string();
    }
    if (!interpreter.empty()) {
      add_installation(interpreter, into);
      add_installation(fs::weakly_canonical(interpreter, failed).string(), into);
    }
    if (!fs::is_symlink(*program, failed)) return;
    const auto next = fs::read_symlink(*program, failed);
    program = (next.is_absolute() ? next : fs::path(*program).parent_path() / next).lexically_normal().string();
  }
}

/// Variables that name what Ansible reads beside the checkout.
constexpr std::array kReadVariables{"ANSIBLE_CONFIG", "ANSIBLE_INVENTORY", "ANSIBLE_PRIVATE_KEY_FILE", "ANSIBLE_ROLES_PATH", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_SSH_CONTROL_PATH_DIR",
                                    "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "K8S_AUTH_KUBECONFIG", "KUBECONFIG", "REQUESTS_CA_BUNDLE",
                                    "SSL_CERT_DIR", "SSL_CERT_FILE", "DRIFTWARDEN_PATHS"};
/// Those may be scripts.
constexpr std::array kRunVariables{"ANSIBLE_BECOME_PASSWORD_FILE", "ANSIBLE_CONNECTION_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE", "SSH_ASKPASS"};

std::string search_path(const CheckPlace& place) {
  if (const auto given = place.environment.find("PATH"); given != place.environment.end()) return given->second;
  const char* ours = std::getenv("PATH");
  return ours == nullptr ? "/usr/local/bin:/usr/bin:/bin" : ours;
}

/// As ssh and Ansible look it up, whatever HOME says.
std::string home_of_ours() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> texts{};
  if (::getpwuid_r(::getuid(), &entry, texts.data(), texts.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

/// Modules that run on this machine are put there: `remote_tmp` is one setting for all hosts, so it can't be another here.
void add_local_modules(const std::string& home, std::vector<std::string>& into) {
  std::error_code failed;
  const auto path = home + "/.ansible/tmp";
  if (fs::create_directories(path, failed)) fs::permissions(path, fs::perms::owner_all, failed);
  if (fs::is_directory(path, failed)) into.push_back(path);
}

process::Fence fence_of(const CheckPlace& place) {
  process::Fence fence;
  fence.network = true;
  fence.required = place.fence_required;
  // Its workers are sessions of their own, and are ended by signals.
  fence.processes = true;
  fence.writable = {place.data_directory};
  // Python's locks between processes lie there.
  for (auto& path : existing_paths("/dev/shm")) fence.writable.push_back(std::move(path));
  // Modules run here, too; inventories and vaults may be scripts.
  fence.programs = {place.data_directory, place.checkout.empty() ? place.directory : place.checkout, "ssh", "scp", "sftp", "git"};
  const auto search = search_path(place);
  for (auto& path : existing_paths(search)) fence.programs.push_back(std::move(path));
  for (const auto* name : {"ansible-playbook", "python3"}) add_with_interpreter(name, search, fence.programs);
  // ssh looks up for whom it runs, and looks for keys and known hosts there.
  fence.readable = existing_paths("/run/systemd/resolve:/etc/passwd:/etc/group:/etc/ssh:/etc/ansible:/etc/os-release:/etc/gitconfig");
  const auto home = home_of_ours();
  if (!home.empty()) {
    for (auto& path : existing_paths(home + "/.ssh")) fence.readable.push_back(std::move(path));
    add_local_modules(home, fence.writable);
  }
  for (auto& path : existing_paths(place.inventory, place.directory)) fence.readable.push_back(std::move(path));
  const auto named = [&](const char* name) {
    const auto found = place.environment.find(name);
    return found == place.environment.end() ? std::vector<std::string>() : existing_paths(found->second, place.directory);
  };
  for (const auto* name : kReadVariables) {
    for (auto& path : named(name)) fence.readable.push_back(std::move(path));
  }
  for (const auto* name : kRunVariables) {
    for (auto& path : named(name)) fence.programs.push_back(std::move(path));
  }
  return fence;
}

process::Command make_command(const CheckPlace& place, const Places& places) {
  process::Command command;
  command.argv = {"ansible-playbook", "--check", "--diff"};
  if (!place.inventory.empty()) command.argv.insert(command.argv.end(), {"-i", place.inventory});
  command.argv.push_back(place.playbook);
  command.environment = {{"HOME", place.data_directory},
                         {"LC_ALL", "C.UTF-8"},
                         {"TMPDIR", places.temporary},
                         {"PYTHONDONTWRITEBYTECODE", "1"},
                         {"ANSIBLE_NOCOLOR", "1"},
                         {"ANSIBLE_LOCAL_TEMP", places.temporary},
                         {"ANSIBLE_RETRY_FILES_ENABLED", "False"}};
  for (const auto& [name, value] : place.environment) command.environment[name] = value;
  auto& plugins = command.environment["ANSIBLE_CALLBACK_PLUGINS"];
  plugins = plugins.empty() ? places.plugins : places.plugins + ":" + plugins;
  command.environment["ANSIBLE_CALLBACKS_ENABLED"] = kCallbackName;
  command.environment["DRIFTWARDEN_RESULTS"] = places.results;
  command.inherit = {"PATH"};
  command.directory = place.directory;
  command.timeout = place.timeout;
  command.max_output_bytes = kMostOutput;
  command.fence = fence_of(place);
  return command;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The first that it calls an error, in one line.
std::string complaint(const process::Outcome& done) {
  const auto text = without_decoration(done.err.find("ERROR") == std::string::npos && done.err.empty() ? done.out : done.err);
  const auto at = text.find("ERROR");
  std::vector<std::string> words;
  for (const auto& line : split(at == std::string::npos ? text : text.substr(at), '\n')) {
    if (const auto word = trim(line); !word.empty()) words.emplace_back(word);
  }
  const auto said = ellipsize(hide_secrets(join(words, " ")), kLongestError);
  return said.empty() ? fmt::format("it ended with {} and said nothing", done.exit_code) : said;
}

class CommandLineRunner final : public Runner {
 public:
  explicit CommandLineRunner(Clock& clock) : clock_(clock) {}

  asio::awaitable<Result<Check>> check(CheckPlace place) override {
    const Places places(place.data_directory);
    CO_CHECK_OK(prepare(place, places));
    auto command = make_command(place, places);
    auto done = co_await process::run(clock_, std::move(command));
    const auto text = read_text(places.results);
    std::error_code ignored;
    fs::remove(places.results, ignored);
    if (!done && done.error().kind == ErrorKind::NotFound) co_return Error{ErrorKind::NotFound, "ansible-playbook isn't installed where Driftwarden runs"};
    if (!done) co_return done.error();
    const auto results = json::parse(text, nullptr, false);
    if (results.is_discarded()) co_return Error{ErrorKind::InvalidInput, complaint(*done)};
    co_return read_check(results);
  }

 private:
  Clock& clock_;
};

}  // namespace

std::unique_ptr<Runner> create_runner(Clock& clock) { return std::make_unique<CommandLineRunner>(clock); }

}  // namespace driftwarden::ansible
