// set-image: which tags there are, and a word beside the card when the registry has no such one.
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// Answers after `delay` of the test's own time.
class FakeRegistry final : public registry::Registry {
 public:
  explicit FakeRegistry(Clock& clock) : clock_(clock) {}
  asio::awaitable<Result<std::vector<std::string>>> tags(std::string image) override {
    ++asked;
    if (delay > Duration{0}) CO_CHECK_OK(co_await clock_.sleep_for(delay));
    if (fails) co_return *fails;
    if (image != "shop/checkout") co_return Error{ErrorKind::NotFound, "no such image"};
    co_return has;
  }
  asio::awaitable<Result<std::string>> digest(std::string image, std::string tag) override {
    ++asked;
    if (delay > Duration{0}) CO_CHECK_OK(co_await clock_.sleep_for(delay));
    if (fails) co_return *fails;
    if (image != "shop/checkout" || std::ranges::find(has, tag) == has.end()) co_return Error{ErrorKind::NotFound, "no such tag"};
    co_return "sha256:" + std::string(64, 'a');
  }

  std::vector<std::string> has{"1.3", "1.4", "1.5-rc1", "1.5", "1.6", "latest"};
  std::optional<Error> fails;
  Duration delay{0};
  int asked = 0;

 private:
  Clock& clock_;
};

struct SetImage : Talk, testing::Test {
  void with_registry() {
    registries["docker.io"] = &hub;
    reopen();
  }
  /// The values of the last answer's menus.
  std::vector<std::string> offered() const {
    std::vector<std::string> commands;
    for (const auto& block : *last().now().blocks) {
      if (block.at("type") != "actions") continue;
      for (const auto& element : block.at("elements")) {
        if (element.at("type") != "static_select") continue;
        for (const auto& option : element.at("options")) commands.push_back(option.at("value"));
      }
    }
    return commands;
  }
  std::string all_text() const { return last().now().blocks->dump() + last().now().text; }
  const test::PostedMessage& last() const { return *slack.with_key("reply:").back(); }

  FakeRegistry hub{clock};
};

TEST_F(SetImage, OffersWhatGitAndTheRegistryHaveNewestFirst) {
  with_registry();
  say("U0alice", "set-image checkout");
  const std::vector<std::string> expected{"set-image checkout shop/checkout:1.6", "set-image checkout shop/checkout:1.5",     "set-image checkout shop/checkout:1.5-rc1",
                                          "set-image checkout shop/checkout:1.4", "set-image checkout shop/checkout:1.3", "set-image checkout shop/checkout:latest"};
  EXPECT_EQ(offered(), expected);
  EXPECT_THAT(all_text(), HasSubstr("1.4 \xc2\xb7 now"));
  EXPECT_THAT(all_text(), HasSubstr("docker.io, which has 6 tags"));
  EXPECT_TRUE(all_changes().empty());
}

TEST_F(SetImage, WithoutARegistryGitIsAllThereIs) {
  say("U0alice", "set-image checkout app");
  EXPECT_EQ(offered(), std::vector<std::string>{"set-image checkout shop/checkout:1.4"});
  EXPECT_THAT(all_text(), HasSubstr("no registry is configured"));
}

TEST_F(SetImage, ASilentRegistryBlocksNobody) {
  hub.delay = 1min;
  with_registry();
  ASSERT_TRUE(accept(mention("U0alice", "set-image checkout")));
  clock.advance(4s);
  EXPECT_EQ(offered(), std::vector<std::string>{"set-image checkout shop/checkout:1.4"});
  EXPECT_THAT(all_text(), HasSubstr("gives no answer in 2"));
}

TEST_F(SetImage, AFailingRegistrySaysWhy) {
  hub.fails = Error{ErrorKind::Denied, "asking docker.io: it answers 401"};
  with_registry();
  say("U0alice", "set-image checkout");
  EXPECT_EQ(offered().size(), 1U);
  EXPECT_THAT(all_text(), HasSubstr("it answers 401"));
}

TEST_F(SetImage, AnUnknownNameIsToldAndAnOutsiderRefused) {
  say("U0alice", "set-image checkout nothing");
  EXPECT_THAT(answers().back(), HasSubstr("has no image `nothing`"));
  say("U0carol", "set-image checkout");
  EXPECT_THAT(answers().back(), HasSubstr("You may not set-image checkout"));
}

TEST_F(SetImage, ATagThatTheRegistryHasMakesAChangeWithoutAWord) {
  with_registry();
  say("U0alice", "set-image checkout shop/checkout:1.6");
  ASSERT_EQ(all_changes().size(), 1U);
  EXPECT_THAT(answers(), Not(Contains(HasSubstr("has no tag"))));
}

TEST_F(SetImage, ATagThatItHasNotIsAWarningBesideTheCard) {
  with_registry();
  say("U0alice", "set-image checkout shop/checkout:1.7");
  EXPECT_EQ(all_changes().size(), 1U);
  EXPECT_THAT(answers(), Contains(HasSubstr("docker.io has no tag `1.7` of `shop/checkout`; nearest: `1.")));
}

TEST_F(SetImage, ARegistryThatIsSilentIsNoWarning) {
  hub.fails = Error{ErrorKind::Unavailable, "connection refused"};
  with_registry();
  say("U0alice", "set-image checkout shop/checkout:1.7");
  EXPECT_EQ(all_changes().size(), 1U);
  EXPECT_THAT(answers(), Not(Contains(HasSubstr("has no tag"))));
}

}  // namespace
}  // namespace driftwarden
