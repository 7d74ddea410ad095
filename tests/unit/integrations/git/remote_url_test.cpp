#include "integrations/git/remote_url.hpp"

#include "integrations/git/ssh_transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::git {
namespace {

struct AddressRow {
  std::string name, url;
  SshAddress address;
  friend void PrintTo(const AddressRow& row, std::ostream* out) { *out << row.name; }
};
class SshAddressTable : public testing::TestWithParam<AddressRow> {};
TEST_P(SshAddressTable, Reads) {
  EXPECT_TRUE(is_ssh_url(GetParam().url));
  auto parsed = parse_ssh_url(GetParam().url);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, GetParam().address);
}
INSTANTIATE_TEST_SUITE_P(
    Addresses, SshAddressTable,
    testing::Values(AddressRow{"ScpLike", "git@example.org:group/repo.git", {"git", "example.org", {}, "group/repo.git"}},
                    AddressRow{"ScpWithoutUser", "example.org:/srv/repo.git", {"", "example.org", {}, "/srv/repo.git"}},
                    AddressRow{"ScpHome", "example.org:~bob/repo.git", {"", "example.org", {}, "~bob/repo.git"}},
                    AddressRow{"ScpV6", "git@[::1]:repo.git", {"git", "::1", {}, "repo.git"}},
                    AddressRow{"ScpV6WithPort", "[::1:2222]:x", {"", "::1:2222", {}, "x"}},
                    AddressRow{"Url", "ssh://git@example.org/group/repo.git", {"git", "example.org", {}, "/group/repo.git"}},
                    AddressRow{"UrlWithPort", "ssh://git@example.org:2222/x", {"git", "example.org", 2222, "/x"}},
                    AddressRow{"UrlV6WithPort", "ssh://[::1]:2222/x", {"", "::1", 2222, "/x"}},
                    AddressRow{"UrlHome", "ssh://example.org/~/x", {"", "example.org", {}, "~/x"}},
                    AddressRow{"UrlEncoded", "ssh://example.org/a%20b", {"", "example.org", {}, "/a b"}},
                    AddressRow{"GitPlusSsh", "git+ssh://example.org/x", {"", "example.org", {}, "/x"}}),
    [](const auto& row) { return row.param.name; });

TEST(SshAddress, RefusesWhatSshOrAShellWouldMisunderstand) {
  for (const std::string url :
       {"ssh://-oProxyCommand=id/x", "-oProxyCommand=id:x", "ssh://-x@host/y", "ssh://host", "ssh://host/", "ssh:///x", "host:", "host:-x", "ssh://host:0/x",
        "ssh://host:99999/x", "ssh://host:x/x", "ssh://u:p@host/x", "ssh://ho st/x", "ssh://ho;st/x", "ssh://host/%0a", "ssh://host/%zz", "ssh://[::1/x"}) {
    auto parsed = parse_ssh_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().kind, ErrorKind::InvalidInput) << url;
  }
}

TEST(RemoteUrl, KindsOfUrl) {
  EXPECT_TRUE(is_web_url("HTTPS://example.org/x"));
  EXPECT_FALSE(is_web_url("ftp://example.org/x"));
  EXPECT_FALSE(is_ssh_url("https://example.org/x"));
  EXPECT_FALSE(is_ssh_url("/srv/with:colon"));
  EXPECT_FALSE(is_ssh_url("srv/with:colon"));
  EXPECT_FALSE(is_ssh_url("file:///x"));
}

TEST(RemoteUrl, QuotesForTheRemoteShell) {
  EXPECT_EQ(shell_quoted("/srv/it's!.git"), "'/srv/it'\\''s'\\!'.git'");
  EXPECT_EQ(shell_quoted("a b;c$(d)"), "'a b;c$(d)'");
}

TEST(RemoteUrl, ShowsALocationWithoutItsSecrets) {
  EXPECT_EQ(shown_location("https://u:p@h/x.git/info/refs?service=git-upload-pack&token=t"), "https://h/x.git");
  EXPECT_EQ(shown_location("/login?next=%2F"), "/login");
  EXPECT_EQ(shown_location("https://h/a@b/git-receive-pack"), "https://h/a@b");
}

TEST(SshArguments, NeverAskAndNeverTrust) {
  GitCredentials credentials;
  credentials.ssh_key_file = "/keys/id";
  credentials.known_hosts_file = "/my %h/known hosts";
  const auto arguments = ssh_arguments({"git", "host", 2222, "/x y"}, credentials, "git-upload-pack").value();
  EXPECT_THAT(arguments, testing::ElementsAre("ssh", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=15", "-i", "/keys/id", "-o",
                                              "IdentitiesOnly=yes", "-o", "UserKnownHostsFile=\"/my %%h/known hosts\"", "-p", "2222", "-l", "git", "--", "host",
                                              "git-upload-pack '/x y'"));
  credentials.known_hosts_file = "a\"b";
  EXPECT_EQ(ssh_arguments({"", "host", {}, "/x"}, credentials, "git-upload-pack").error().kind, ErrorKind::InvalidInput);
}

TEST(SshFailure, KindsByWhatSshSays) {
  struct Row {
    std::string said;
    ErrorKind kind;
  };
  for (const auto& row : {Row{"git@h: Permission denied (publickey).\r\n", ErrorKind::Denied}, Row{"Host key verification failed.", ErrorKind::Denied},
                          Row{"ERROR: Repository not found.", ErrorKind::NotFound}, Row{"fatal: '/x' does not appear to be a git repository", ErrorKind::NotFound},
                          Row{"ssh: connect to host h port 22: Connection refused", ErrorKind::Unavailable},
                          Row{"ssh: Could not resolve hostname h: Name or service not known", ErrorKind::Unavailable},
                          Row{"ssh: connect to host h port 22: Connection timed out", ErrorKind::Timeout}, Row{"", ErrorKind::Unavailable}}) {
    EXPECT_EQ(ssh_failure("git@h:x", row.said).kind, row.kind) << row.said;
  }
}

}  // namespace
}  // namespace driftwarden::git
