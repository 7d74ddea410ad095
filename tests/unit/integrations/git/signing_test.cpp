// Signatures made with fresh keys, checked by git itself.
#include "integrations/git/signing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::git {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

struct Told {
  int code = 0;
  std::string text;
};
Told shell(const std::string& command) {
  Told told;
  FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) told.text.append(buffer.data(), got);
  told.code = pclose(pipe);
  while (!told.text.empty() && told.text.back() == '\n') told.text.pop_back();
  return told;
}

class SigningTest : public testing::Test {
 protected:
  SigningTest() {
    std::string pattern = (fs::temp_directory_path() / "driftwarden-signing-XXXXXX").string();
    root = mkdtemp(pattern.data());
  }
  ~SigningTest() override { fs::remove_all(root); }

  void SetUp() override {
    for (const auto* tool : {"git", "ssh-keygen"}) {
      if (shell(std::string("command -v ") + tool).code != 0) GTEST_SKIP() << tool << " is not installed";
    }
    ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N '' -C test -f " + key()).code, 0);
    std::ofstream(root / "allowed") << "bot@example.org namespaces=\"git\" " << read(key() + ".pub");
    ASSERT_EQ(shell("git init -q --bare -b main " + (root / "remote").string() + " && git init -q -b main " + (root / "work").string() + " && cd " + (root / "work").string() +
                    " && git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m base && git push -q " + (root / "remote").string() + " HEAD:main")
                  .code,
              0);
    MirrorOptions options;
    options.directory = (root / "mirror").string();
    options.url = (root / "remote").string();
    mirror = std::move(Mirror::open(options).value());
    base = mirror->fetch().value();
  }
  std::string key() const { return (root / "key").string(); }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  CommitRequest request(Signer signer) const {
    CommitRequest made;
    made.base = base;
    made.branch = "driftwarden/c-1";
    made.edits = {{"README", "signed\n"}};
    made.author = {"Bob", "bob@example.org"};
    made.committer = {"Driftwarden", "bot@example.org"};
    made.at = WallTime(std::chrono::seconds(1'800'000'000));
    made.message = "Set replicas to 3\n\nwith an ümlaut\n";
    made.sign = std::move(signer);
    return made;
  }
  Told verify(const std::string& commit, const std::string& settings) const {
    return shell("GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null git -C " + (root / "mirror").string() + " " + settings + " verify-commit " + commit);
  }
  Told verify_ssh(const std::string& commit) const { return verify(commit, "-c gpg.ssh.allowedSignersFile=" + (root / "allowed").string()); }

  fs::path root;
  std::unique_ptr<Mirror> mirror;
  std::string base;
};

TEST_F(SigningTest, GitVerifiesASignatureByAnSshKey) {
  const auto id = mirror->commit(request(ssh_signer(key())));
  ASSERT_TRUE(id) << id.error().message;
  const auto told = verify_ssh(*id);
  EXPECT_EQ(told.code, 0) << told.text;
  EXPECT_THAT(told.text, HasSubstr("Good \"git\" signature for bot@example.org"));
  EXPECT_EQ(mirror->commit(request(ssh_signer(key()))).value(), *id);
  auto unsigned_one = request(nullptr);
  EXPECT_NE(verify_ssh(mirror->commit(unsigned_one).value()).code, 0) << "git must be able to say no";
}

TEST_F(SigningTest, AKeyGivenAsTextIsInAFileOfItsOwnAndGoesWithTheSigner) {
  fs::create_directory(root / "keys");
  auto text = read(key());
  while (text.ends_with('\n')) text.pop_back();
  {
    const auto signer = ssh_signer_for_key(Secret(text), (root / "keys").string());
    ASSERT_TRUE(signer) << signer.error().message;
    const auto id = mirror->commit(request(*signer));
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(verify_ssh(*id).code, 0);
    for (const auto& entry : fs::recursive_directory_iterator(root / "keys")) {
      const auto others = fs::perms::group_all | fs::perms::others_all;
      EXPECT_EQ(entry.status().permissions() & others, fs::perms::none) << entry.path();
    }
    EXPECT_FALSE(fs::is_empty(root / "keys"));
  }
  EXPECT_TRUE(fs::is_empty(root / "keys"));
}

TEST_F(SigningTest, AKeyThatCannotSignIsNamedAndNeverShown) {
  std::ofstream(root / "broken") << "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n";
  fs::permissions(root / "broken", fs::perms::owner_read | fs::perms::owner_write);
  const auto refused = ssh_signer((root / "broken").string())("commit");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr((root / "broken").string()));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
  EXPECT_EQ(ssh_signer((root / "nowhere").string())("commit").error().kind, ErrorKind::NotFound);
  EXPECT_EQ(ssh_signer_for_key(Secret(std::string()), root.string()).error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(ssh_signer_for_key(Secret(std::string("x")), (root / "nowhere").string()).error().kind, ErrorKind::Unavailable);
}

TEST_F(SigningTest, AKeyWithAPassphraseIsRefusedWithoutAsking) {
  ASSERT_EQ(shell("ssh-keygen -q -t ed25519 -N secret -f " + (root / "locked").string()).code, 0);
  const auto refused = ssh_signer((root / "locked").string())("commit");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied) << refused.error().message;
}

TEST_F(SigningTest, GitVerifiesASignatureByAGpgKey) {
  if (shell("command -v gpg").code != 0) GTEST_SKIP() << "gpg is not installed";
  // gpg-agent's socket needs a short path.
  fs::create_directory(root / "gnupg");
  fs::permissions(root / "gnupg", fs::perms::owner_all);
  setenv("GNUPGHOME", (root / "gnupg").c_str(), 1);
  const auto made = shell("gpg --batch --quiet --passphrase '' --quick-generate-key bot@example.org ed25519 sign never");
  if (made.code != 0) GTEST_SKIP() << "gpg makes no key here: " << made.text;
  const auto id = mirror->commit(request(gpg_signer("bot@example.org")));
  ASSERT_TRUE(id) << id.error().message;
  const auto told = verify(*id, "");
  EXPECT_EQ(told.code, 0) << told.text;
  EXPECT_EQ(mirror->commit(request(gpg_signer("bot@example.org"))).value(), *id) << "a signature that holds the time is not made twice";
  EXPECT_EQ(gpg_signer("nobody@example.org")("commit").error().kind, ErrorKind::Denied);
  EXPECT_EQ(gpg_signer("--version")("commit").error().kind, ErrorKind::InvalidInput);
  shell("gpgconf --kill gpg-agent");
  unsetenv("GNUPGHOME");
}

TEST_F(SigningTest, AToolThatGoesOnAndOnHasATimeToEnd) {
  fs::create_directories(root / "bin");
  std::ofstream(root / "bin/gpg") << "#!/bin/sh\ni=0; while [ $i -lt 60 ]; do echo x; sleep 0.05; i=$((i+1)); done\n";
  fs::permissions(root / "bin/gpg", fs::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", ((root / "bin").string() + ":" + path).c_str(), 1);
  const auto signature = gpg_signer("key", Duration{200})("commit");
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().kind, ErrorKind::Timeout) << signature.error().message;
}

}  // namespace
}  // namespace driftwarden::git
