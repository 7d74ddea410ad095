// Policies in Git: always those that the branch has.
#include "bot/gates/policies.hpp"

#include "tests/support/run.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <gmock/gmock.h>

#include <boost/asio/thread_pool.hpp>

namespace driftwarden {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class Policies : public test::RepositoryTest {
 protected:
  Policies() {
    publish("policies/a.rego", "package main");
    publish("policies/lib/b.rego", "package lib");
    publish("shop/web.yaml", "a: 1");
    MirrorOptions options;
    options.directory = (root / "mirror").string();
    options.url = "file://" + remote().string();
    options.branch = "main";
    watcher = std::make_unique<RepositoryWatcher>(io.get_executor(), pool.get_executor(), clock, *random, std::chrono::seconds{30}, std::move(options));
    source = make(true);
  }
  std::unique_ptr<PolicySource> make(bool fetch) {
    return create_policy_source([this](const std::string& name) { return name == "config" ? watcher.get() : nullptr; }, fetch);
  }
  Result<PolicySource::Found> find(const std::string& path, const std::string& repository = "config") {
    auto finding = source->find(repository, path);
    return test::run(io, std::move(finding));
  }
  Result<std::vector<gates::PolicyFile>> read(const std::string& head, const std::string& path) {
    auto reading = source->read("config", head, path);
    return test::run(io, std::move(reading));
  }

  asio::io_context io;
  asio::thread_pool pool{1};
  SystemClock clock;
  std::unique_ptr<Random> random = create_system_random();
  std::unique_ptr<RepositoryWatcher> watcher;
  std::unique_ptr<PolicySource> source;
};

TEST_F(Policies, AreTheFilesBelowTheirPathAtTheHead) {
  const auto found = find("policies");
  ASSERT_TRUE(found) << found.error().message;
  const auto files = read(found->head, "policies");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_THAT(*files, SizeIs(2));
  EXPECT_EQ(files->at(0).path, "a.rego");
  EXPECT_EQ(files->at(1).path, "lib/b.rego");
  const auto one = read(found->head, "policies/a.rego");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->at(0).path, "a.rego");
}

TEST_F(Policies, HaveAnotherIdOnlyWhenTheyMoved) {
  const auto first = find("policies");
  publish("shop/web.yaml", "a: 2");
  const auto second = find("policies");
  EXPECT_NE(first->head, second->head);
  EXPECT_EQ(first->id, second->id);
  publish("policies/a.rego", "package main # laxer");
  EXPECT_NE(find("policies")->id, first->id);
  EXPECT_EQ(read(first->head, "policies")->at(0).content, "package main") << "as they were when they were found";
}

TEST_F(Policies, AnotherBranchSaysNothing) {
  const auto first = find("policies");
  git("checkout -q -b topic");
  test::write_file(work() / "policies/a.rego", "package anything");
  git("add -A && git commit -q -m topic && git push -q origin topic");
  EXPECT_EQ(find("policies")->id, first->id);
}

TEST_F(Policies, WhatIsNotThereIsAnError) {
  source = make(false);
  EXPECT_FALSE(find("policies")) << "nothing was fetched yet";
  source = make(true);
  EXPECT_THAT(find("nowhere").error().message, HasSubstr("reading its policies at nowhere of config"));
  EXPECT_THAT(find("policies", "other").error().message, HasSubstr("the repository other of its policies isn't known"));
}

}  // namespace
}  // namespace driftwarden
