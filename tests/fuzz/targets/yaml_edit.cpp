// One value of a YAML text is changed: the result says that, and nothing else changed. The first line of the input is the path, the second the new value.
#include "gitops/edit/edit.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/value_path.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

using nlohmann::json;

void run(std::string_view input) {
  const auto first = input.find('\n');
  const auto second = first == std::string_view::npos ? first : input.find('\n', first + 1);
  if (second == std::string_view::npos) return;
  const auto path = std::string(input.substr(0, first));
  const auto value = json::parse(input.substr(first + 1, second - first - 1), nullptr, false);
  const auto text = std::string(input.substr(second + 1));
  ParseLimits limits;
  limits.max_nodes = 20'000;
  const auto before = parse_yaml(text, "input.yaml", limits);
  if (value.is_discarded() || !before || before->empty()) return;
  const auto edited = edit_yaml(text, "input.yaml", 0, {{path, value.dump()}});
  if (!edited) return;
  const auto after = parse_yaml(*edited, "edited.yaml", limits);
  check(after && after->size() == before->size(), "the edited text is read as as many documents");
  for (std::size_t i = 1; i < before->size(); ++i) check((*after)[i] == (*before)[i], "the other documents are as they were");
  // An element may be named by what was changed: then it is found where it was.
  auto pointer = json_pointer(before->front(), path);
  if (!pointer) pointer = json_pointer(after->front(), path);
  if (!pointer) return;
  const json::json_pointer place(*pointer);
  check(after->front().contains(place) && after->front().at(place) == value, "the value is there");
  const auto again = edit_yaml(*edited, "edited.yaml", 0, {{path, value.dump()}});
  // What stands beside the value may be beyond the editor, once the path leads past it.
  check(!again || *again == *edited, "once is enough");
}

const Target target("yaml_edit", &run);

}  // namespace
}  // namespace driftwarden::fuzz
