#include "bot/terminal/rbac_command.hpp"

#include "tests/support/golden.hpp"
#include "tests/unit/bot/config/fixture.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class RbacCommand : public testing::Test {
 protected:
  RbacCommand() { environment.files["/etc/driftwarden.yaml"] = test::read_source_file("deploy/examples/driftwarden.yaml"); }
  int rbac(RbacArguments arguments) {
    arguments.config = "/etc/driftwarden.yaml";
    out.str("");
    err.str("");
    return run_rbac(arguments, environment, out, err);
  }
  FakeEnvironment environment;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(RbacCommand, PrintsWhatIsShippedWithoutAnySecretAtHand) {
  RbacArguments arguments;
  arguments.usual_kinds = true;
  EXPECT_EQ(rbac(arguments), 0) << err.str();
  EXPECT_EQ(out.str(), test::read_source_file("deploy/rbac.yaml"));
}

TEST_F(RbacCommand, KindsOfAFileAndNamespacesOfNoApp) {
  environment.files["kinds"] = "v1 ConfigMap\n";
  RbacArguments arguments;
  arguments.kinds = "kinds";
  arguments.namespaces = {"extra"};
  arguments.output = "json";
  EXPECT_EQ(rbac(arguments), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("\"namespace\": \"extra\""));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("secrets")));
}

TEST_F(RbacCommand, WrongUseIsTwo) {
  RbacArguments arguments;
  arguments.usual_kinds = true;
  arguments.kinds = "kinds";
  EXPECT_EQ(rbac(arguments), 2);
  arguments.kinds.clear();
  arguments.cluster = "nowhere";
  EXPECT_EQ(rbac(arguments), 2);
  EXPECT_THAT(err.str(), HasSubstr("no cluster \"nowhere\""));
  arguments.cluster.clear();
  arguments.output = "xml";
  EXPECT_EQ(rbac(arguments), 2);
}

}  // namespace
}  // namespace driftwarden
