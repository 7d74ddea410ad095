#include "bot/app/fence.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

class OpenTransport final : public GitTransport {
 public:
  explicit OpenTransport(int& opened) : opened_(opened) {}
  bool stateless() const override { return true; }
  Result<std::unique_ptr<GitStream>> open(GitService, const std::string&) override {
    ++opened_;
    return std::unique_ptr<GitStream>();
  }

 private:
  int& opened_;
};

TEST(Fence, WhoDoesNotLeadFetchesAndPushesNot) {
  int opened = 0;
  bool leads = true;
  const auto factory = with_fence([&](const std::string&, const GitCredentials&) { return std::make_unique<OpenTransport>(opened); }, [&] { return leads; });
  const auto transport = factory("https://git.example.org/c.git", {});
  EXPECT_TRUE(transport->stateless());
  EXPECT_TRUE(transport->open(GitService::ReceivePackRefs, "u"));
  leads = false;
  for (const auto service : {GitService::ReceivePackRefs, GitService::ReceivePack}) {
    const auto refused = transport->open(service, "u");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Cancelled);
  }
  EXPECT_TRUE(transport->open(GitService::UploadPackRefs, "u"));
  EXPECT_TRUE(transport->open(GitService::UploadPack, "u"));
  EXPECT_EQ(opened, 3);
}

TEST(Fence, LocalRepositoriesStayWithoutATransport) {
  const auto factory = with_fence([](const std::string&, const GitCredentials&) { return std::unique_ptr<GitTransport>(); }, [] { return false; });
  EXPECT_EQ(factory("/srv/c.git", {}), nullptr);
}

}  // namespace
}  // namespace driftwarden
