#pragma once
// Inside of reading Infracost's JSON.
#include "gitops/base/result.hpp"
#include "gitops/model/cost.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::infracost {

/// "12.3456789" as 12345679, "1e2" as 100000000; nothing where it is no number, or too large.
std::optional<std::int64_t> micros_of(std::string_view text);
/// Of files: all of it stands in `after`, and no line is left out.
Result<CostChange> parse_files(std::string_view json);
/// The largest difference first, and so many.
void order_lines(std::vector<CostLine>& lines);
/// `name` stands before what it tells. Corrupt: another currency, or too much money.
Result<void> add_to(CostChange& sum, CostChange part, const std::string& name);

}  // namespace driftwarden::infracost
