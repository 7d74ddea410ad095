#include "tests/sim/ground.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::sim {

void Totals::add(const Totals& other) {
  seeds += other.seeds;
  calls += other.calls;
  for (const auto& [kind, count] : other.faults) faults[kind] += count;
  crashes += other.crashes;
  power_cuts += other.power_cuts;
  restarts += other.restarts;
  lost_writes += other.lost_writes;
  checks += other.checks;
  transactions += other.transactions;
  minutes += other.minutes;
  said += other.said;
  for (const auto& [what, count] : other.reached) reached[what] += count;
}

std::string Totals::to_text() const {
  return nlohmann::json{{"seeds", seeds},   {"calls", calls},       {"faults", faults},           {"crashes", crashes}, {"power_cuts", power_cuts}, {"restarts", restarts}, {"lost_writes", lost_writes},
                        {"checks", checks}, {"minutes", minutes}, {"transactions", transactions}, {"said", said},       {"reached", reached}}
      .dump();
}

Totals Totals::from_text(const std::string& text) {
  const auto read = nlohmann::json::parse(text);
  Totals totals;
  totals.seeds = read.at("seeds");
  totals.calls = read.at("calls");
  totals.faults = read.at("faults").get<std::map<std::string, std::uint64_t>>();
  totals.crashes = read.at("crashes");
  totals.power_cuts = read.at("power_cuts");
  totals.restarts = read.at("restarts");
  totals.lost_writes = read.at("lost_writes");
  totals.checks = read.at("checks");
  totals.minutes = read.at("minutes");
  totals.transactions = read.at("transactions");
  totals.said = read.at("said");
  totals.reached = read.at("reached").get<std::map<std::string, std::uint64_t>>();
  return totals;
}

Ground::Ground(std::uint64_t seed, bool traced, const Mutant* planted) : random(create_seeded_random(seed * 0x9E3779B97F4A7C15ULL + 1)), mutant(planted), traced_(traced) {
  // Some seeds are calm, some are a bad day; each has its own kind of trouble.
  const auto heat = random->unit();
  const auto some_rate = [&](double most) { return random->below(3) == 0 ? 0.0 : most * heat * random->unit(); };
  rates.fail = some_rate(0.25);
  rates.hang = some_rate(0.05);
  rates.lost = some_rate(0.15);
  rates.twice = some_rate(0.10);
  rates.late = some_rate(0.15);
  rates.limit = some_rate(0.20);
  rates.disk = some_rate(0.01);
  rates.die = random->below(4) == 0 ? 0.0 : 0.003 * random->unit();
  deaths_left = static_cast<int>(random->below(5));
}

void Ground::die(const std::string& where) {
  if (dying) return;
  dying = true;
  why_dying = where;
  --deaths_left;
  ++totals.crashes;
  say("the process dies " + where);
}

bool Ground::dies_at(const std::string& where) {
  if (faults_stopped || deaths_left <= 0 || gone() || !chance(rates.die)) return false;
  die(where);
  return true;
}

void Ground::say(const std::string& line) {
  const auto passed = time.elapsed().count();
  const auto text = fmt::format("[{:>4}.{:03}] {}\n", passed / 1000, passed % 1000, line);
  for (const unsigned char c : text) digest_ = (digest_ ^ c) * 1099511628211ULL;
  if (traced_) trace_ += text;
}

void Ground::check(bool holds, const std::string& invariant, const std::function<std::string()>& what) {
  ++totals.checks;
  if (holds || broken_) return;
  broken_ = Broken{invariant, what(), time.elapsed()};
  say(fmt::format("BROKEN {}: {}", invariant, broken_->what));
}

Fate draw_fate(Ground& ground, const std::string& what, const Kinds& kinds) {
  ++ground.totals.calls;
  Fate fate;
  fate.there = ground.some(Duration{2}, Duration{80});
  fate.back = ground.some(Duration{2}, Duration{80});
  if (ground.faults_stopped) return fate;
  const auto& rates = ground.rates;
  if (ground.chance(rates.late)) {
    ground.fault("late");
    (ground.random->below(2) == 0 ? fate.there : fate.back) += ground.some(Duration{500}, Duration{9'000});
  }
  // Where most is at stake it dies more often.
  const bool grave = what.ends_with("merge") || what.ends_with("apply") || what.ends_with("postMessage") || what.ends_with("open") || what.ends_with("patch");
  if (ground.deaths_left > 0 && ground.chance(grave ? 10 * rates.die : rates.die)) {
    fate.kind = ground.random->below(2) == 0 || !kinds.has_effect ? Fate::Kind::DiesBefore : Fate::Kind::DiesAfter;
    return fate;
  }
  if (ground.chance(rates.fail)) {
    ground.fault("failed");
    fate.kind = Fate::Kind::Fails;
  } else if (ground.chance(rates.hang)) {
    ground.fault("hung");
    fate.kind = Fate::Kind::Hangs;
  } else if (ground.chance(rates.lost)) {
    ground.fault("answer lost");
    fate.kind = Fate::Kind::Lost;
  } else if (kinds.may_repeat && ground.chance(rates.twice)) {
    ground.fault("twice");
    fate.twice = true;
  }
  return fate;
}

asio::awaitable<Result<void>> wait_or_die(Ground& ground, Duration wait) {
  if (ground.clock == nullptr) co_return dead_process();
  auto sleeping = ground.clock->sleep_for(wait);
  const auto slept = co_await std::move(sleeping);
  if (!slept) co_return slept.error();
  if (ground.dying) {
    co_await never(ground);
    co_return dead_process();
  }
  co_return Result<void>{};
}

asio::awaitable<void> never(Ground& ground) {
  if (ground.clock == nullptr) co_return;
  auto sleeping = ground.clock->sleep_for(std::chrono::hours{24 * 365});
  (void)co_await std::move(sleeping);
}

}  // namespace driftwarden::sim
