#include "bot/app/bot.hpp"

#include "bot/app/running_bot.hpp"
#include "bot/config/tls.hpp"
#include "bot/outbox/unwritable.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

namespace driftwarden {
namespace {

Result<Remembered> remember(storage::Store& store, Random& random) {
  Remembered remembered;
  TRY(remembered.instance, store.instance());
  CHECK_OK(store.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(const auto key, tx.setting("redaction_key"));
    remembered.redaction_key = key.value_or("");
    if (remembered.redaction_key.empty()) {
      remembered.redaction_key = random.hex(64);
      CHECK_OK(tx.set_setting("redaction_key", remembered.redaction_key));
    }
    TRY(remembered.identities, tx.identities());
    TRY(remembered.unwritable, unwritable_channels(tx));
    TRY(const auto rows, tx.app_rows());
    for (const auto& row : rows) {
      if (!row.last_synced_revision.empty()) remembered.last_synced.emplace(row.app, row.last_synced_revision);
    }
    return Result<void>{};
  }));
  return remembered;
}

}  // namespace

Result<std::unique_ptr<Bot>> Bot::create(asio::io_context& io, Clock& clock, Random& random, Config config, BotOptions options) {
  if (const auto directory = std::filesystem::path(config.storage.path).parent_path(); !directory.empty()) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) return Error{ErrorKind::Unavailable, fmt::format("the directory {} can't be made: {}", directory.string(), failed.message())};
  }
  TRY(auto tls, tls_options(config.tls));
  auto store = std::move(options.store);
  if (!store) {
    storage::StoreOptions store_options;
    store_options.leads = options.may_speak;
    TRY(store, storage::Store::open(config.storage.path, clock, store_options));
  }
  TRY(auto remembered, remember(*store, random));
  auto calls = std::make_shared<CallCounts>();
  const ClusterAnswer on_answer = [calls](const std::string& cluster, unsigned status) { calls->add("cluster " + cluster, status); };
  TRY(auto clusters, make_clusters(io.get_executor(), clock, random, config, on_answer, options.may_speak));
  TRY(auto signers, make_signers(config, std::filesystem::path(config.storage.path).parent_path().string() + "/keys"));
  auto bot = std::make_unique<RunningBot>(io, clock, random, std::move(config), std::move(options), std::move(store), std::move(remembered), std::move(clusters),
                                          std::move(signers), std::move(tls), std::move(calls));
  CHECK_OK(bot->listen());
  return std::unique_ptr<Bot>(std::move(bot));
}

}  // namespace driftwarden
