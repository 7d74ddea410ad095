#pragma once
// The Go types of the built-in kinds: fields, zero handling, list types, merge keys.
//
// One type per entry of the tables: `Name[@a] field[flags][#n]:type[@list][~merge][%] ...`
//   flags  ! required   ^ a pointer (its zero is kept)   = written even when empty
//   types  s string  i int32  l int64  b bool  f float  q quantity  x int-or-string  t time  u micro time  y base64  j opaque  * untyped
//          Name a struct   [T] a list   {T} a map with string keys
//   @a atomic  @s set  @k1,k2 list keyed by k1 and k2 (lists without are atomic)
//   #n     the field's number in protobuf;  +Name#n: the fields of Name are ours, and n is its number
//   ~key   strategic merge by key (~ alone: by value)   % $retainKeys
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::sandbox::cluster {

enum class Shape { String, Int32, Int64, Bool, Float, Quantity, IntOrString, Time, MicroTime, Bytes, Opaque, Untyped, Struct, List, Map };

struct TypeDef;

struct TypeRef {
  Shape shape = Shape::Untyped;
  const TypeDef* def = nullptr;            ///< of a struct
  std::shared_ptr<const TypeRef> element;  ///< of a list or a map
  bool atomic = false;
  bool set = false;
  std::vector<std::string> keys;  ///< of a keyed list
  bool merge = false;             ///< strategic merge instead of replace
  std::string merge_key;
  bool retain_keys = false;
};

struct Field {
  std::string name;
  TypeRef type;
  bool required = false;
  bool pointer = false;
  bool always = false;
  int number = 0;  ///< in the protobuf encoding
};

struct TypeDef {
  std::string name;
  bool atomic = false;
  bool open = false;  ///< unknown fields are kept (custom kinds)
  std::vector<Field> fields;
  std::map<std::string, std::size_t, std::less<>> index;
  std::map<int, const TypeDef*> inlined;  ///< structs whose fields are ours in JSON, but a message of their own in protobuf
  const Field* find(std::string_view field) const;
};

/// Null when there is no such built-in type.
const TypeDef* find_type(std::string_view name);
/// For custom kinds: typed metadata, everything else as it comes.
const TypeDef& custom_type();
const std::map<std::string, TypeDef, std::less<>>& all_types();
const TypeRef& untyped();
TypeRef struct_ref(const TypeDef& def);

extern const char* const kCoreTypes;
extern const char* const kWorkloadTypes;
extern const char* const kOtherTypes;

}  // namespace driftwarden::sandbox::cluster
