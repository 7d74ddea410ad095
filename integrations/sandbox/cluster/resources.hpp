#pragma once
// The kinds that are served, built-in and from CustomResourceDefinitions.
#include "integrations/sandbox/cluster/json.hpp"
#include "integrations/sandbox/cluster/schema.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

struct PrinterColumn {
  std::string name;
  std::string type;
  std::string json_path;
  std::string format;
  std::string description;
  int priority = 0;
};

struct Resource {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::string list_kind;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool status = false;
  bool scale = false;
  bool log = false;
  bool generation = false;  ///< metadata.generation counts changes of the spec
  bool custom = false;
  const TypeDef* type = nullptr;
  std::vector<PrinterColumn> columns;  ///< of custom kinds

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  /// Where its objects are kept: all versions of a kind share it.
  std::string storage() const { return group + "/" + plural; }
};
using ResourcePtr = std::shared_ptr<const Resource>;

class Resources {
 public:
  Resources();
  ResourcePtr find(const std::string& group, const std::string& version, const std::string& plural) const;
  ResourcePtr find_kind(const std::string& group, const std::string& kind) const;
  bool serves(const std::string& group, const std::string& version) const;
  const std::vector<ResourcePtr>& all() const { return all_; }
  /// The groups in order of first appearance, each with its versions.
  std::vector<std::pair<std::string, std::vector<std::string>>> groups() const;
  /// Replaces what the definition served before.
  void define(const Json& definition);
  void forget(const std::string& group, const std::string& plural);

 private:
  void add(Resource resource);
  std::vector<ResourcePtr> all_;
};

}  // namespace driftwarden::sandbox::cluster
