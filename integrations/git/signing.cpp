#include "integrations/git/signing.hpp"

#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/text.hpp"
#include "integrations/process/process.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>

namespace driftwarden::git {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSignature = 64U << 10U;
constexpr const char* kFolder = "driftwarden-sign";

/// The path of a new file in `folder`, for this user alone.
Result<std::string> write_new(const TemporaryDirectory& folder, const std::string& name, const std::string& content) {
  const auto path = folder.path() + "/" + name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool done = file >= 0;
  for (std::size_t at = 0; done && at < content.size();) {
    const auto wrote = ::write(file, content.data() + at, content.size() - at);
    done = wrote > 0 || (wrote < 0 && errno == EINTR);
    if (wrote > 0) at += static_cast<std::size_t>(wrote);
  }
  if (file >= 0) ::close(file);
  if (!done) return Error{ErrorKind::Unavailable, path + " can't be written"};
  return path;
}

struct Said {
  std::string out;
  std::string err;
};
/// Runs the tool until it ends; one that goes on and on saying something has no more time for it.
Result<Said> run_tool(const process::Command& command) {
  SystemClock clock;
  const auto end = clock.mono_now() + command.timeout;
  TRY(auto pipe, process::open_pipe(command));
  Said said;
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(end - clock.mono_now());
    if (left <= Duration::zero()) return Error{ErrorKind::Timeout, fmt::format("{} didn't end within {}", command.argv.front(), format_duration(command.timeout))};
    TRY(const auto piece, pipe->read_some(kMaxSignature, left));
    if (piece.empty()) break;
    said.out += piece;
    if (said.out.size() > kMaxSignature) return Error{ErrorKind::Corrupt, command.argv.front() + " said too much"};
  }
  said.err = ellipsize(trim(without_control_characters(pipe->stderr_so_far())), 300);
  return said;
}

Error no_signature(const std::string& tool, const std::string& key, const std::string& words) {
  return Error{ErrorKind::Denied, fmt::format("{} made no signature with {}{}{}", tool, key, words.empty() ? "" : ": ", words)};
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Error{ErrorKind::NotFound, path + " can't be read"};
  return text;
}

process::Command command_of(std::vector<std::string> argv, Duration patience) {
  process::Command command;
  command.argv = std::move(argv);
  command.inherit.insert(command.inherit.end(), {"GNUPGHOME", "TMPDIR"});
  // No window and no terminal may ask for a passphrase: nobody sits there.
  command.environment["SSH_ASKPASS_REQUIRE"] = "force";
  command.environment["SSH_ASKPASS"] = "false";
  command.timeout = patience;
  return command;
}

Result<std::string> sign_with_ssh(const std::string& key_file, const std::string& commit, Duration patience) {
  std::error_code ignored;
  if (!fs::is_regular_file(key_file, ignored)) return Error{ErrorKind::NotFound, fmt::format("there is no signing key at {}", key_file)};
  TRY(const auto folder, TemporaryDirectory::make(kFolder));
  TRY(const auto file, write_new(*folder, "commit", commit));
  TRY(const auto said, run_tool(command_of({"ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key_file, file}, patience)));
  const auto signature = read_text(file + ".sig");
  if (!signature || !signature->starts_with("-----BEGIN SSH SIGNATURE-----")) return no_signature("ssh-keygen", key_file, said.err);
  return *signature;
}

Result<std::string> sign_with_gpg(const std::string& key_id, const std::string& commit, Duration patience) {
  if (key_id.empty() || key_id.front() == '-') return Error{ErrorKind::InvalidInput, "no id of a GPG key"};
  TRY(const auto folder, TemporaryDirectory::make(kFolder));
  TRY(const auto file, write_new(*folder, "commit", commit));
  TRY(const auto said, run_tool(command_of({"gpg", "--batch", "--no-tty", "--quiet", "--detach-sign", "--armor", "-u", key_id, "--output", "-", "--", file}, patience)));
  if (!said.out.starts_with("-----BEGIN PGP SIGNATURE-----")) return no_signature("gpg", "key " + key_id, said.err);
  return said.out;
}

}  // namespace

Signer ssh_signer(std::string key_file, Duration patience) {
  return [key_file = std::move(key_file), patience](const std::string& commit) { return sign_with_ssh(key_file, commit, patience); };
}

Result<Signer> ssh_signer_for_key(Secret<std::string> pem, const std::string& directory) {
  if (pem.empty()) return Error{ErrorKind::InvalidInput, "the signing key is empty"};
  TRY(auto made, TemporaryDirectory::make(kFolder, directory));
  auto text = pem.reveal();
  // Environment variables often lose the last line's end, without which OpenSSH reads no key.
  if (!text.ends_with('\n')) text += '\n';
  TRY(auto file, write_new(*made, "signing_key", text));
  std::shared_ptr<const TemporaryDirectory> folder = std::move(made);
  return Signer([folder = std::move(folder), file = std::move(file)](const std::string& commit) { return sign_with_ssh(file, commit, kSigningPatience); });
}

Signer gpg_signer(std::string key_id, Duration patience) {
  return [key_id = std::move(key_id), patience](const std::string& commit) { return sign_with_gpg(key_id, commit, patience); };
}

}  // namespace driftwarden::git
