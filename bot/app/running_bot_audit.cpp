// The audit log's parts: who the people are, commits past the bot, the daily anchor, the collector.
#include "bot/app/running_bot.hpp"
#include "bot/pulls/commit_sources.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>

namespace driftwarden {
namespace {

constexpr Duration kConnectWithin{10'000};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace

std::string RunningBot::digest_of(const Config& config) {
  std::string all;
  for (const auto& [key, digest] : config.digests) all += key + " " + digest + "\n";
  return sha256_hex(all);
}

AsyncStore::Around RunningBot::naming() {
  return [who = who_, movements = movements_](storage::Transaction& tx, const AsyncStore::Work& work) {
    AuditedTransaction audited(tx, [&who](AuditEntry& entry) { who->complete(entry); });
    return movements->around(audited, work);
  };
}

void RunningBot::make_auditors(const std::map<std::string, Signer>& signers) {
  if (config_.audit.anchor) {
    const auto& given = *config_.audit.anchor;
    AuditAnchor::Parts parts;
    parts.executor = executor_;
    parts.clock = &clock_;
    parts.store = &async_store_;
    parts.outbox = &outbox_;
    parts.with_mirror = [this, repository = given.repository](std::function<Result<std::string>(Mirror&)> work) { return fleet_.repository(repository).with_mirror<std::string>(std::move(work)); };
    parts.branch = given.branch;
    parts.instance = instance_;
    if (const auto signer = signers.find(given.repository); signer != signers.end()) parts.sign = signer->second;
    anchor_ = std::make_unique<AuditAnchor>(std::move(parts));
  }
  if (config_.audit.syslog) {
    const auto& given = *config_.audit.syslog;
    AuditSyslog::Parts parts;
    parts.executor = executor_;
    parts.clock = &clock_;
    parts.random = &random_;
    parts.store = &async_store_;
    parts.connect = [this, given] { return reach_collector(given); };
    parts.collector = fmt::format("{}:{}", given.host, given.port);
    parts.host = host_name();
    parts.instance = instance_;
    syslog_ = std::make_unique<AuditSyslog>(std::move(parts));
  }
}

CommitWatch::Parts RunningBot::commit_parts() {
  CommitWatch::Parts parts;
  parts.executor = executor_;
  parts.clock = &clock_;
  parts.config = &config_;
  parts.store = &async_store_;
  parts.outbox = &outbox_;
  take_sources(parts, fleet_, pointers_to(forges_));
  return parts;
}

asio::awaitable<Result<std::unique_ptr<net::ByteStream>>> RunningBot::reach_collector(SyslogConfig collector) {
  net::Url url;
  url.scheme = collector.tls ? "https" : "http";
  url.host = collector.host;
  url.port = collector.port;
  auto tls = tls_;
  tls.use_environment_proxy = false;
  auto connecting = net::connect(clock_, std::move(url), std::move(tls), clock_.mono_now() + kConnectWithin);
  co_return co_await std::move(connecting);
}

asio::awaitable<void> RunningBot::audit_config(std::string origin, std::string changed, std::string before, std::string after) {
  std::function<Result<void>(storage::Transaction&)> work = [origin, changed, before, after](storage::Transaction& tx) -> Result<void> {
    AuditEntry entry;
    entry.actor = "driftwarden";
    entry.action = "config.taken";
    const nlohmann::ordered_json detail{{"from", origin}, {"changed", changed}, {"before", before}, {"after", after}};
    entry.detail = detail.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    entry.on = after;
    auto written = tx.append_audit(entry);
    if (!written) return written.error();
    return Result<void>{};
  };
  auto working = async_store_.transact(std::move(work));
  const auto kept = co_await std::move(working);
  if (!kept) log_warn("config", kept.error().message);
}

}  // namespace driftwarden
