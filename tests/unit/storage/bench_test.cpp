// Measures, asserts next to nothing: run with --gtest_also_run_disabled_tests --gtest_filter=*Bench*.
#include "gitops/base/clock.hpp"
#include "tests/unit/storage/fixture.hpp"

#include <fmt/core.h>

namespace driftwarden::storage {
namespace {

using namespace std::chrono_literals;

class StoreBench : public StoreTest {
 protected:
  using Works = std::vector<std::function<Result<void>(Transaction&)>>;

  static Result<void> append(Transaction& tx) {
    CHECK_OK(tx.append_audit({.actor = "alice",
                              .action = "change.approved",
                              .app = "checkout",
                              .subject = "C-12",
                              .detail = R"({"head":"4f2c81a9d0b3c7e6","digest":"b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c","via":"chat"})",
                              .where = "C123/1700000000.000100",
                              .on = "4f2c81a9d0b3c7e6"}));
    return {};
  }
  /// Per second, of `count` of something that `work` does.
  template <class Work>
  void measure(const char* what, int count, Work&& work) {
    const auto begin = real.mono_now();
    work();
    const auto took = std::chrono::duration<double>(real.mono_now() - begin).count();
    fmt::print("{:<44} {:>10.0f} rows/s  ({} in {:.3f} s)\n", what, count / took, count, took);
  }
  SystemClock real;
};

TEST_F(StoreBench, DISABLED_AuditRowsPerSecond) {
  measure("one transaction per row", 2000, [&] {
    for (int at = 0; at < 2000; ++at) ASSERT_TRUE(store->transact(append));
  });
  measure("fifty transactions grouped", 10'000, [&] {
    const Works works(50, append);
    for (int at = 0; at < 200; ++at) ASSERT_TRUE(store->transact_all(works)[0]);
  });
  measure("one transaction of all", 50'000, [&] {
    ASSERT_TRUE(store->transact([](Transaction& tx) -> Result<void> {
      for (int at = 0; at < 50'000; ++at) CHECK_OK(append(tx));
      return {};
    }));
  });
  measure("verify", 62'000, [&] { ASSERT_TRUE(store->verify_audit()->empty()); });
  clock.advance(1h);
  const auto archives = (directory / "audit").string();
  int sealed = 0;
  const auto begin = real.mono_now();
  for (bool more = true; more;) {
    const auto report = store->seal_audit(clock.wall_now(), archives);
    ASSERT_TRUE(report) << report.error().message;
    sealed += static_cast<int>(report->rows);
    more = report->more;
  }
  const auto took = std::chrono::duration<double>(real.mono_now() - begin).count();
  fmt::print("{:<44} {:>10.0f} rows/s  ({} in {:.3f} s)\n", "seal", sealed / took, sealed, took);
  measure("verify the archives", sealed, [&] { ASSERT_TRUE(store->verify_archives(archives)->empty()); });
}

}  // namespace
}  // namespace driftwarden::storage
