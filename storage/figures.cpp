// How full and how large the database is: what a monitor asks for.
#include "storage/transaction.hpp"

namespace driftwarden::storage {

Result<StoreFigures> SqliteTransaction::figures(WallTime now) {
  return step("counting what waits", [&] {
    StoreFigures figures;
    {
      auto inbox = session_.query("SELECT count(*), min(received_at) FROM inbox WHERE finished_at IS NULL");
      inbox.next();
      figures.inbox_waiting = static_cast<std::size_t>(inbox.integer(0));
      figures.inbox_oldest = inbox.optional_time(1);
    }
    {
      auto kinds = session_.query("SELECT kind, count(*) FROM outbox WHERE state < 2 GROUP BY kind");
      while (kinds.next()) figures.outbox_waiting[kinds.text(0)] = static_cast<std::size_t>(kinds.integer(1));
    }
    {
      // A row that waits for its time isn't late, however old it is.
      auto due = session_.query("SELECT min(max(created_at, not_before)) FROM outbox WHERE state < 2 AND not_before <= ?", now);
      due.next();
      figures.outbox_oldest_due = due.optional_time(0);
    }
    {
      // Without a gap from the first that is still here to the last; with none here all are sealed.
      auto audit = session_.query("SELECT coalesce((SELECT seq FROM audit_head WHERE one = 1), 0), (SELECT min(seq) FROM audit)");
      audit.next();
      figures.audit_rows = audit.integer(0);
      figures.audit_sealed = audit.is_null(1) ? figures.audit_rows : audit.integer(1) - 1;
    }
    auto& database = session_.database();
    const auto page = database.execAndGet("PRAGMA page_size").getInt64();
    figures.bytes = page * database.execAndGet("PRAGMA page_count").getInt64();
    figures.free_bytes = page * database.execAndGet("PRAGMA freelist_count").getInt64();
    return figures;
  });
}

}  // namespace driftwarden::storage
