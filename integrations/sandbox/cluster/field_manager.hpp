#pragma once
// Who owns which field: metadata.managedFields for updates, applies and scales, as apimachinery's managedfields package keeps it.
#include "integrations/sandbox/cluster/field_set.hpp"
#include "integrations/sandbox/cluster/schema.hpp"
#include "integrations/sandbox/cluster/status.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

struct ManagerEntry {
  std::string manager;
  std::string operation;  ///< Apply or Update
  std::string api_version;
  std::string subresource;
  std::string time;  ///< "" = none
  FieldSet fields;
  /// An applier is known by its name whatever version it used.
  bool same_manager(const ManagerEntry& other) const;
};
using Managers = std::vector<ManagerEntry>;

Managers managers_of(const Json& object);
/// Sorted as the server writes them. An empty list becomes null.
Json to_json(Managers managers);

struct Writer {
  std::string manager;
  std::string api_version;
  std::string subresource;
  std::string time;
  TypeRef type;
  FieldSet reset_fields;       ///< what this endpoint doesn't write: status, or spec on the status subresource
  Json zero = Json::object();  ///< a new object of the kind
};

/// managedFields after `next` (defaulted) replaced `live` by anything but an apply. On creation `live` is the kind's zero value.
Json managed_after_update(const Writer& writer, const Json& live, const Json& next);

struct Applied {
  Json object;  ///< not yet defaulted, without managedFields
  Json managed_fields;
};
/// Server-side apply of `config` over `live`. Conflict (409) unless `force` or the last-applied annotation allows it.
Outcome<Applied> apply_config(const Writer& writer, const Json& live, const Json& config, bool force);

/// managedFields of the parent after its replicas were changed through the scale subresource.
Json managed_after_scale(const Writer& writer, const Json& live, bool changed, bool apply, long long replicas);

}  // namespace driftwarden::sandbox::cluster
