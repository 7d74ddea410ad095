#pragma once
// The judge behind block_kit.hpp: one walk over blocks or a view, one line per mistake.
#include "integrations/sandbox/workspace/block_kit.hpp"

#include <fmt/core.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::sandbox::workspace {

enum class TextKind { Plain, Any };

extern const std::set<std::string> kActionElements;
extern const std::set<std::string> kInputElements;

class Checker {
  using Json = nlohmann::json;


 public:
  explicit Checker(Surface surface) : surface_(surface) {}
  std::vector<std::string> errors;

  void blocks(const Json& blocks, const std::string& at);
  void view(const Json& view);

 private:
  using Check = void (Checker::*)(const Json&, const std::string&);
  struct Rule {
    std::set<std::string> fields;
    Check check;
  };
  static const std::map<std::string, Rule>& block_rules();
  static const std::map<std::string, Rule>& element_rules();

  void fail(const std::string& what, const std::string& at) { errors.push_back(fmt::format("{} [json-pointer:{}]", what, at)); }
  bool has(const Json& object, const char* key, const std::string& at);
  void no_others(const Json& object, const std::set<std::string>& fields, const std::string& at);
  void string(const Json& object, const char* key, std::size_t max, const std::string& at, bool required = false);
  void text(const Json& object, const char* key, std::size_t max, TextKind kind, const std::string& at, bool required = true);
  void text_object(const Json& text, std::size_t max, TextKind kind, const std::string& at);
  bool list(const Json& object, const char* key, std::size_t min, std::size_t max, const std::string& at);
  void element(const Json& element, const std::set<std::string>& allowed, const std::string& at);
  void confirm(const Json& object, const std::string& at);
  void options(const Json& object, std::size_t max, TextKind kind, const std::string& at);
  void option(const Json& option, TextKind kind, bool with_url, const std::string& at);
  void initial(const Json& element, const std::string& at);
  void number(const Json& object, const char* key, long long min, long long max, const std::string& at);
  void flag(const Json& object, const char* key, const std::string& at);

  void section(const Json& block, const std::string& at);
  void header(const Json& block, const std::string& at) { text(block, "text", 150, TextKind::Plain, at); }
  void divider(const Json&, const std::string&) {}
  void context(const Json& block, const std::string& at);
  void actions(const Json& block, const std::string& at);
  void image(const Json& block, const std::string& at);
  void input(const Json& block, const std::string& at);
  void rich_text(const Json& block, const std::string& at);
  void markdown(const Json& block, const std::string& at);
  void rich_leaf(const Json& leaf, const std::string& at);
  void table(const Json& block, const std::string& at);
  void anything(const Json&, const std::string&) {}

  void button(const Json& element, const std::string& at);
  void overflow(const Json& element, const std::string& at);
  void static_select(const Json& element, const std::string& at);
  void external_select(const Json& element, const std::string& at);
  void choices(const Json& element, const std::string& at);
  void moment(const Json& element, const std::string& at);
  void text_input(const Json& element, const std::string& at);

  Surface surface_;
  std::size_t markdown_characters_ = 0;
  int tables_ = 0;
  int focused_ = 0;  ///< elements that want the focus: one per view
};

}  // namespace driftwarden::sandbox::workspace
