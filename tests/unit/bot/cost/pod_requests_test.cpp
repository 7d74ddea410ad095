#include "bot/cost/pod_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct PodRow {
  std::string name;
  std::string spec;
  std::string cpu;     ///< "" = none is counted
  std::string memory;
  friend void PrintTo(const PodRow& row, std::ostream* out) { *out << row.name; }
};

std::string container(const std::string& cpu, const std::string& memory, const std::string& more = "") {
  return R"({"name":"c","resources":{"requests":{"cpu":")" + cpu + R"(","memory":")" + memory + R"("}})" + more + "}";
}

class PodRequestsTable : public testing::TestWithParam<PodRow> {};
TEST_P(PodRequestsTable, AsTheSchedulerCounts) {
  const auto requests = pod_requests(nlohmann::json::parse(GetParam().spec));
  const auto is = [&](const char* resource, const std::string& wanted) {
    const auto found = requests.amounts.find(resource);
    if (wanted.empty()) return found == requests.amounts.end();
    return found != requests.amounts.end() && found->second == *parse_quantity(wanted);
  };
  EXPECT_TRUE(is("cpu", GetParam().cpu));
  EXPECT_TRUE(is("memory", GetParam().memory));
}

const std::string kAlways = R"(,"restartPolicy":"Always")";
INSTANTIATE_TEST_SUITE_P(
    Pods, PodRequestsTable,
    testing::Values(
        PodRow{"ContainersAddUp", R"({"containers":[)" + container("100m", "1Gi") + "," + container("0.2", "512Mi") + "]}", "300m", "1.5Gi"},
        PodRow{"ALargeInitContainerIsTheLargestMoment", R"({"containers":[)" + container("100m", "1Gi") + R"(],"initContainers":[)" + container("2", "256Mi") + "," + container("1", "2Gi") + "]}", "2", "2Gi"},
        PodRow{"ASmallInitContainerIsNothing", R"({"containers":[)" + container("1", "1Gi") + R"(],"initContainers":[)" + container("100m", "1Mi") + "]}", "1", "1Gi"},
        PodRow{"ASidecarRunsBesideThem", R"({"containers":[)" + container("1", "1Gi") + R"(],"initContainers":[)" + container("500m", "256Mi", kAlways) + "]}", "1500m", "1.25Gi"},
        PodRow{"AnInitContainerRunsBesideEarlierSidecars",
               R"({"containers":[)" + container("1", "1Gi") + R"(],"initContainers":[)" + container("1", "1Gi", kAlways) + "," + container("2", "1Gi") + "]}", "3", "2Gi"},
        PodRow{"AnInitContainerBeforeASidecarRunsAlone",
               R"({"containers":[)" + container("1", "1Gi") + R"(],"initContainers":[)" + container("2", "1Gi") + "," + container("1", "1Gi", kAlways) + "]}", "2", "2Gi"},
        PodRow{"AnOverheadComesOnTop", R"({"containers":[)" + container("1", "1Gi") + R"(],"overhead":{"cpu":"250m","memory":"128Mi"}})", "1250m", "1152Mi"},
        PodRow{"AnInitContainersMomentHasItsOverhead", R"({"containers":[)" + container("1", "1Gi") + R"(],"initContainers":[)" + container("2", "1Gi") + R"(],"overhead":{"cpu":"1"}})", "3", "1Gi"},
        PodRow{"LimitsAreRequestsWhereNoneAreGiven", R"({"containers":[{"name":"c","resources":{"limits":{"cpu":"2","memory":"1Gi"},"requests":{"cpu":"1"}}}]})", "1", "1Gi"},
        PodRow{"ThePodsOwnRequestsStandInPlace", R"({"containers":[)" + container("1", "1Gi") + R"(],"resources":{"requests":{"cpu":"3"}}})", "3", "1Gi"},
        PodRow{"ThePodsOwnLimitIsForWhatNobodyRequests", R"({"containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}],"resources":{"limits":{"cpu":"3","memory":"2Gi"}}})", "1", "2Gi"},
        PodRow{"NothingIsNothing", R"({"containers":[{"name":"c"}]})", "", ""}, PodRow{"NoContainers", R"({"containers":"none","initContainers":7})", "", ""}),
    [](const auto& row) { return row.param.name; });

TEST(PodRequests, SaysWhatItLacks) {
  const auto missing = [](const std::string& spec) { return pod_requests(nlohmann::json::parse(spec)).missing; };
  EXPECT_THAT(missing(R"({"containers":[{"name":"web","resources":{"requests":{"cpu":"1"}}}]})"), ElementsAre("container web requests no memory"));
  EXPECT_THAT(missing(R"({"containers":[{"resources":null}]})"), ElementsAre("container without a name requests no cpu", "container without a name requests no memory"));
  EXPECT_THAT(missing(R"({"containers":[{"name":"a","resources":{"requests":{"cpu":"lots","memory":"1Gi"}}}]})"), ElementsAre("container a: cpu can't be read"));
  EXPECT_THAT(missing(R"({"containers":[{"name":"a"}],"resources":{"requests":{"cpu":"1"},"limits":{"memory":"1Gi"}}})"), IsEmpty());
  EXPECT_THAT(missing(R"({"containers":[],"initContainers":[{"name":"migrate"}]})"), IsEmpty()) << "it is over soon";
}

}  // namespace
}  // namespace driftwarden
