#include "tests/e2e/driver/world.hpp"

#include "tests/e2e/driver/waiting.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <sstream>

namespace driftwarden::e2e {
namespace {

constexpr std::chrono::milliseconds kStartsWithin{120'000};
constexpr std::size_t kLogShown = 6000;

}  // namespace

World::World(Bot bot) {
  std::vector<std::string> argv{DRIFTWARDEN_BINARY, "sandbox", "--port", "0", "--json", "--data", data()};
  if (bot != Bot::Inside) argv.emplace_back("--no-bot");
  servers_ = std::make_unique<Program>(argv, directory_.path() + "/log");
  Json line;
  try {
    line = Json::parse(servers_->read_line(kStartsWithin));
  } catch (const std::exception& failure) {
    throw std::runtime_error(std::string(failure.what()) + "\n" + log());
  }
  http_ = line.at("http").get<std::string>();
  chat_ = std::make_unique<ChatPeople>(web_, line.at("chat_url").get<std::string>(), line.at("slack"));
  for (const auto& cluster : line.at("clusters")) {
    clusters_[cluster.at("name").get<std::string>()] = std::make_unique<ClusterHands>(cluster.at("kubeconfig").get<std::string>());
  }
  const auto& forge = line.at("forge");
  forge_ = std::make_unique<ForgeHands>(web_, forge.at("api_url").get<std::string>(), "acme/config", forge.at("token").get<std::string>(), forge.at("git_url").get<std::string>());
  const auto& model = line.at("model");
  model_ = std::make_unique<ModelHands>(web_, model.at("api_url").get<std::string>(), model.at("key").get<std::string>());
  if (bot == Bot::Beside) start_bot();
}

World::~World() {
  if (!testing::Test::HasFailure() && std::uncaught_exceptions() == 0) return;
  directory_.keep();
  const auto text = log();
  std::cerr << "--- the end of " << directory_.path() << "/log\n" << text.substr(text.size() > kLogShown ? text.size() - kLogShown : 0) << '\n';
}

std::string World::log() const {
  std::stringstream out;
  out << std::ifstream(directory_.path() + "/log").rdbuf();
  return out.str();
}

void World::break_something(const std::string& id, const std::string& person) { chat_->sandbox("panel", {{"user", chat_->id_of(person)}, {"id", id}}); }

void World::start_bot() {
  bot_ = std::make_unique<Program>(std::vector<std::string>{DRIFTWARDEN_BINARY, "run", "--config", config()}, directory_.path() + "/log");
  await_ready(web_, *bot_, http_);
}

void World::kill_bot() { bot_->kill_now(); }

Ran World::run_bot_to_its_end(const std::string& config) { return run_program({"timeout", "120", DRIFTWARDEN_BINARY, "run", "--config", config}); }

int World::stop_bot() { return bot_ ? bot_->stop() : servers_->stop(); }

void await_ready(Web& web, Program& bot, const std::string& url) {
  await_that("the bot to be ready", [&] {
    if (!bot.running()) throw std::runtime_error("the bot ended instead of starting");
    try {
      return web.send("GET", url + "/readyz").ok();
    } catch (const std::runtime_error&) {
      return false;
    }
  }, kStartsWithin);
}

}  // namespace driftwarden::e2e
