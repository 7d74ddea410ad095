// `driftwarden drift` against the sandbox's clusters and forge, over real sockets.
#include "bot/terminal/drift_command.hpp"

#include "bot/app/sandbox_config.hpp"
#include "gitops/base/temporary_directory.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/random.hpp"
#include "integrations/sandbox/break_panel.hpp"
#include "integrations/sandbox/sandbox.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>
#include <thread>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// The sandbox on a thread of its own, as another process would run it.
class SandboxThread {
 public:
  SandboxThread() : directory_(std::move(*TemporaryDirectory::make())), random_(create_system_random()), work_(asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {
    asio::co_spawn(io_, start(), asio::use_future).get();
  }
  ~SandboxThread() {
    asio::co_spawn(io_, sandbox_->stop(), asio::use_future).get();
    work_.reset();
    io_.stop();
    thread_.join();
  }
  std::string config;

  std::string data() const { return directory_->path(); }
  /// What kubectl would do.
  void scale_checkout(int replicas) { asio::co_spawn(io_, scale(replicas), asio::use_future).get(); }

 private:
  asio::awaitable<void> start() {
    sandbox::SandboxOptions options;
    options.port = 0;
    options.data = data();
    options.webhook_secret = "hush";
    auto started = sandbox::Sandbox::start(io_.get_executor(), clock_, *random_, std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    sandbox_ = std::move(*started);
    auto seeded = co_await sandbox_->seed();
    EXPECT_TRUE(seeded) << seeded.error().message;
    const auto written = write_sandbox_config(sandbox_->info(), 1, "hush");
    EXPECT_TRUE(written);
    config = *written;
  }
  asio::awaitable<void> scale(int replicas) {
    std::string body = json{{"spec", {{"replicas", replicas}}}}.dump();
    auto asking = sandbox::ask_cluster(sandbox_->cluster("prod-eu"), "", "PATCH", "/apis/apps/v1/namespaces/shop/deployments/checkout/scale",
                                       "application/merge-patch+json", "kubectl", std::move(body));
    auto reply = co_await std::move(asking);
    EXPECT_TRUE(reply) << reply.error().message;
  }

  std::unique_ptr<TemporaryDirectory> directory_;
  asio::io_context io_{1};
  SystemClock clock_;
  std::unique_ptr<Random> random_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
};

class DriftCommand : public testing::Test {
 protected:
  int drift(const std::vector<std::string>& apps = {}, const std::string& output = "text") {
    DriftArguments arguments;
    arguments.config = world.config;
    arguments.apps = apps;
    arguments.output = output;
    out.str("");
    err.str("");
    return run_drift(arguments, *create_system_environment(), out, err);
  }
  SandboxThread world;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(DriftCommand, TellsWhatDiffersAndWritesNothing) {
  EXPECT_EQ(drift(), 0) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("checkout: Synced"));
  world.scale_checkout(7);
  EXPECT_EQ(drift(), 1) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("checkout: OutOfSync, live-edited"));
  EXPECT_EQ(drift({"checkout"}, "json"), 1) << err.str();
  const auto document = json::parse(out.str());
  ASSERT_EQ(document.at("apps").size(), 1U);
  const auto& app = document.at("apps").at(0);
  EXPECT_EQ(app.at("state"), "OutOfSync");
  EXPECT_FALSE(app.at("as_of").is_null());
  const auto& field = app.at("objects").at(0).at("fields").at(0);
  EXPECT_EQ(field.at("path"), ".spec.replicas");
  EXPECT_EQ(field.at("live"), 7);
  EXPECT_EQ(app.at("objects").at(0).at("notes"), json::array()) << "confirmed by a dry-run";
  EXPECT_EQ(drift({"storefront"}), 0) << out.str();
  EXPECT_FALSE(std::filesystem::exists(world.data() + "/driftwarden.db"));
}

TEST_F(DriftCommand, AnUnknownNameIsAnErrorWithAGuess) {
  EXPECT_EQ(drift({"chekout"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("unknown App \"chekout\", did you mean \"checkout\"?"));
  EXPECT_EQ(out.str(), "");
}

TEST(DriftCommandAlone, AConfigThatCannotBeReadIsAnError) {
  std::ostringstream out;
  std::ostringstream err;
  DriftArguments arguments;
  arguments.config = "no-such-file.yaml";
  EXPECT_EQ(run_drift(arguments, *create_system_environment(), out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("no-such-file.yaml"));
}

}  // namespace
}  // namespace driftwarden
