#include "integrations/gates/places.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/inner_path.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"
#include "integrations/process/programs.hpp"
#include "integrations/process/quiet.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace driftwarden::gates {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostPaths = 100;
constexpr std::size_t kMostLinks = 16;

bool is_secret(const json& object) { return object.is_object() && object.value("kind", json()) == "Secret"; }

Result<void> write_file(const fs::path& path, std::string_view content) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  std::ofstream out(path, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (failed || !out) return Error{ErrorKind::Unavailable, "what is to be judged can't be written: is the disk of temporary files full?"};
  return Result<void>{};
}

/// Of a Secret JSON, which is YAML, too: to_yaml would take the masks for secrets.
std::string as_text(const json& object) {
  return is_secret(object) ? object.dump(2, ' ', true, json::error_handler_t::replace) + "\n" : to_yaml(object);
}

Result<void> write_objects(const std::string& directory, const std::vector<Manifest>& manifests, const Subjects& subjects, const Redactor& redactor) {
  std::error_code failed;
  fs::create_directory(directory, failed);
  if (failed) return Error{ErrorKind::Unavailable, "no directory can be made for what is to be judged: " + failed.message()};
  for (std::size_t i = 0; i < manifests.size(); ++i) CHECK_OK(write_file(directory + "/" + subjects.file(i), as_text(masked(*manifests[i].body, redactor))));
  return Result<void>{};
}

}  // namespace

Result<std::unique_ptr<RunPlace>> RunPlace::make(const GateInput& input) {
  TRY(auto directory, TemporaryDirectory::make("driftwarden-gate"));
  std::unique_ptr<RunPlace> place(new RunPlace(std::move(directory)));
  CHECK_OK(place->fill(input));
  return place;
}

Result<void> RunPlace::fill(const GateInput& input) {
  subjects_ = Subjects(input.manifests, root());
  CHECK_OK(write_objects(manifests(), input.manifests, subjects_, input.redactor));
  CHECK_OK(write_objects(before(), input.before, Subjects(input.before, root()), input.redactor));
  std::error_code failed;
  fs::create_directories(home() + "/tmp", failed);
  if (failed) return Error{ErrorKind::Unavailable, "no directory can be made for a gate: " + failed.message()};
  policies_ = input.policies;
  if (input.policy_files.empty()) return Result<void>{};
  policies_ = root() + "/policies";
  for (const auto& file : input.policy_files) {
    if (!is_inner_path(file.path)) return Error{ErrorKind::InvalidInput, fmt::format("\"{}\" isn't a path of a policy", ellipsize(without_control_characters(file.path), 200))};
    CHECK_OK(write_file(fs::path(policies_) / file.path, file.content));
  }
  return Result<void>{};
}

json masked(const json& object, const Redactor& redactor) {
  auto copy = redactor.redact(object);
  if (!is_secret(copy)) return copy;
  const auto data = copy.find("data");
  if (data == copy.end() || !data->is_object()) return copy;
  for (auto& value : *data) value = base64_encode(value.is_string() ? value.get<std::string>() : "masked");
  return copy;
}

std::vector<std::string> installation_of(const std::string& program) {
  std::vector<std::string> parts;
  std::vector<std::string> waiting{program, process::interpreter_of(program)};
  // A link to a link: each may be where the libraries are looked for.
  for (std::size_t i = 0; i < waiting.size() && i < kMostLinks; ++i) {
    const fs::path file(waiting[i]);
    std::error_code failed;
    const auto prefix = file.parent_path().parent_path();
    const bool systems = prefix.empty() || prefix == "/" || prefix == "/usr" || prefix == "/usr/local" || file.parent_path().filename() != "bin";
    for (const auto* name : {"bin", "lib", "lib64", "libexec", "pyvenv.cfg"}) {
      if (!systems && fs::exists(prefix / name, failed)) parts.push_back((prefix / name).string());
    }
    if (!fs::is_symlink(file, failed)) continue;
    const auto next = fs::read_symlink(file, failed);
    auto target = (next.is_absolute() ? next : file.parent_path() / next).lexically_normal().string();
    waiting.push_back(process::interpreter_of(target));
    waiting.push_back(std::move(target));
  }
  return parts;
}

bool holds_policies(const std::string& path) {
  const auto tells_of_one = [](const fs::path& file) {
    if (file.extension() != ".yaml" && file.extension() != ".yml") return false;
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      const bool comment = trim(line).starts_with('#');
      if (!comment && line.find("kind") != std::string::npos && line.find("Policy") != std::string::npos) return true;
    }
    return false;
  };
  std::error_code failed;
  if (fs::is_regular_file(path, failed)) return tells_of_one(path);
  for (fs::recursive_directory_iterator entry(path, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && tells_of_one(entry->path())) return true;
  }
  return false;
}

std::vector<std::string> existing_paths_in(const std::vector<std::string>& argv) {
  std::vector<std::string> paths;
  for (auto& path : process::absolute_paths_in(argv)) {
    if (paths.size() == kMostPaths) break;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    std::error_code failed;
    if (path.size() > 1 && fs::exists(path, failed)) paths.push_back(std::move(path));
  }
  return paths;
}

std::vector<std::string> filled_in(const std::vector<std::string>& argv, const std::map<std::string, std::string>& places) {
  auto filled = argv;
  for (auto& argument : filled) {
    for (const auto& [name, path] : places) replace_all(argument, name, path);
  }
  return filled;
}

}  // namespace driftwarden::gates
