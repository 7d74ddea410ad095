#pragma once
#include "gitops/base/async.hpp"
#include "gitops/repository/mirror.hpp"
#include "integrations/forge/forge.hpp"
#include "tests/contract/forge/backend.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace driftwarden::test {

constexpr std::chrono::seconds kForgePatience{60};

class ForgeContract : public testing::TestWithParam<ForgeBackend> {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <class T>
  T wait(asio::awaitable<T> task) {
    return run(io, std::move(task), kForgePatience);
  }
  /// The mirror blocks: it works on a pool thread while the loop here moves its bytes.
  template <class Work>
  auto blocking(Work work) {
    return wait(offload(pool.get_executor(), std::move(work)));
  }

  std::unique_ptr<forge::Forge> make_forge(const std::string& token, const std::string& project);
  /// A commit on top of main that sets replicas, pushed to `branch`; its id.
  std::string push(const std::string& branch, int replicas, const std::string& message = "scale the shop");
  forge::PullRequest open(const std::string& branch, const std::string& body = "why");
  /// Alice's review, straight through the API.
  unsigned review(std::int64_t number, const std::string& event, const std::string& body = "seen");
  nlohmann::json get_json(const std::string& path);
  /// A request below the project, for what people and administrators do.
  net::HttpResponse send(const std::string& method, const std::string& path, const nlohmann::json& body, const std::string& token);
  void set_check(const std::string& sha, const std::string& context, const std::string& state);
  void protect(const nlohmann::json& rule);
  forge::MergeGate gate(std::int64_t number);
  /// Gitea looks at a pull request in the background; asks until `done`, for a minute.
  template <class Ask, class Done>
  auto until(Ask ask, Done done) {
    auto answer = ask();
    for (int tries = 0; tries < 600 && !done(answer); ++tries) {
      EXPECT_TRUE(wait(clock.sleep_for(Duration{100})));
      answer = ask();
    }
    return answer;
  }

  asio::io_context io;
  SystemClock clock;
  std::unique_ptr<Random> random = create_system_random();
  std::unique_ptr<net::HttpClient> http;
  asio::thread_pool pool{1};
  std::unique_ptr<ForgeUnderTest> server;
  std::unique_ptr<forge::Forge> bot;
  std::unique_ptr<Mirror> mirror;
  std::map<std::string, std::string> last_pushed;  ///< by branch
  std::string directory;
};

}  // namespace driftwarden::test
