#include "integrations/sandbox/cluster/schema.hpp"

#include "gitops/base/text.hpp"

#include <charconv>
#include <stdexcept>

namespace driftwarden::sandbox::cluster {
namespace {

using Types = std::map<std::string, TypeDef, std::less<>>;

Shape scalar_shape(char letter) {
  switch (letter) {
    case 's': return Shape::String;
    case 'i': return Shape::Int32;
    case 'l': return Shape::Int64;
    case 'b': return Shape::Bool;
    case 'f': return Shape::Float;
    case 'q': return Shape::Quantity;
    case 'x': return Shape::IntOrString;
    case 't': return Shape::Time;
    case 'u': return Shape::MicroTime;
    case 'y': return Shape::Bytes;
    case 'j': return Shape::Opaque;
    default: return Shape::Untyped;
  }
}

TypeRef parse_type(Types& types, std::string_view text) {
  TypeRef ref;
  const char first = text.front();
  if (first == '[' || first == '{') {
    ref.shape = first == '[' ? Shape::List : Shape::Map;
    ref.atomic = first == '[';
    ref.element = std::make_shared<TypeRef>(parse_type(types, text.substr(1, text.size() - 2)));
  } else if (text.size() == 1) {
    ref.shape = scalar_shape(first);
  } else {
    ref.shape = Shape::Struct;
    ref.def = &types[std::string(text)];
  }
  return ref;
}

void parse_list_type(TypeRef& ref, const std::string& mark) {
  ref.atomic = mark == "a";
  ref.set = mark == "s";
  if (!ref.atomic && !ref.set) ref.keys = split(mark, ',');
}

int number_of(std::string_view text) {
  int out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

Field parse_field(Types& types, std::string_view word) {
  Field field;
  const auto colon = word.find(':');
  auto name = word.substr(0, colon);
  auto rest = word.substr(colon + 1);
  if (const auto hash = name.find('#'); hash != std::string_view::npos) {
    field.number = number_of(name.substr(hash + 1));
    name = name.substr(0, hash);
  }
  while (!name.empty() && (name.back() == '!' || name.back() == '^' || name.back() == '=')) {
    field.required |= name.back() == '!';
    field.pointer |= name.back() == '^';
    field.always |= name.back() == '=';
    name.remove_suffix(1);
  }
  field.name = std::string(name);
  const bool retain = rest.ends_with('%');
  if (retain) rest.remove_suffix(1);
  const auto tilde = rest.find('~');
  const auto at = rest.substr(0, tilde).find('@');
  field.type = parse_type(types, rest.substr(0, std::min(tilde, at)));
  field.type.retain_keys = retain;
  if (at != std::string_view::npos) parse_list_type(field.type, std::string(rest.substr(at + 1, tilde == std::string_view::npos ? tilde : tilde - at - 1)));
  if (tilde != std::string_view::npos) {
    field.type.merge = true;
    field.type.merge_key = std::string(rest.substr(tilde + 1));
  }
  return field;
}

void parse_types(Types& types, std::string_view text) {
  TypeDef* def = nullptr;
  std::size_t at = 0;
  bool line_start = true;
  while (at < text.size()) {
    if (text[at] == '\n' || text[at] == ' ') {
      line_start = text[at] == '\n';
      ++at;
      continue;
    }
    const auto end = std::min(text.find_first_of(" \n", at), text.size());
    auto word = text.substr(at, end - at);
    if (line_start) {
      const bool atomic = word.ends_with("@a");
      if (atomic) word.remove_suffix(2);
      def = &types[std::string(word)];
      def->name = std::string(word);
      def->atomic = atomic;
    } else if (def != nullptr && word.starts_with('+')) {
      const auto hash = word.find('#');
      def->inlined[number_of(word.substr(hash + 1))] = &types[std::string(word.substr(1, hash - 1))];
    } else if (def != nullptr) {
      def->index.emplace(word.substr(0, word.find_first_of("!^=#:")), def->fields.size());
      def->fields.push_back(parse_field(types, word));
    }
    line_start = false;
    at = end;
  }
}

Types load() {
  Types types;
  for (const char* const table : {kCoreTypes, kWorkloadTypes, kOtherTypes}) parse_types(types, table);
  TypeDef& custom = types["*"];
  custom.open = true;
  custom.fields.push_back(parse_field(types, "metadata=:ObjectMeta"));
  custom.index.emplace("metadata", 0);
  return types;
}

}  // namespace

const Field* TypeDef::find(std::string_view field) const {
  const auto found = index.find(field);
  return found == index.end() ? nullptr : &fields[found->second];
}

const std::map<std::string, TypeDef, std::less<>>& all_types() {
  static const Types types = load();
  return types;
}

const TypeDef* find_type(std::string_view name) {
  const auto found = all_types().find(name);
  return found == all_types().end() ? nullptr : &found->second;
}

const TypeDef& custom_type() { return *find_type("*"); }

const TypeRef& untyped() {
  static const TypeRef ref;
  return ref;
}

TypeRef struct_ref(const TypeDef& def) {
  TypeRef ref;
  ref.shape = Shape::Struct;
  ref.def = &def;
  return ref;
}

}  // namespace driftwarden::sandbox::cluster
