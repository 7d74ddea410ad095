#include "gitops/diff/schema_table.hpp"

#include "gitops/base/text.hpp"
#include "gitops/diff/schema_node.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;

class TableReader {
 public:
  explicit TableReader(SchemaSet& set) : set_(set) {}

  void read(std::string_view table) {
    for (const auto& line : split(table, '\n')) {
      const auto words = split(line, ' ');
      if (words.size() == 4 && words[0] == ">") {
        set_.name(words[1], words[2], &definition(number(words[3])));
      } else if (words.size() > 1) {
        fill(definition(number(words[0])), words);
      }
    }
  }

 private:
  static std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  SchemaNode& definition(std::size_t number) {
    auto& node = definitions_[number];
    if (node == nullptr) node = &set_.create();
    return *node;
  }

  void fill(SchemaNode& node, const std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto colon = words[i].find(':');
      node.fields.emplace_back(words[i].substr(0, colon), type(std::string_view(words[i]).substr(colon + 1)));
    }
    std::sort(node.fields.begin(), node.fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  const SchemaNode* type(std::string_view text) {
    if (text.starts_with('@')) return &definition(number(text.substr(1)));
    auto& node = set_.create();
    if (const auto equals = text.find('='); equals != std::string_view::npos && text[0] != '#') {
      node.fallback = json::parse(text.substr(equals + 1), nullptr, false);
      text = text.substr(0, equals);
    }
    switch (text[0]) {
      case 'q': node.format = SchemaNode::Format::Quantity; break;
      case 'i': node.format = SchemaNode::Format::IntOrString; break;
      case 't': node.format = SchemaNode::Format::Time; break;
      case 'y': node.format = SchemaNode::Format::Bytes; break;
      case '*': node.element = type(text.substr(1)); break;
      case '%':
        node.list = SchemaNode::List::Set;
        node.element = type(text.substr(1));
        break;
      case '+':
        node.free_keys = true;
        node.element = type(text.substr(1));
        break;
      case '!': {
        const auto* inner = type(text.substr(1));
        node.shape = &inner->body();
        node.atomic = true;
        break;
      }
      case '#': keyed_list(node, text.substr(1)); break;
      default: break;
    }
    return &node;
  }

  void keyed_list(SchemaNode& node, std::string_view text) {
    const auto open = text.find('(');
    node.list = SchemaNode::List::Keyed;
    node.element = type(text.substr(open + 1, text.size() - open - 2));
    for (const auto& key : split(text.substr(0, open), ',')) {
      const auto equals = key.find('=');
      node.keys.push_back({key.substr(0, equals), equals == std::string::npos ? json() : json::parse(key.substr(equals + 1), nullptr, false)});
    }
  }

  SchemaSet& set_;
  std::map<std::size_t, SchemaNode*> definitions_;
};

}  // namespace

const Schemas& built_in_schemas() {
  static const SchemaSet* const set = [] {
    auto* built = new SchemaSet();  // lives as long as the program: nodes are handed out by pointer
    TableReader(*built).read(kBuiltInTable);
    return built;
  }();
  return *set;
}

}  // namespace driftwarden
