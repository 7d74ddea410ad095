#include "bot/terminal/compare_pairs.hpp"

#include "bot/terminal/local_files.hpp"
#include "gitops/diff/compare.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;
constexpr std::string_view kDesired = ".desired.json";

struct Texts {
  std::string name;
  std::string desired;
  std::string live;
};

struct Parsed {
  json desired;
  json live;
};

Result<std::vector<Texts>> read_pairs(const std::string& directory) {
  std::error_code failed;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(kDesired)) names.push_back(name.substr(0, name.size() - kDesired.size()));
  }
  if (failed) return Error{ErrorKind::NotFound, fmt::format("{}: {}", directory, failed.message())};
  if (names.empty()) return Error{ErrorKind::NotFound, fmt::format("{}: no NNNNNN.desired.json in it", directory)};
  std::sort(names.begin(), names.end());
  std::vector<Texts> pairs;
  for (const auto& name : names) {
    const auto base = (fs::path(directory) / name).string();
    TRY(auto desired, read_local_file(base + std::string(kDesired)));
    TRY(auto live, read_local_file(base + ".live.json"));
    pairs.push_back({base, std::move(desired), std::move(live)});
  }
  return pairs;
}

/// A missing side is an empty file or `null`.
Result<Parsed> parse(const Texts& texts) {
  Parsed parsed;
  const auto read = [](const std::string& text) { return text.empty() ? json() : json::parse(text, nullptr, false); };
  parsed.desired = read(texts.desired);
  parsed.live = read(texts.live);
  if (parsed.desired.is_discarded() || parsed.live.is_discarded()) return Error{ErrorKind::InvalidInput, fmt::format("{}.*.json: not JSON", texts.name)};
  return parsed;
}

bool is_drift(const Parsed& pair, const CompareContext& context) {
  const auto drift = compare(pair.desired.is_object() ? &pair.desired : nullptr, pair.live.is_object() ? &pair.live : nullptr, nullptr, nullptr, context);
  return drift.verdict != Verdict::Synced && drift.verdict != Verdict::Untracked;
}

struct Timed {
  std::size_t drifted = 0;
  double per_second = 0;
};

/// Runs `judge(i)` for every pair, `repeat` times over, on `threads` threads.
Timed timed(std::size_t pairs, int repeat, int threads, const std::function<bool(std::size_t)>& judge) {
  const auto total = pairs * static_cast<std::size_t>(repeat);
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> drifted{0};
  constexpr std::size_t kBatch = 64;
  const auto work = [&] {
    std::size_t found = 0;
    for (auto start = next.fetch_add(kBatch); start < total; start = next.fetch_add(kBatch)) {
      const auto end = std::min(start + kBatch, total);
      for (auto i = start; i < end; ++i) found += judge(i % pairs) ? 1 : 0;
    }
    drifted += found;
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (int i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (auto& worker : workers) worker.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return {drifted / static_cast<std::size_t>(repeat), static_cast<double>(total) / std::max(took.count(), 1e-9)};
}

}  // namespace

Result<PairFigures> compare_pairs(const CompareArguments& arguments) {
  if (arguments.repeat < 1 || arguments.threads < 1) return Error{ErrorKind::InvalidInput, "--repeat and --threads must be at least 1"};
  TRY(const auto texts, read_pairs(arguments.pairs));
  std::vector<Parsed> parsed;
  parsed.reserve(texts.size());
  for (const auto& text : texts) {
    TRY(auto pair, parse(text));
    parsed.push_back(std::move(pair));
  }
  std::unique_ptr<Schemas> schemas;
  if (!arguments.openapi.empty()) {
    TRY(schemas, load_openapi_directory(arguments.openapi));
  }
  const Redactor redactor("pairs");
  CompareContext context;
  context.redactor = &redactor;
  context.schemas = schemas.get();
  context.app = arguments.app;
  const auto compared = timed(parsed.size(), arguments.repeat, arguments.threads, [&](std::size_t i) { return is_drift(parsed[i], context); });
  const auto whole = timed(texts.size(), 1, arguments.threads, [&](std::size_t i) {
    const auto pair = parse(texts[i]);
    return pair && is_drift(*pair, context);
  });
  return PairFigures{texts.size(), compared.drifted, compared.per_second, whole.per_second};
}

std::string pairs_text(const PairFigures& figures, const std::string& output) {
  if (output == "text") {
    return fmt::format("{} pairs, {} drifted, {:.0f} compares/s of parsed objects, {:.0f} compares/s from JSON bytes\n", figures.pairs, figures.drifted,
                       figures.compares_per_s, figures.end_to_end_per_s);
  }
  const json out{
      {"pairs", figures.pairs}, {"drifted", figures.drifted}, {"compares_per_s", figures.compares_per_s}, {"end_to_end_per_s", figures.end_to_end_per_s}};
  return out.dump() + "\n";
}

}  // namespace driftwarden
