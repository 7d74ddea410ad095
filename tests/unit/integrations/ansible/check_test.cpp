#include "integrations/ansible/check.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::ansible {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

const ObjectDrift& row(const Check& check, const std::string& host, const std::string& task) {
  const auto found = std::ranges::find_if(check.objects, [&](const ObjectDrift& object) { return object.object.namespace_ == host && object.object.name == task; });
  if (found == check.objects.end()) throw std::runtime_error("no row " + host + " " + task);
  return *found;
}

std::string everything(const Check& check) {
  std::string text;
  for (const auto& object : check.objects) {
    text += to_string(object.object) + "\n";
    for (const auto& field : object.fields) text += field.path + " " + field.live.value_or("-") + " " + field.desired.value_or("-") + "\n";
  }
  for (const auto& failure : check.failed) text += failure + "\n";
  return text;
}

Check load() { return *read_check(json::parse(test::read_source_file("tests/golden/ansible/check.json"))); }

TEST(ReadCheck, ARealRunIsARowForEachHostAndTask) {
  const auto check = load();
  test::expect_golden("ansible/check.txt", everything(check));
  const auto& motd = row(check, "web1", "write motd");
  EXPECT_EQ(motd.object.kind, "copy");
  EXPECT_EQ(motd.object.group, "ansible");
  ASSERT_EQ(motd.fields.size(), 1U);
  EXPECT_EQ(motd.fields.front().path, "/srv/motd");
  EXPECT_EQ(motd.fields.front().live, "\"old\"");
  EXPECT_EQ(motd.fields.front().desired, "\"world\"");
  EXPECT_THAT(check.unreachable, ElementsAre("web3"));
}

TEST(ReadCheck, LoopsTellEachItem) {
  const auto check = load();
  const auto& dirs = row(check, "web1", "dirs");
  ASSERT_EQ(dirs.fields.size(), 2U);
  EXPECT_EQ(dirs.fields[0].path, "/srv/d1: state");
  EXPECT_EQ(dirs.fields[1].desired, "\"directory\"");
}

TEST(ReadCheck, WhatNoLogHidesStaysHidden) {
  const auto check = load();
  const auto& secret = row(check, "web1", "secret one");
  EXPECT_THAT(secret.fields, IsEmpty());
  EXPECT_THAT(secret.notes, ElementsAre("no_log"));
}

TEST(ReadCheck, SecretsInDiffsAndMessagesAreHidden) {
  const auto text = everything(load());
  for (const auto* secret : {"topsecret99", "abc123def", "hunter2"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
  const auto check = read_check(json::parse(R"({"plays":[{"tasks":[{"task":{"name":"key"},"hosts":{"a":{"changed":true,"action":"copy",
    "diff":[{"before_header":"/etc/tls/web.pem","before":"one","after_header":"/etc/tls/web.pem","after":"two"},{"before":{"password":"x1"},"after":{"password":"x2"}}]}}}]}]})"));
  EXPECT_THAT(everything(*check), Not(HasSubstr("two")));
  EXPECT_THAT(everything(*check), Not(HasSubstr("x2")));
}

TEST(ReadCheck, FailuresAreNamedAndNoDrift) {
  const auto check = load();
  EXPECT_THAT(check.failed, ElementsAre(HasSubstr("web2: breaks: no luck")));
}

TEST(ReadCheck, TheCollectionsOwnCallbackIsReadToo) {
  const auto check = read_check(json::parse(R"({"custom_stats":{},"global_custom_stats":{},"plays":[{"play":{"name":"all"},"tasks":[
    {"task":{"name":"","duration":{}},"hosts":{"h":{"action":"ansible.builtin.template","changed":true,"diff":{"prepared":"--- before\n+++ after\n-a\n+b\n"}}}},
    {"task":{"name":"same"},"hosts":{"h":{"action":"debug","changed":false}}}]}],"stats":{"h":{"changed":1}}})"));
  ASSERT_TRUE(check);
  ASSERT_EQ(check->objects.size(), 1U);
  EXPECT_EQ(check->objects.front().object.name, "template");
  EXPECT_EQ(check->objects.front().fields.front().desired, "\"b\"");
  EXPECT_EQ(check->tasks, 2U);
}

TEST(ReadCheck, LongDiffsAreCutToWhatDiffers) {
  std::string before;
  std::string after;
  for (int i = 0; i < 200; ++i) {
    before += "line " + std::to_string(i) + "\n";
    after += (i == 100 ? "other" : "line " + std::to_string(i)) + std::string("\n");
  }
  const json output{{"plays", {{{"tasks", {{{"task", {{"name", "t"}}}, {"hosts", {{"h", {{"changed", true}, {"action", "copy"}, {"diff", {{"before", before}, {"after", after}}}}}}}}}}}}}};
  const auto check = read_check(output);
  EXPECT_EQ(check->objects.front().fields.front().live, "\"line 100\"");
}

TEST(ReadCheck, AnythingElseIsRefused) {
  for (const auto* text : {"{}", "[]", "null", R"({"plays":3})"}) EXPECT_FALSE(read_check(json::parse(text))) << text;
  EXPECT_TRUE(read_check(json::parse(R"({"plays":[null,{"tasks":[null,{"hosts":[1]},{"hosts":{"h":null}}]}]})")));
}

TEST(Runner, SaysWhenTheProgramIsNotThere) {
  asio::io_context io;
  SystemClock clock;
  CheckPlace place;
  place.data_directory = (fs::temp_directory_path() / "driftwarden-ansible-none").string();
  place.directory = fs::temp_directory_path().string();
  place.playbook = "site.yml";
  place.environment["PATH"] = "/nonexistent";
  const auto check = test::run(io, create_runner(clock)->check(place));
  fs::remove_all(place.data_directory);
  if (check) GTEST_SKIP() << "the real ansible-playbook was found in our own PATH";
  EXPECT_EQ(check.error().kind, ErrorKind::NotFound) << check.error().message;
}

/// The real one, where it is installed: PATH=... to it.
TEST(Runner, TheRealAnsible) {
  if (std::system("ansible-playbook --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "ansible-playbook isn't in PATH";
  asio::io_context io;
  SystemClock clock;
  auto pattern = (fs::temp_directory_path() / "driftwarden-ansible-XXXXXX").string();
  const std::string root = ::mkdtemp(pattern.data());
  std::ofstream(root + "/hosts.ini") << "here ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}}\n";
  std::ofstream(root + "/site.yml") << "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: motd\n      ansible.builtin.copy: {dest: " << root
                                    << "/motd, content: \"hello\\n\"}\n    - name: hidden\n      ansible.builtin.copy: {dest: " << root << "/x, content: hunter2hunter2}\n      no_log: true\n";
  CheckPlace place;
  place.directory = root;
  place.data_directory = root + "/data";
  place.playbook = "site.yml";
  place.inventory = "hosts.ini";
  const auto check = test::run(io, create_runner(clock)->check(place), std::chrono::seconds{60});
  ASSERT_TRUE(check) << check.error().message;
  ASSERT_EQ(check->objects.size(), 2U) << everything(*check) << check->tasks << " tasks, unreachable: " << check->unreachable.size();
  EXPECT_EQ(row(*check, "here", "motd").fields.front().desired, "\"hello\"");
  EXPECT_FALSE(fs::exists(root + "/motd")) << "nothing is done";
  std::ofstream(root + "/site.yml") << "- hosts: all\n  tasks: [{nonsense: {}}]\n";
  const auto broken = test::run(io, create_runner(clock)->check(place), std::chrono::seconds{60});
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("nonsense"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace driftwarden::ansible
