#pragma once
// Server-side printing: the columns of `kubectl get`.
#include "gitops/base/clock.hpp"
#include "integrations/sandbox/cluster/resources.hpp"
#include "integrations/sandbox/cluster/store.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

Json table_columns(const Resource& resource);
Json table_row(const Resource& resource, const StoredPtr& object, const std::string& include_object, WallTime now);
/// {"kind":"Table",...} around rows; `list_metadata` becomes its metadata.
Json make_table(Json columns, Json rows, Json list_metadata);
Json partial_metadata(const Json& object);

}  // namespace driftwarden::sandbox::cluster
