#include "bot/config/load.hpp"
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kRepository = "repositories:\n  - {name: config, url: 'https://git.example.com/c.git'}\n";

TEST(AuditSection, IsOptional) {
  const auto config = good(kRepository);
  EXPECT_EQ(config.audit.archive, "");
  EXPECT_FALSE(config.audit.anchor);
  EXPECT_FALSE(config.audit.syslog);
}

TEST(AuditSection, SaysWhereTheLogGoes) {
  const auto config = good(kRepository + "audit:\n  archive: sealed\n  anchor: {repository: config}\n  syslog: {address: 'logs.acme.example:1514'}\n");
  EXPECT_EQ(config.audit.archive, "/etc/driftwarden/sealed");
  EXPECT_EQ(config.audit.anchor->repository, "config");
  EXPECT_EQ(config.audit.anchor->branch, "driftwarden-audit");
  EXPECT_EQ(config.audit.syslog->host, "logs.acme.example");
  EXPECT_EQ(config.audit.syslog->port, 1514);
  EXPECT_FALSE(config.audit.syslog->tls);
}

TEST(AuditSection, TheCollectorsPortIsTheProtocols) {
  EXPECT_EQ(good("audit: {syslog: {address: logs}}\n").audit.syslog->port, 601);
  EXPECT_EQ(good("audit: {syslog: {address: logs, tls: true}}\n").audit.syslog->port, 6514);
  EXPECT_EQ(good("audit: {syslog: {address: '[::1]:601'}}\n").audit.syslog->host, "::1");
}

struct MistakenRow {
  std::string name;
  std::string text;
  std::string said;
  friend void PrintTo(const MistakenRow& row, std::ostream* out) { *out << row.name; }
};
class MistakenAudit : public testing::TestWithParam<MistakenRow> {};

TEST_P(MistakenAudit, IsTold) { EXPECT_THAT(texts(load_text(kRepository + GetParam().text).mistakes), ElementsAre(GetParam().said)); }

INSTANTIATE_TEST_SUITE_P(
    Rows, MistakenAudit,
    testing::Values(MistakenRow{"UnknownKey", "audit: {anchors: {}}\n", "c.yaml:3:9: unknown key \"anchors\", expected \"anchor\""},
                    MistakenRow{"NoRepository", "audit: {anchor: {branch: b}}\n", "c.yaml:3:17: audit.anchor has no \"repository\", expected the name of a repository"},
                    MistakenRow{"UnknownRepository", "audit: {anchor: {repository: confg}}\n", "c.yaml:3:30: unknown repository \"confg\", expected \"config\""},
                    MistakenRow{"TheBranchOfTheApps", "audit: {anchor: {repository: config, branch: main}}\n",
                                "c.yaml:3:46: \"main\" is the branch that config is deployed from, expected a branch that is the audit log's own"},
                    MistakenRow{"NoBranch", "audit: {anchor: {repository: config, branch: 'a..b'}}\n",
                                "c.yaml:3:46: \"a..b\" isn't the name of a branch, expected a branch such as driftwarden-audit"},
                    MistakenRow{"NoAddress", "audit: {syslog: {tls: true}}\n", "c.yaml:3:17: audit.syslog has no \"address\", expected HOST or HOST:PORT"},
                    MistakenRow{"NoPort", "audit: {syslog: {address: 'logs:http'}}\n",
                                "c.yaml:3:27: \"logs:http\" has no port from 1 to 65535, expected HOST or HOST:PORT such as logs.acme.example:601"},
                    MistakenRow{"AUrl", "audit: {syslog: {address: 'tcp://logs:601'}}\n",
                                "c.yaml:3:27: \"tcp://logs:601\" has no port from 1 to 65535, expected HOST or HOST:PORT such as logs.acme.example:601"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
