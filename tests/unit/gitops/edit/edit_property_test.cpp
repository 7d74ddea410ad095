// Random edits of nasty texts: what comes back means what was asked, and only the lines of the value changed.
#include "gitops/edit/edit.hpp"
#include "gitops/edit/node_path.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/value_path.hpp"
#include "tests/unit/gitops/edit/nasty_samples.hpp"
#include "tests/unit/gitops/edit/random_documents.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace driftwarden {
namespace {

using nlohmann::json;
using test::NastySample;

const std::vector<json>& new_values() {
  static const std::vector<json> kValues{
      "x", "", " lead", "trail ", "yes", "010", "1e3", "null", "~", "2024-01-01", "12:30:45", "a: b", "a #b", "#x", "- x", "-", "--flag=a,b", "---", "*x", "&x", "!x", "{a}", "[b]",
      "it's", "\"q\"", "back\\slash", "tab\there", "one\ntwo\n", "one\ntwo", "one\n\n\ntwo\n\n", "  deep\nless\n", "\nfirst empty\n", "\n", "cr\r\nlf\r\n", "größe", "😀", "a\u00a0b",
      "nel\u0085x", "ls\u2028x", "del\x7f", "{{ t }}", "%x", "@x", "`x", "?x", "? x", ":x", "<<", "=", "a,b", "a]b", "key: |\n  nested\n", "# only\n", "x\ty\n z\n", true, false, nullptr, 0, -7, 8080,
      1.5, 12345678901234LL, json::object(), json::array(), json{{"k", "v"}}, json{{"name", "n"}, {"value", "1"}, {"a", json::array({1, "2", json::object()})}},
      json::array({"a", "b"}), json::array({json{{"a", 1}, {"b", "two\nlines\n"}}, "x", json::array({1, json::array({"deep"})})}), json{{"m", json{{"n", json{{"o", nullptr}}}}}}};
  return kValues;
}

std::string field(const std::string& name) { return "[" + json(name).dump() + "]"; }

struct Target {
  std::string path;
  const json* value;
};

void paths_of(const json& value, const std::string& path, std::vector<Target>& out) {
  if (!path.empty()) out.push_back({path, &value});
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) paths_of(member, path + field(name), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) paths_of(value[i], path + "[" + std::to_string(i) + "]", out);
  }
}

bool is_identity(const std::string& path) {
  return path.starts_with(R"(["apiVersion"])") || path.starts_with(R"(["kind"])") || path == R"(["metadata"])" || path == R"(["metadata"]["name"])" ||
         path == R"(["metadata"]["namespace"])";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  return lines;
}

/// First and last line (from 0) of the old text that the edit may touch.
struct Range {
  std::size_t first;
  std::size_t last;
};

std::string unix_text(const std::string& text) {
  std::string out;
  for (std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; i < text.size(); ++i) {
    if (text[i] != '\r') out += text[i];
  }
  return out;
}

struct Object {
  std::size_t document;
  std::vector<ValueStep> steps;
  json value;
};

std::vector<Object> objects_of(const std::vector<json>& documents) {
  std::vector<Object> out;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (documents[i].value("kind", "") != "List") {
      out.push_back({i, {}, documents[i]});
      continue;
    }
    for (std::size_t k = 0; k < documents[i]["items"].size(); ++k) {
      ValueStep items;
      items.name = "items";
      ValueStep index;
      index.kind = ValueStep::Kind::Index;
      index.index = k;
      out.push_back({i, {items, index}, documents[i]["items"][k]});
    }
  }
  return out;
}

Range touched_range(const std::string& text, const json& document, const Object& object, const std::string& path) {
  const auto plain = unix_text(text);
  const auto tree = read_yaml_tree(plain, "f");
  EXPECT_TRUE(tree);
  auto steps = object.steps;
  const auto inner = parse_value_path(path);
  steps.insert(steps.end(), inner->begin(), inner->end());
  const auto places = follow(*tree, object.document, document, steps, plain, "f");
  EXPECT_TRUE(places) << places.error().message;
  const bool whole = places->size() == steps.size() + 1;
  // An only child takes its parent with it; a new one goes behind its last sibling.
  auto place = places->back();
  if (whole && place.parent != nullptr && place.parent->entries.size() == 1 && places->size() > 2) place = (*places)[places->size() - 2];
  const auto begin = place.parent == nullptr ? place.node->begin : place.entry().begin;
  auto end = place.parent == nullptr ? place.node->end : place.entry().end();
  const bool first_in_line = whole && plain.find_first_not_of(' ', line_start(plain, begin)) == begin;
  if (whole && !first_in_line && place.parent->entries.size() > place.index + 1) end = place.parent->entries[place.index + 1].begin;
  auto first = static_cast<std::size_t>(line_number(plain, begin)) - 1;
  auto last = static_cast<std::size_t>(line_number(plain, end)) - 1;
  const auto lines = lines_of(plain);
  // Blank lines behind a block scalar belong to one that keeps its line ends.
  while (place.node->is_block_scalar() && last + 1 < lines.size() && lines[last + 1].find_first_not_of(" \n") == std::string::npos) ++last;
  if (place.parent != nullptr && !place.parent->is_block() && first > 0) --first;
  return {first, last};
}

class EditProperty : public testing::TestWithParam<NastySample> {
 protected:
  void try_edit(const std::string& text, const std::vector<json>& documents, const Object& object, const ValueEdit& edit) {
    const auto shown = edit.path + " = " + edit.json.value_or("(removed)") + "\n" + text;
    auto model = documents;
    auto* target = &model[object.document];
    for (const auto& step : object.steps) target = step.kind == ValueStep::Kind::Field ? &(*target)[step.name] : &(*target)[step.index];
    const json value = edit.json ? json::parse(*edit.json) : json();
    const bool there = static_cast<bool>(json_pointer(*target, edit.path));
    if ((edit.json || there) && !set_value(*target, edit.path, edit.json ? &value : nullptr)) return;
    const auto edited = edit_manifest(text, "f.yaml", ref_of(object.value), {edit});
    ++tried_;
    if (!edited) {
      ++refused_;
      EXPECT_EQ(edited.error().kind, ErrorKind::InvalidInput);
      EXPECT_TRUE(GetParam().refuses) << edited.error().message << "\n" << shown;
      // Random texts hold one thing that has no better reason: a blank line that an entry keeps from belonging to a `|+` above it.
      const bool blank_lines = GetParam().name.starts_with("Seed") && text.find("|+") != std::string::npos;
      EXPECT_TRUE(blank_lines || edited.error().message.find("safely") == std::string::npos) << edited.error().message << "\n" << shown;
      return;
    }
    const auto now = parse_yaml(*edited, "f.yaml");
    ASSERT_TRUE(now) << now.error().message << "\n" << shown;
    ASSERT_EQ(*now, model) << shown << "became\n" << *edited;
    if (model == documents) {
      ASSERT_EQ(*edited, text) << shown;
    } else {
      check_lines(text, *edited, touched_range(text, documents[object.document], object, edit.path), shown);
    }
  }

  static void check_lines(const std::string& before, const std::string& after, Range range, const std::string& shown) {
    const auto mark = [](const std::string& text) { return text.starts_with("\xEF\xBB\xBF") ? 3U : 0U; };
    ASSERT_EQ(mark(before), mark(after)) << shown;
    const auto old_lines = lines_of(before.substr(mark(before)));
    const auto new_lines = lines_of(after.substr(mark(after)));
    for (std::size_t i = 0; i < range.first; ++i) {
      ASSERT_TRUE(i < new_lines.size() && old_lines[i] == new_lines[i]) << "line " << i + 1 << " changed\n" << shown << "became\n" << after;
    }
    const auto behind = old_lines.size() - 1 - std::min(range.last, old_lines.size() - 1);
    for (std::size_t i = 1; i <= behind; ++i) {
      const bool same = i <= new_lines.size() && old_lines[old_lines.size() - i] == new_lines[new_lines.size() - i];
      ASSERT_TRUE(same) << "line " << old_lines.size() - i + 1 << " changed\n" << shown << "became\n" << after;
    }
  }

  int tried_ = 0;
  int refused_ = 0;
};

TEST_P(EditProperty, MeansWhatWasAskedAndTouchesOnlyIt) {
  const auto& text = GetParam().text;
  const auto documents = parse_yaml(text, "f.yaml");
  ASSERT_TRUE(documents) << documents.error().message;
  // --gtest_shuffle --gtest_random_seed=N takes other edits.
  std::mt19937 random(static_cast<unsigned>(7 + testing::UnitTest::GetInstance()->random_seed()));
  const auto pick = [&](const auto& list) -> const auto& { return list[random() % list.size()]; };
  for (const auto& object : objects_of(*documents)) {
    std::vector<Target> targets;
    paths_of(object.value, "", targets);
    for (const auto& target : targets) {
      if (is_identity(target.path)) continue;
      const auto& path = target.path;
      try_edit(text, *documents, object, {path, {}});
      for (int i = 0; i < 3; ++i) try_edit(text, *documents, object, {path, pick(new_values()).dump()});
      if (target.value->is_object() || target.value->is_null()) {
        for (const auto* key : {"fresh", "true", "a.b/c", "ключ"}) try_edit(text, *documents, object, {path + field(key), pick(new_values()).dump()});
        try_edit(text, *documents, object, {path + ".deep.er" + R"([name="n"].value)", pick(new_values()).dump()});
      }
      if (target.value->is_array() || target.value->is_null()) {
        try_edit(text, *documents, object, {path + R"([name="fresh",port=80].value)", pick(new_values()).dump()});
        try_edit(text, *documents, object, {path + "[99]", pick(new_values()).dump()});
      }
      if (HasFatalFailure()) return;
    }
    try_edit(text, *documents, object, {R"(.metadata.labels["x/y"])", "\"1\""});
    try_edit(text, *documents, object, {".added.at.root", "\"1\""});
  }
  EXPECT_GT(tried_, 10);
  EXPECT_LT(refused_, tried_);
}

TEST_P(EditProperty, EveryNewValueFitsEveryPlaceOfOneKind) {
  const auto& text = GetParam().text;
  const auto documents = parse_yaml(text, "f.yaml");
  ASSERT_TRUE(documents);
  const auto object = objects_of(*documents).front();
  std::vector<Target> targets;
  paths_of(object.value, "", targets);
  std::erase_if(targets, [](const auto& target) { return is_identity(target.path); });
  if (targets.empty()) GTEST_SKIP() << "nothing but its name";
  const auto& target = targets.back();
  for (const auto& value : new_values()) {
    try_edit(text, *documents, object, {target.path, value.dump()});
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Nasty, EditProperty, testing::ValuesIn(test::nasty_samples()), [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(Random, EditProperty, testing::ValuesIn(test::random_samples(1, 40)), [](const auto& row) { return row.param.name; });

TEST(RandomDocuments, MeanTheirModel) {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    const auto document = test::random_document(seed);
    const auto read = parse_yaml(document.sample.text, "f.yaml");
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message << "\n" << document.sample.text;
    ASSERT_EQ(read->size(), 1U);
    ASSERT_EQ(read->front(), json::parse(document.model)) << "seed " << seed << "\n" << document.sample.text;
  }
}

}  // namespace
}  // namespace driftwarden
