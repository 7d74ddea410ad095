#include "integrations/terraform/invoke.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace driftwarden::terraform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOutput = 256U << 20U;  ///< `show -json` repeats the state several times
constexpr Duration kGraceOfApply = std::chrono::minutes{10};
constexpr Duration kGraceOfApplyWhenWeEnd = std::chrono::minutes{1};
constexpr std::size_t kLongestSocketDirectory = 80;  ///< providers are spoken to over a Unix socket below TMPDIR

std::string search_path(const ToolPlace& place) {
  if (const auto given = place.environment.find("PATH"); given != place.environment.end()) return given->second;
  const char* ours = std::getenv("PATH");
  return ours == nullptr ? "/usr/local/bin:/usr/bin:/bin" : ours;
}

std::vector<std::string> existing_paths(const std::string& value) {
  std::vector<std::string> paths;
  for (const auto& part : split(value, ':')) {
    std::error_code failed;
    if (part.size() > 1 && part.front() == '/' && fs::exists(part, failed)) paths.push_back(part);
  }
  return paths;
}

bool lies_below(const std::string& path, const std::string& directory) { return !directory.empty() && (path == directory || path.starts_with(directory + "/")); }

/// The CLI's own configuration names mirrors of providers.
std::vector<std::string> paths_in_cli_config(const std::string& file) {
  std::vector<std::string> paths;
  const auto pieces = split(read_text(file), '"');
  for (std::size_t i = 1; i < pieces.size(); i += 2) {
    for (auto& path : existing_paths(pieces[i])) paths.push_back(std::move(path));
  }
  return paths;
}

std::string usual_temporary(const ToolPlace& place) { return place.data_directory + "/tmp"; }

/// Where the tool keeps temporary files during one run.
struct Temporary {
  std::string path;
  std::unique_ptr<TemporaryDirectory> own{};  ///< a short one where ours lies too deep for a socket
};

Result<Temporary> make_temporary(const ToolPlace& place) {
  Temporary made;
  made.path = usual_temporary(place);
  if (made.path.size() <= kLongestSocketDirectory) {
    CHECK_OK(make_private_directory(made.path));
    return made;
  }
  std::error_code failed;
  auto base = fs::temp_directory_path(failed).string();
  if (failed || base.size() > kLongestSocketDirectory / 2) base = "/tmp";
  TRY(made.own, TemporaryDirectory::make("dw", base));
  made.path = made.own->path();
  return made;
}

/// Variables that name files or directories (several, with ":" between) with credentials and certificates. An operator gives them; all else stays closed.
constexpr std::array kCredentialVariables{
    "ARM_CLIENT_CERTIFICATE_PATH", "ARM_OIDC_TOKEN_FILE_PATH", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "CLOUDSDK_CONFIG", "CONSUL_CACERT", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
    "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CREDENTIALS", "KUBECONFIG", "KUBE_CONFIG_PATH", "KUBE_CONFIG_PATHS", "NETRC", "NOMAD_CACERT", "OCI_CLI_CONFIG_FILE",
    "OS_CACERT", "OS_CLIENT_CONFIG_FILE", "PGPASSFILE", "PGSSLROOTCERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERRAFORM_CONFIG", "TF_CLI_CONFIG_FILE",
    "VAULT_CACERT", "VAULT_CAPATH", "VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"};

/// The operator's own word for what else is needed, as where the state of a `local` backend lies: read by plans, written by an apply.
constexpr const char* kOpenedPaths = "DRIFTWARDEN_PATHS";

process::Fence fence_of(const ToolPlace& place, Reach reach, const Given& given) {
  process::Fence fence;
  fence.network = true;
  fence.required = place.fence_required;
  // Terragrunt passes an interruption on to what it runs.
  fence.processes = place.tool == PlanTool::Terragrunt && reach == Reach::Apply;
  std::error_code failed;
  for (const auto& path : {place.data_directory, place.directory, given.temporary, place.plugin_cache}) {
    if (!path.empty() && fs::exists(path, failed)) fence.writable.push_back(path);
  }
  // Providers are programs, and so may scripts of the module be.
  fence.programs = fence.writable;
  fence.programs.push_back(place.checkout.empty() ? place.directory : place.checkout);
  for (const auto& path : given.readable) {
    if (fs::exists(path, failed)) fence.readable.push_back(path);
  }
  for (auto& path : existing_paths("/run/systemd/resolve:/etc/gitconfig:/etc/ssh")) fence.readable.push_back(std::move(path));
  for (auto& path : existing_paths(search_path(place))) fence.programs.push_back(std::move(path));
  // Where these are links to elsewhere.
  fence.programs.insert(fence.programs.end(), {"tofu", "terraform", "git", "ssh"});
  for (const auto* name : kCredentialVariables) {
    const auto found = place.environment.find(name);
    if (found == place.environment.end()) continue;
    for (auto& path : existing_paths(found->second)) fence.readable.push_back(std::move(path));
  }
  if (const auto opened = place.environment.find(kOpenedPaths); opened != place.environment.end()) {
    auto& into = reach == Reach::Apply ? fence.writable : fence.readable;
    for (auto& path : existing_paths(opened->second)) into.push_back(std::move(path));
  }
  if (const auto config = place.environment.find("TF_CLI_CONFIG_FILE"); config != place.environment.end()) {
    for (auto& path : paths_in_cli_config(config->second)) fence.programs.push_back(std::move(path));
  }
  return fence;
}

std::map<std::string, std::string> environment_of(const ToolPlace& place, const std::string& temporary) {
  std::map<std::string, std::string> environment{{"HOME", place.data_directory},
                                                 {"TMPDIR", temporary},
                                                 {"TF_IN_AUTOMATION", "1"},
                                                 {"TF_INPUT", "0"},
                                                 {"CHECKPOINT_DISABLE", "1"},
                                                 {"GIT_TERMINAL_PROMPT", "0"},
                                                 {"LC_ALL", "C.UTF-8"}};
  if (place.tool == PlanTool::Terragrunt) {
    // Units run side by side, so that neither a data directory nor a cache of plugins can be theirs together.
    for (const auto* prefix : {"TG_", "TERRAGRUNT_"}) {
      environment[fmt::format("{}NON_INTERACTIVE", prefix)] = "true";
      environment[fmt::format("{}NO_COLOR", prefix)] = "true";
    }
    environment["TG_DOWNLOAD_DIR"] = environment["TERRAGRUNT_DOWNLOAD"] = place.data_directory + "/units";
  } else {
    environment["TF_DATA_DIR"] = place.data_directory + "/tf";
    if (!place.plugin_cache.empty()) environment["TF_PLUGIN_CACHE_DIR"] = place.plugin_cache;
  }
  if (!place.workspace.empty()) environment["TF_WORKSPACE"] = place.workspace;
  for (const auto& [name, value] : place.environment) environment[name] = value;
  return environment;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

process::Command make_command(const ToolPlace& place, std::vector<std::string> arguments, Reach reach, const Given& given) {
  auto all = given;
  if (all.temporary.empty()) all.temporary = usual_temporary(place);
  process::Command command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), std::string(to_string(place.tool)));
  command.environment = environment_of(place, all.temporary);
  command.inherit = {"PATH"};
  command.directory = place.directory;
  command.timeout = place.timeout;
  if (reach == Reach::Apply) {
    command.timeout = place.apply_timeout;
    // Killed in the middle it would leave a lock, and resources that no state knows.
    command.ending.signal = SIGINT;
    command.ending.grace = kGraceOfApply;
    command.ending.grace_when_cancelled = kGraceOfApplyWhenWeEnd;
  }
  command.max_output_bytes = kMostOutput;
  command.fence = fence_of(place, reach, all);
  return command;
}

asio::awaitable<Result<process::Outcome>> invoke(Clock& clock, ToolPlace place, std::vector<std::string> arguments, Reach reach, std::vector<std::string> readable) {
  std::error_code failed;
  if (!fs::is_directory(place.directory, failed)) co_return Error{ErrorKind::InvalidInput, "the directory of the module isn't there"};
  CO_TRY(const auto temporary, make_temporary(place));
  Given given;
  given.temporary = temporary.path;
  given.readable = std::move(readable);
  auto command = make_command(place, std::move(arguments), reach, given);
  auto done = co_await process::run(clock, std::move(command));
  if (!done && done.error().kind == ErrorKind::NotFound) {
    co_return Error{ErrorKind::NotFound, fmt::format("{} isn't installed where Driftwarden runs", to_string(place.tool))};
  }
  co_return done;
}

Result<void> make_private_directory(const std::string& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (!failed) fs::permissions(path, fs::perms::owner_all, failed);
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("the directory {} can't be made: {}", path, failed.message())};
  return Result<void>{};
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Result<void> write_private(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).close();
  restrict_to_owner(path);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Error{ErrorKind::Unavailable, fmt::format("{} can't be written", path)};
  return Result<void>{};
}

void remove_quietly(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

void restrict_to_owner(const std::string& path) {
  std::error_code ignored;
  fs::permissions(path, fs::is_directory(path, ignored) ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write, ignored);
}

bool may_pass(std::string_view output) {
  return has_any(output, {"acquiring the state lock", "state lock", "reading state", "state snapshot", "unexpected EOF", "unexpected end of JSON", "state data in S3 does not have",
                          "connection reset", "TLS handshake timeout", "i/o timeout"});
}

bool wants_init(std::string_view output) {
  return has_any(output, {"tofu init", "terraform init", "Module not installed", "Backend initialization required", "Inconsistent dependency lock file",
                          "Required plugins are not installed", "Missing required provider"});
}

std::string why_state_would_be_lost(const ToolPlace& place, const std::string& backend_file) {
  const auto known = nlohmann::json::parse(backend_file, nullptr, false);
  const auto& backend = member_at(known, "backend");
  const auto type = std::string(text_at(backend, "type"));
  if (type.empty()) return "it has no backend: its state would be a file in a checkout that is thrown away";
  if (type != "local") return {};
  const auto path = fs::path(std::string(text_at(member_at(backend, "config"), "path"))).lexically_normal().string();
  const auto& checkout = place.checkout.empty() ? place.directory : place.checkout;
  const bool kept = path.starts_with("/") && !lies_below(path, checkout) && !lies_below(path, place.data_directory + "/units");
  return kept ? std::string() : "its backend is a file in a checkout that is thrown away";
}

}  // namespace driftwarden::terraform
