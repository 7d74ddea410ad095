// Renderings that outlive the process.
#include "bot/watch/render_cache.hpp"

#include "tests/support/fakes/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

CachedRender render_of(const std::string& text) {
  CachedRender render;
  const json object{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "db"}, {"namespace", "shop"}}}, {"stringData", {{"password", text}}}, {"number", 1.5}, {"big", 9007199254740993}};
  render.manifests.push_back({{"", "v1", "Secret", "shop", "db"}, std::make_shared<const json>(object), "a/b.yaml", 7});
  render.may_vary = true;
  render.unstable = UnstablePaths{{"/Secret:shop/db", {".stringData.password"}}};
  return render;
}

class RenderStoreTest : public testing::Test {
 protected:
  std::shared_ptr<RenderStore> store(const std::string& secret = "xoxb-token", std::size_t max_bytes = 1U << 20U) const {
    return create_render_store(path(), Secret(std::string(secret)), max_bytes);
  }
  std::string path() const { return (directory.path / "renders").string(); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(path())) found.push_back(entry.path());
    return found;
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& file : files()) sum += fs::file_size(file);
    return sum;
  }
  static std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void write(const fs::path& file, const std::string& content) { std::ofstream(file, std::ios::binary) << content; }
  test::TemporaryDirectory directory;
};

TEST_F(RenderStoreTest, GivesBackAllThatWasKept) {
  store()->keep("apps/web/key", render_of("hunter2"));
  const auto found = store()->find("apps/web/key");
  ASSERT_TRUE(found);
  const auto expected = render_of("hunter2");
  ASSERT_EQ(found->manifests.size(), 1U);
  EXPECT_EQ(found->manifests[0].ref, expected.manifests[0].ref);
  EXPECT_EQ(*found->manifests[0].body, *expected.manifests[0].body);
  EXPECT_EQ(found->manifests[0].file, "a/b.yaml");
  EXPECT_EQ(found->manifests[0].line, 7);
  EXPECT_TRUE(found->may_vary);
  EXPECT_EQ(found->unstable, expected.unstable);
  EXPECT_FALSE(store()->find("apps/web/other"));
  CachedRender plain;
  store()->keep("plain", plain);
  ASSERT_TRUE(store()->find("plain"));
  EXPECT_FALSE(store()->find("plain")->unstable);
}

TEST_F(RenderStoreTest, NothingIsInClear) {
  store()->keep("apps/web/key", render_of("hunter2"));
  ASSERT_EQ(files().size(), 1U);
  const auto file = files().front();
  for (const auto* word : {"hunter2", "Secret", "apps/web", "password", "xoxb"}) {
    EXPECT_THAT(read(file), Not(HasSubstr(word)));
    EXPECT_THAT(file.filename().string(), Not(HasSubstr(word)));
  }
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_all);
  const auto before = read(file);
  store()->keep("apps/web/key", render_of("hunter2"));
  EXPECT_NE(read(file), before) << "another nonce each time";
}

TEST_F(RenderStoreTest, AnotherSecretIsAMiss) {
  store()->keep("key", render_of("x"));
  EXPECT_FALSE(store("another")->find("key"));
  EXPECT_TRUE(files().empty()) << "nobody can read it any more";
  EXPECT_EQ(store(""), nullptr) << "no secret, no store";
}

TEST_F(RenderStoreTest, ADamagedFileIsAMissAndGoes) {
  const auto damage = [&](const std::function<std::string(std::string)>& how) {
    store()->keep("key", render_of("x"));
    const auto file = files().front();
    write(file, how(read(file)));
    EXPECT_FALSE(store()->find("key"));
    EXPECT_TRUE(files().empty());
  };
  damage([](std::string) { return std::string(); });
  damage([](std::string text) { return text.substr(0, text.size() - 1); });
  damage([](std::string text) { return text.substr(0, 10); });
  damage([](std::string) { return std::string("something else"); });
  for (const auto at : {0U, 3U, 5U, 20U, 100U}) {
    damage([at](std::string text) {
      text.at(at) = static_cast<char>(text.at(at) ^ 4);
      return text;
    });
  }
  store()->keep("a", render_of("x"));
  const auto file = files().front();
  const auto content = read(file);
  fs::remove(file);
  store()->keep("b", render_of("y"));
  write(files().front(), content);
  EXPECT_FALSE(store()->find("b")) << "a good file under another's name";
}

TEST_F(RenderStoreTest, WhatWasUsedLeastRecentlyGoesFirst) {
  const auto kept = store("xoxb-token", 20'000);
  kept->keep("old", render_of(std::string(4'000, 'x')));
  kept->keep("used", render_of(std::string(4'000, 'x')));
  kept->keep("third", render_of(std::string(4'000, 'x')));
  // Long ago, whatever the file system's clock can tell apart.
  int hours = 0;
  for (const auto& file : files()) fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(++hours));
  EXPECT_TRUE(kept->find("used"));
  kept->keep("fourth", render_of(std::string(4'000, 'x')));
  kept->keep("fifth", render_of(std::string(4'000, 'x')));
  EXPECT_LE(bytes(), 20'000U);
  EXPECT_TRUE(kept->find("used"));
  EXPECT_TRUE(kept->find("fifth"));
  EXPECT_FALSE(kept->find("old") && kept->find("third"));
  kept->keep("huge", render_of(std::string(50'000, 'x')));
  EXPECT_FALSE(kept->find("huge"));
  EXPECT_TRUE(kept->find("fifth")) << "nothing goes for what can't be kept";
  EXPECT_TRUE(store("xoxb-token", 6'000)) << "a smaller bound holds from the start";
  EXPECT_LE(bytes(), 6'000U);
}

TEST_F(RenderStoreTest, LeftoversOfAKilledProcessGo) {
  store();
  write(fs::path(path()) / "x.1.tmp", "half");
  store();
  EXPECT_TRUE(files().empty());
}

TEST_F(RenderStoreTest, IsForSeveralThreads) {
  const auto kept = store();
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int i = 0; i < 50; ++i) {
        const auto key = std::to_string(i % 5);
        kept->keep(key, render_of(key));
        const auto found = kept->find(key);
        if (found && (*found->manifests.at(0).body)["stringData"]["password"] != key) ++wrong;
        if (number == 0 && i % 10 == 0) kept->keep("mine" + key, render_of("x"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(kept->find(std::to_string(i)));
}

TEST_F(RenderStoreTest, ADirectoryThatCannotBeMadeIsNoStore) {
  write(directory.path / "file", "x");
  EXPECT_EQ(create_render_store((directory.path / "file" / "renders").string(), Secret(std::string("x"))), nullptr);
}

TEST_F(RenderStoreTest, TheCacheLooksThereAndWritesThrough) {
  {
    RenderCache cache(10, 1U << 20U, store());
    cache.keep("a", render_of("x"));
  }
  RenderCache cache(10, 1U << 20U, store());
  ASSERT_TRUE(cache.find("a"));
  EXPECT_EQ(cache.size(), 1U);
  for (const auto& file : files()) fs::remove(file);
  EXPECT_TRUE(cache.find("a")) << "in memory by now";
  EXPECT_FALSE(cache.find("b"));
}

}  // namespace
}  // namespace driftwarden
