#pragma once
// Files of sealed rows, `audit-<first>-<last>.jsonl`: one JSON object per line with all that the hash covers, so that they can be read and checked
// without a database. A text that isn't UTF-8 is in "<name>_base64". Internal to storage/ and its tests.
#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::storage {

struct RowRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::string archive_name(RowRange rows);
/// Nothing when the file is named otherwise.
std::optional<RowRange> archive_range(std::string_view name);

std::string archive_line(const AuditRow& row);
/// The rows as they are written there, unchecked. Corrupt for what isn't an archive.
Result<std::vector<AuditRow>> parse_archive(std::string_view text);

}  // namespace driftwarden::storage
