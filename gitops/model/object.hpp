#pragma once
#include <compare>
#include <string>
#include <string_view>

namespace driftwarden {

/// group + kind; the version only says in which spelling an object is read.
struct GroupKind {
  std::string group;  ///< "" is the core group
  std::string kind;
  auto operator<=>(const GroupKind&) const = default;
};

struct ObjectRef {
  std::string group;
  std::string version;
  std::string kind;
  std::string namespace_;  ///< "" for cluster-wide kinds
  std::string name;

  auto operator<=>(const ObjectRef&) const = default;
  GroupKind group_kind() const { return {group, kind}; }
  /// "apps/v1", or "v1" for the core group.
  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  void set_api_version(std::string_view api_version);
};

/// Two refs that differ in the version only are the same object.
bool same_object(const ObjectRef& a, const ObjectRef& b);
/// Identity without the version: "apps/Deployment:shop/checkout", the form that the tracking annotation uses after the App's name.
std::string object_id(const ObjectRef& ref);
/// For people: "Deployment shop/checkout", "Namespace shop".
std::string to_string(const ObjectRef& ref);

}  // namespace driftwarden
