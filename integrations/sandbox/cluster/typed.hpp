#pragma once
// Typed values as structured-merge-diff sees them: which fields a value sets, what differs, merging, removing.
#include "integrations/sandbox/cluster/field_set.hpp"
#include "integrations/sandbox/cluster/schema.hpp"

#include <string>

namespace driftwarden::sandbox::cluster {

struct Comparison {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;
};

/// The element's path spelling; "" when a key is missing (`why` then says which).
std::string list_element(const TypeRef& list, const Json& item, std::string* why = nullptr);
FieldSet to_field_set(const TypeRef& type, const Json& value);
Comparison compare(const TypeRef& type, const Json& before, const Json& after);
/// `config` over `live`, lists in the config's order. Both must have passed check_lists.
Json merge(const TypeRef& type, const Json& live, const Json& config);
Json remove_items(const TypeRef& type, const Json& value, const FieldSet& items);
/// Struct fields on the way to a member become members too.
FieldSet ensure_named_members(const FieldSet& set, const TypeRef& type);
/// "" when every value has its type's shape, and keyed lists and sets have their keys and no duplicates; else the server's words.
std::string check_lists(const TypeRef& type, const Json& value, const std::string& path = {});

}  // namespace driftwarden::sandbox::cluster
