#include "bot/metrics/metric_text.hpp"

#include "bot/metrics/process_figures.hpp"
#include "tests/support/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace driftwarden {
namespace {

using testing::IsEmpty;

TEST(HistogramTest, CountsWhatIsAtMost) {
  Histogram histogram({1, 5, 10});
  for (const double value : {0.0, 1.0, 1.1, 5.0, 9.0, 100.0}) histogram.observe(value);
  EXPECT_EQ(histogram.at_most(0), 2U);
  EXPECT_EQ(histogram.at_most(1), 4U);
  EXPECT_EQ(histogram.at_most(2), 5U);
  EXPECT_EQ(histogram.at_most(3), 6U);
  EXPECT_EQ(histogram.count(), 6U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 116.1);
}

TEST(HistogramTest, ClocksOfTwoMachinesMayDiffer) {
  Histogram histogram({1});
  histogram.observe(-3);
  histogram.observe(std::nan(""));
  histogram.observe(INFINITY);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0);
}

TEST(MetricTextTest, IsWhatPrometheusReads) {
  Histogram histogram({0.5, 1});
  histogram.observe(0.2);
  histogram.observe(3);
  MetricText text;
  text.one("driftwarden_apps", MetricType::Gauge, "Apps.", 6);
  text.family("driftwarden_stage_seconds", MetricType::Histogram, "How long.");
  text.histogram(histogram, {{"stage", "a"}});
  text.histogram(Histogram({0.5, 1}), {{"stage", "b"}});
  text.family("driftwarden_calls_total", MetricType::Counter, "Calls.");
  text.sample(3, {{"target", "slack"}, {"outcome", "ok"}});
  text.sample(0.25, {{"target", "forge"}, {"outcome", "ok"}});
  EXPECT_EQ(text.text(), R"(# HELP driftwarden_apps Apps.
# TYPE driftwarden_apps gauge
driftwarden_apps 6
# HELP driftwarden_stage_seconds How long.
# TYPE driftwarden_stage_seconds histogram
driftwarden_stage_seconds_bucket{stage="a",le="0.5"} 1
driftwarden_stage_seconds_bucket{stage="a",le="1"} 1
driftwarden_stage_seconds_bucket{stage="a",le="+Inf"} 2
driftwarden_stage_seconds_sum{stage="a"} 3.2
driftwarden_stage_seconds_count{stage="a"} 2
driftwarden_stage_seconds_bucket{stage="b",le="0.5"} 0
driftwarden_stage_seconds_bucket{stage="b",le="1"} 0
driftwarden_stage_seconds_bucket{stage="b",le="+Inf"} 0
driftwarden_stage_seconds_sum{stage="b"} 0
driftwarden_stage_seconds_count{stage="b"} 0
# HELP driftwarden_calls_total Calls.
# TYPE driftwarden_calls_total counter
driftwarden_calls_total{target="slack",outcome="ok"} 3
driftwarden_calls_total{target="forge",outcome="ok"} 0.25
)");
  EXPECT_THAT(test::read_prometheus(text.text()).faults, IsEmpty());
}

TEST(MetricTextTest, LabelsHoldWhateverAClusterIsCalled) {
  MetricText text;
  text.family("a", MetricType::Gauge, "Line one\nand \\ two.");
  text.sample(1, {{"cluster", "say \"hi\"\n\\ there"}});
  text.sample(std::nan(""), {{"cluster", "b"}});
  text.sample(INFINITY, {{"cluster", "c"}});
  EXPECT_EQ(text.text(), "# HELP a Line one\\nand \\\\ two.\n# TYPE a gauge\na{cluster=\"say \\\"hi\\\"\\n\\\\ there\"} 1\na{cluster=\"b\"} NaN\na{cluster=\"c\"} +Inf\n");
  EXPECT_THAT(test::read_prometheus(text.text()).faults, IsEmpty());
}

TEST(MetricTextTest, TheReaderSeesWhatIsWrong) {
  const auto faults = [](const std::string& text) { return test::read_prometheus(text).faults.size(); };
  EXPECT_GT(faults("a 1\n"), 0U) << "no family";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a gauge\na 1\na 2\n"), 0U) << "a series twice";
  EXPECT_GT(faults("# HELP a A.\n# HELP a A.\n# TYPE a gauge\na 1\n"), 0U) << "two HELP";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a counter\na 1\n"), 0U) << "a counter's name";
  EXPECT_GT(faults("# TYPE a gauge\na 1\n"), 0U) << "no HELP";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a gauge\na{b=\"\"\"} 1\n"), 0U) << "an unescaped quote";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"), 0U) << "not cumulative";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n"), 0U) << "+Inf isn't the count";
  EXPECT_GT(faults("# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n"), 0U) << "a sample behind another family";
}

TEST(ProcessFiguresTest, ReadsWhatTheKernelSays) {
  const std::string stat =
      "4711 (drift) war (den) S 1 4711 4711 0 -1 4194560 1234 0 0 0 250 50 0 0 20 0 7 0 900 268435456 2048 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";
  const auto figures = parse_process_stat(stat, {.ticks_per_second = 100, .page_bytes = 4096, .boot_time_seconds = 1'700'000'000});
  ASSERT_TRUE(figures);
  EXPECT_DOUBLE_EQ(figures->cpu_seconds, 3);
  EXPECT_DOUBLE_EQ(figures->threads, 7);
  EXPECT_DOUBLE_EQ(figures->start_time_seconds, 1'700'000'009);
  EXPECT_DOUBLE_EQ(figures->virtual_bytes, 268'435'456);
  EXPECT_DOUBLE_EQ(figures->resident_bytes, 2048 * 4096);
  EXPECT_FALSE(parse_process_stat("4711 nothing", {}));
  EXPECT_FALSE(parse_process_stat("4711 (x) S 1 2", {}));
  EXPECT_DOUBLE_EQ(parse_boot_time("cpu 1 2\nbtime 1700000000\nprocesses 3\n"), 1'700'000'000);
  EXPECT_DOUBLE_EQ(parse_boot_time(""), 0);
}

TEST(ProcessFiguresTest, KnowsThisProcess) {
  const auto figures = read_process_figures();
  ASSERT_TRUE(figures);
  EXPECT_GT(figures->resident_bytes, 1e6);
  EXPECT_GE(figures->open_fds, 3);
  EXPECT_GE(figures->max_fds, figures->open_fds);
  EXPECT_GT(figures->start_time_seconds, 1.5e9);
  MetricText text;
  write(text, *figures);
  EXPECT_THAT(test::read_prometheus(text.text()).faults, IsEmpty());
}

}  // namespace
}  // namespace driftwarden
