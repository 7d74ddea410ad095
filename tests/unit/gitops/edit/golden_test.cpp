// The files of tests/golden/edit: each with its edits, and the bytes that must come out or the reason that must be given.
#include "tests/support/golden.hpp"
#include "gitops/base/text.hpp"
#include "gitops/edit/edit.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/value_path.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

struct Case {
  std::string file;
  json value;
  friend void PrintTo(const Case& row, std::ostream* out) { *out << row.file; }

  std::vector<ValueEdit> edits() const {
    std::vector<ValueEdit> out;
    for (const auto& edit : value["edits"]) out.push_back({edit[0].get<std::string>(), edit.size() > 1 ? std::optional(edit[1].dump()) : std::nullopt});
    return out;
  }
  Result<std::string> edited(const std::string& text, const std::vector<ValueEdit>& edits) const {
    const auto name = file.substr(file.find('-') + 1);
    if (!value.contains("object")) return edit_yaml(text, name, value.value("document", 0U), edits);
    const auto& object = value["object"];
    return edit_manifest(text, name, {object.value("group", ""), "v1", object.value("kind", ""), object.value("namespace", ""), object.value("name", "")},
                         edits);
  }
};

std::vector<Case> cases() {
  std::vector<Case> out;
  const auto documents = parse_yaml(test::read_source_file("tests/golden/edit/cases.yaml"), "cases.yaml");
  if (!documents || documents->empty()) return out;
  for (const auto& value : documents->front()) out.push_back({value.value("file", ""), value});
  return out;
}

class EditGolden : public testing::TestWithParam<Case> {};

TEST_P(EditGolden, OnlyTheIntendedBytesChange) {
  const auto text = test::read_source_file("tests/golden/edit/" + GetParam().file);
  const auto edited = GetParam().edited(text, GetParam().edits());
  if (GetParam().value.contains("refuses")) {
    ASSERT_FALSE(edited) << *edited;
    EXPECT_NE(edited.error().message.find(GetParam().value["refuses"].get<std::string>()), std::string::npos) << edited.error().message;
    return;
  }
  ASSERT_TRUE(edited) << edited.error().message;
  test::expect_golden("edit/" + GetParam().file + ".after", *edited);
  // Made twice it is made once.
  const auto again = GetParam().edited(*edited, GetParam().edits());
  const bool removes = std::any_of(GetParam().value["edits"].begin(), GetParam().value["edits"].end(), [](const auto& edit) { return edit.size() == 1; });
  ASSERT_TRUE(removes || again) << again.error().message;
  if (!removes) {
    EXPECT_EQ(*again, *edited);
  }
}

TEST_P(EditGolden, OtherDocumentsMeanTheSame) {
  if (GetParam().value.contains("refuses")) return;
  const auto text = test::read_source_file("tests/golden/edit/" + GetParam().file);
  const auto before = parse_yaml(text, "f");
  const auto edited = GetParam().edited(text, GetParam().edits());
  ASSERT_TRUE(before && edited);
  const auto after = parse_yaml(*edited, "f");
  ASSERT_TRUE(after);
  if (before->empty()) return;
  ASSERT_EQ(after->size(), before->size());
  int differ = 0;
  for (std::size_t i = 0; i < before->size(); ++i) differ += (*after)[i] == (*before)[i] ? 0 : 1;
  EXPECT_LE(differ, 1);
}

std::string name_of(const testing::TestParamInfo<Case>& row) {
  auto name = row.param.file.substr(0, row.param.file.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, EditGolden, testing::ValuesIn(cases()), name_of);

TEST(EditGoldenFiles, AreAtLeastSixty) {
  std::set<std::string> files;
  for (const auto& row : cases()) files.insert(row.file);
  EXPECT_GE(files.size(), 60U);
  EXPECT_EQ(files.size(), cases().size());
}

}  // namespace
}  // namespace driftwarden
