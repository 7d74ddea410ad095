#include "bot/reload/reload.hpp"

#include "bot/reload/last_good.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <boost/asio/thread_pool.hpp>

#include <gmock/gmock.h>

#include <chrono>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kMain =
    "storage: {path: state/driftwarden.db}\n"
    "clusters: [{name: prod, in_cluster: true}]\n"
    "repositories: [{name: config, url: 'https://git.example.com/c.git'}]\n"
    "config_from: {repository: config, path: driftwarden}\n";
constexpr const char* kAlice = "people: [{name: alice, slack: U0ALICE}]\n";

/// A bot's place between a file, a repository and what was told.
class ReloadTest : public test::RepositoryTest {
 protected:
  struct Taken {
    ConfigDifference difference;
    std::string origin;
  };
  struct Refused {
    std::string origin;
    std::vector<std::string> mistakes;
  };

  ReloadTest() {
    test::fs::create_directories(root / "state");
    test::write_file(main_file(), kMain);
    publish("README.md", "hello\n");
    begin(false);
  }
  ~ReloadTest() override {
    end();
    pool.join();
  }

  std::string main_file() const { return (root / "main.yaml").string(); }
  std::string state() const { return (root / "state").string(); }
  test::fs::path kept() const { return root / "state" / "config-from-git.json"; }

  /// What a start does. `started`: its first look is still to come otherwise.
  void begin(bool started = true) {
    end();
    if (auto loaded = load_config_with_last_good(main_file(), *environment); loaded.config) config = std::move(*loaded.config);
    watcher = std::make_unique<RepositoryWatcher>(io.get_executor(), pool.get_executor(), clock, *random, Duration{1000}, options());
    Reload::Parts parts;
    parts.executor = io.get_executor();
    parts.clock = &clock;
    parts.config = &config;
    parts.environment = environment;
    parts.state_directory = state();
    parts.watcher = [this](const std::string& repository) { return repository == "config" ? watcher.get() : nullptr; };
    parts.take = [this](Config given, ConfigDifference difference, std::string origin) {
      if (!difference.restart) config = given;
      wanted = std::move(given);
      taken.push_back({std::move(difference), std::move(origin)});
    };
    parts.refuse = [this](const std::string& origin, const std::vector<ConfigMistake>& mistakes) {
      Refused one{origin, {}};
      for (const auto& mistake : mistakes) one.mistakes.push_back(to_string(mistake));
      refused.push_back(std::move(one));
    };
    reload = std::make_unique<Reload>(std::move(parts));
    if (started) reload->start();
  }
  void end() {
    if (reload) test::run(io, reload->stop());
    reload.reset();
  }

  /// Until one more look came to its end.
  void look(const std::function<void()>& cause) {
    const auto before = reload->looks();
    cause();
    pump([&] { return reload->looks() > before; });
  }
  void pump(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!done() && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds{20});
    }
    EXPECT_TRUE(done());
  }
  /// The watcher has fetched and tells of the head.
  void tell_head() {
    const auto head = test::run(io, watcher->fetch());
    ASSERT_TRUE(head) << head.error().message;
    look([&] { reload->on_head("config", *head); });
  }
  /// Commits a file of the config, and tells of it.
  std::string commit(const std::string& file, const std::string& text) {
    const auto sha = publish("driftwarden/" + file, text);
    tell_head();
    return sha.substr(0, 7);
  }
  void hang_up() {
    look([&] { reload->again(); });
  }

  asio::io_context io;
  test::ManualClock clock{io};
  asio::thread_pool pool{1};
  std::unique_ptr<Random> random = create_seeded_random(1);
  std::shared_ptr<const Environment> environment = create_system_environment();
  Config config;
  std::optional<Config> wanted;
  std::unique_ptr<RepositoryWatcher> watcher;
  std::unique_ptr<Reload> reload;
  std::vector<Taken> taken;
  std::vector<Refused> refused;
};

TEST_F(ReloadTest, ACommitIsTakenAndKept) {
  begin();
  const auto sha = commit("people.yaml", kAlice);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].origin, "config@" + sha);
  EXPECT_THAT(taken[0].difference.keys, ElementsAre("people"));
  EXPECT_FALSE(taken[0].difference.restart);
  EXPECT_EQ(config.people.at(0).name, "alice");
  EXPECT_EQ(test::fs::status(kept()).permissions(), test::fs::perms::owner_read | test::fs::perms::owner_write);
  const auto next_start = load_config_with_last_good(main_file(), *environment);
  ASSERT_TRUE(next_start.config);
  EXPECT_EQ(next_start.config->people.size(), 1U) << "a start doesn't need Git";
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(ReloadTest, ACommitElsewhereIsNoMatter) {
  begin();
  commit("people.yaml", kAlice);
  publish("README.md", "more\n");
  tell_head();
  EXPECT_EQ(taken.size(), 1U);
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(ReloadTest, AnotherRepositoryIsNoMatter) {
  begin();
  reload->on_head("infra", "0123");
  io.restart();
  io.poll();
  EXPECT_EQ(reload->looks(), 0U);
}

TEST_F(ReloadTest, ABadRevisionIsRefusedAndTheOldStays) {
  begin();
  commit("people.yaml", kAlice);
  const auto sha = commit("bad.yaml", "polcy: {}\ntools: {fence: required}\n");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].origin, "config@" + sha);
  EXPECT_THAT(refused[0].mistakes, ElementsAre("config@" + sha + ":driftwarden/bad.yaml:1:1: unknown key \"polcy\", expected \"policy\"",
                                               "config@" + sha + ":driftwarden/bad.yaml:2:1: a config in Git may not say \"tools\", expected it in the main file only"));
  EXPECT_EQ(taken.size(), 1U);
  EXPECT_EQ(config.people.size(), 1U);
  EXPECT_EQ(load_last_good(state(), *environment)->texts.size(), 1U) << "what was good last is still what a start has";
}

TEST_F(ReloadTest, TheSameMistakesAreToldOnce) {
  begin();
  commit("bad.yaml", "polcy: {}\n");
  commit("people.yaml", kAlice);
  EXPECT_EQ(refused.size(), 1U) << "another commit, the same mistake";
  commit("bad.yaml", "\npolcy: {}\n");
  EXPECT_EQ(refused.size(), 2U);
  commit("bad.yaml", "chat: {}\n");
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_THAT(taken[0].difference.keys, ElementsAre("chat", "people"));
  commit("bad.yaml", "\npolcy: {}\n");
  EXPECT_EQ(refused.size(), 3U) << "it was good in between";
}

TEST_F(ReloadTest, ARevisionThatSaysLessIsTaken) {
  begin();
  commit("people.yaml", kAlice);
  commit("chat.yaml", "chat: {follow_logs: 1m}\n");
  git("rm -q driftwarden/people.yaml");
  publish_all("less");
  tell_head();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_THAT(taken[2].difference.keys, ElementsAre("people"));
  EXPECT_THAT(config.people, IsEmpty());
  EXPECT_EQ(config.chat.follow_logs, std::chrono::minutes{1});
}

TEST_F(ReloadTest, ADirectoryThatVanishesIsNoEmptyConfig) {
  begin();
  commit("people.yaml", kAlice);
  git("rm -q -r driftwarden");
  publish_all("gone");
  tell_head();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0].mistakes, ElementsAre(HasSubstr("the configuration is gone from Git")));
  EXPECT_EQ(config.people.size(), 1U);
  publish("driftwarden/people.yaml", kAlice);
  tell_head();
  EXPECT_EQ(refused.size(), 1U);
  EXPECT_EQ(taken.size(), 1U) << "nothing differs";
}

TEST_F(ReloadTest, ADirectoryThatNeverWasThereIsWaitedFor) {
  begin();
  tell_head();
  EXPECT_THAT(refused, IsEmpty());
  test::write_file(main_file(), std::string(kMain) + "chat: {follow_logs: 1m}\n");
  hang_up();
  EXPECT_EQ(taken.size(), 1U) << "the file is read all the same";
  commit("people.yaml", kAlice);
  EXPECT_EQ(taken.size(), 2U);
}

TEST_F(ReloadTest, ADirectoryThatVanishedWhileNobodyLookedIsTold) {
  begin();
  commit("people.yaml", kAlice);
  end();
  git("rm -q -r driftwarden");
  publish_all("gone");
  begin();
  EXPECT_EQ(config.people.size(), 1U);
  tell_head();
  EXPECT_EQ(refused.size(), 1U);
  EXPECT_EQ(config.people.size(), 1U);
}

TEST_F(ReloadTest, OtherConnectionsWantAnotherBot) {
  begin();
  commit("tools.yaml", "plugins: [{name: jsonnet, command: [jsonnet]}]\n");
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].difference.restart);
  EXPECT_FALSE(test::fs::exists(kept())) << "kept once a bot is made of it";
  begin();
  config = *wanted;
  tell_head();
  EXPECT_EQ(taken.size(), 1U) << "it is in force now";
  EXPECT_TRUE(test::fs::exists(kept()));
}

TEST_F(ReloadTest, WhatNoBotCanBeMadeOfIsNotTriedForEver) {
  begin();
  commit("tools.yaml", "plugins: [{name: jsonnet, command: [jsonnet]}]\n");
  ASSERT_EQ(taken.size(), 1U);
  ASSERT_TRUE(save_unbuildable(state(), {.digest = digest_of(*wanted), .why = "the port is taken"}));
  begin();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0].mistakes, ElementsAre(HasSubstr("no bot can be made of it: the port is taken")));
  tell_head();
  EXPECT_EQ(taken.size(), 1U);
  EXPECT_EQ(refused.size(), 1U) << "told once";
  hang_up();
  EXPECT_EQ(taken.size(), 2U) << "somebody asked";
}

TEST_F(ReloadTest, AnotherRevisionIsTriedAgain) {
  begin();
  commit("tools.yaml", "plugins: [{name: jsonnet, command: [jsonnet]}]\n");
  ASSERT_TRUE(save_unbuildable(state(), {.digest = digest_of(*wanted), .why = "the port is taken"}));
  begin();
  commit("tools.yaml", "plugins: [{name: jsonnet, command: [jsonnet, -y]}]\n");
  EXPECT_EQ(taken.size(), 2U);
  EXPECT_FALSE(load_unbuildable(state(), *environment));
}

TEST_F(ReloadTest, AHangupReadsTheFileAgain) {
  begin();
  tell_head();
  hang_up();
  EXPECT_THAT(taken, IsEmpty()) << "nothing differs";
  test::write_file(main_file(), std::string(kMain) + "chat: {follow_logs: 1m}\n");
  hang_up();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].origin, main_file());
  EXPECT_THAT(taken[0].difference.keys, ElementsAre("chat"));
  test::write_file(main_file(), std::string(kMain) + "chatt: {}\n");
  hang_up();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0].mistakes, ElementsAre(main_file() + ":5:1: unknown key \"chatt\", expected \"chat\""));
}

TEST_F(ReloadTest, AHangupReadsTheSecretsAgain) {
  test::write_file(root / "hook", "one");
  test::write_file(main_file(), std::string(kMain) + "http: {webhook_secret: {file: hook}}\n");
  begin();
  tell_head();
  test::write_file(root / "hook", "two");
  hang_up();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_THAT(taken[0].difference.keys, ElementsAre("http"));
  EXPECT_TRUE(taken[0].difference.restart);
}

TEST_F(ReloadTest, AHangupBeforeGitWasReadKeepsWhatWasReadLast) {
  begin();
  commit("people.yaml", kAlice);
  begin();
  EXPECT_EQ(config.people.size(), 1U);
  test::write_file(main_file(), std::string(kMain) + "chat: {follow_logs: 1m}\n");
  hang_up();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_THAT(taken[1].difference.keys, ElementsAre("chat"));
}

TEST_F(ReloadTest, AHangupMayMoveThePlace) {
  begin();
  commit("people.yaml", kAlice);
  publish("elsewhere/people.yaml", "people: [{name: bob}]\n");
  tell_head();
  auto moved = std::string(kMain);
  moved.replace(moved.find("path: driftwarden"), 17, "path: elsewhere");
  test::write_file(main_file(), moved);
  hang_up();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_TRUE(taken[1].difference.restart);
  EXPECT_EQ(wanted->people.at(0).name, "bob");
}

TEST_F(ReloadTest, WhatCantBeReadNowIsTriedAgain) {
  test::write_file(root / "mirror", "in the way");
  begin();
  const auto head = publish("driftwarden/people.yaml", kAlice);
  watcher = std::make_unique<RepositoryWatcher>(io.get_executor(), pool.get_executor(), clock, *random, Duration{1000}, [&] {
    auto made = options();
    made.directory = (root / "mirror" / "inside").string();
    return made;
  }());
  look([&] { reload->on_head("config", head); });
  EXPECT_THAT(refused, IsEmpty()) << "no fault of the config's";
  test::fs::remove(root / "mirror");
  ASSERT_TRUE(test::run(io, watcher->fetch()));
  look([&] { clock.advance(std::chrono::minutes{1}); });
  EXPECT_EQ(taken.size(), 1U);
}

TEST_F(ReloadTest, LastTextsThatAreNotGoodAnyMoreAreMistakes) {
  begin();
  commit("shop.yaml", "apps: [{name: shop, repository: config, path: shop, cluster: prod, namespace: shop}]\n");
  auto without = std::string(kMain);
  without.replace(without.find("name: prod"), 10, "name: test");
  test::write_file(main_file(), without);
  const auto loaded = load_config_with_last_good(main_file(), *environment);
  EXPECT_FALSE(loaded.config) << "what these texts forbid would be allowed";
  ASSERT_EQ(loaded.mistakes.size(), 2U);
  EXPECT_THAT(to_string(loaded.mistakes[0]), HasSubstr("shop.yaml:1:62: unknown cluster \"prod\""));
  EXPECT_THAT(to_string(loaded.mistakes[1]), HasSubstr("config-from-git.json:1:1: the config as last read from Git is not good any more"));
}

constexpr const char* kPolicy = "groups: [{name: g, members: []}]\npolicy: {rules: [{who: [g], may: ['*']}], break_glass: {who: [g]}}\nteams: [{name: t, members: [g], apps: ['*'], may: [sync]}]\n";

TEST_F(ReloadTest, BeforeGitWasEverReadNothingButReadingIsAllowed) {
  test::write_file(main_file(), std::string(kMain) + kPolicy);
  const auto loaded = load_config_with_last_good(main_file(), *environment, BeforeGit::ReadingOnly);
  ASSERT_TRUE(loaded.config);
  EXPECT_FALSE(loaded.config->policy.given);
  EXPECT_THAT(loaded.config->policy.rules, IsEmpty());
  EXPECT_THAT(loaded.config->policy.break_glass.who, IsEmpty());
  EXPECT_THAT(loaded.config->teams.at(0).may, IsEmpty());
  EXPECT_TRUE(allows_reading_only_before_git(*loaded.config));
  ASSERT_FALSE(loaded.warnings.empty());
  EXPECT_THAT(to_string(loaded.warnings.back()), HasSubstr("nothing but reading is allowed"));
  begin();
  config = *loaded.config;
  commit("people.yaml", kAlice);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_THAT(taken[0].difference.keys, ElementsAre("people", "policy"));
  EXPECT_TRUE(config.policy.given);
  EXPECT_FALSE(config.teams.at(0).may.empty());
  EXPECT_TRUE(load_config_with_last_good(main_file(), *environment, BeforeGit::ReadingOnly).config->policy.given) << "read before";
}

TEST_F(ReloadTest, GitThatHasNothingToSayAllowsWhatTheFileAllows) {
  test::write_file(main_file(), std::string(kMain) + kPolicy);
  begin();
  config = *load_config_with_last_good(main_file(), *environment, BeforeGit::ReadingOnly).config;
  tell_head();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(config.policy.given);
  tell_head();
  EXPECT_EQ(taken.size(), 1U);
}

TEST_F(ReloadTest, AHangupBeforeGitWasEverReadAllowsReadingOnly) {
  test::write_file(main_file(), std::string(kMain) + kPolicy);
  begin();
  config = *load_config_with_last_good(main_file(), *environment, BeforeGit::ReadingOnly).config;
  hang_up();
  EXPECT_THAT(taken, IsEmpty());
  EXPECT_FALSE(config.policy.given);
}

TEST_F(ReloadTest, LastTextsOfAnotherPlaceAreNotUsed) {
  ASSERT_TRUE(save_last_good(state(), {.place = {.repository = "config", .path = "other"}, .texts = {{"a.yaml", kAlice}}}));
  const auto loaded = load_config_with_last_good(main_file(), *environment);
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->people, IsEmpty());
}

TEST_F(ReloadTest, LastTextsThatAreDamagedAreNotUsed) {
  test::write_file(kept(), "{\"repository\": \"config\", \"path\": \"driftwarden\", \"texts\": [3]}");
  EXPECT_FALSE(load_last_good(state(), *environment));
  EXPECT_TRUE(load_config_with_last_good(main_file(), *environment).config);
  test::write_file(kept(), "{");
  EXPECT_FALSE(load_last_good(state(), *environment));
}

TEST_F(ReloadTest, AMainFileThatIsBadIsBadAtTheStartToo) {
  begin();
  commit("people.yaml", kAlice);
  test::write_file(main_file(), std::string(kMain) + "chatt: {}\n");
  const auto loaded = load_config_with_last_good(main_file(), *environment);
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(to_string(loaded.mistakes[0]), HasSubstr("unknown key \"chatt\""));
}

struct KeyRow {
  std::string key;
  bool restart;
  friend void PrintTo(const KeyRow& row, std::ostream* out) { *out << row.key; }
};
class Difference : public testing::TestWithParam<KeyRow> {};
TEST_P(Difference, KnowsWhatConnectionsAreMadeOf) {
  Config before;
  Config after;
  before.digests = {{GetParam().key, "1"}, {"other", "1"}};
  after.digests = {{GetParam().key, "2"}, {"other", "1"}};
  const auto altered = difference_of(before, after);
  EXPECT_THAT(altered.keys, ElementsAre(GetParam().key));
  EXPECT_EQ(altered.restart, GetParam().restart);
  after.digests.erase(GetParam().key);
  EXPECT_EQ(difference_of(before, after).restart, GetParam().restart) << "gone";
  EXPECT_EQ(difference_of(after, before).restart, GetParam().restart) << "new";
  EXPECT_TRUE(difference_of(before, before).empty());
}
INSTANTIATE_TEST_SUITE_P(AllOf, Difference,
                         testing::Values(KeyRow{"slack", true}, KeyRow{"storage", true}, KeyRow{"http", true}, KeyRow{"clusters", true}, KeyRow{"repositories", true},
                                         KeyRow{"registries", true}, KeyRow{"tools", true}, KeyRow{"plugins", true}, KeyRow{"config_from", true}, KeyRow{"apps", false},
                                         KeyRow{"discover", false}, KeyRow{"people", false}, KeyRow{"groups", false}, KeyRow{"policy", false}, KeyRow{"alerts", false},
                                         KeyRow{"drift", true}, KeyRow{"ha", true}, KeyRow{"shards", true}, KeyRow{"model", true}, KeyRow{"chat", false}, KeyRow{"teams", false}),
                         [](const auto& row) { return row.param.key; });

}  // namespace
}  // namespace driftwarden
