// model: an endpoint that drafts and explains.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr std::string_view kWebUrl = "https://..., or http:// on this machine";
constexpr std::string_view kPurposes = "some of propose, ask, sentences";
constexpr Duration kShortest = std::chrono::seconds{1};
constexpr Duration kLongest = std::chrono::minutes{10};

void read_purposes(Section& section, ModelConfig& model) {
  const auto* list = section.find("for");
  if (list == nullptr) return;
  std::vector<std::string> names;
  section.texts("for", names);
  model.propose = model.ask = model.sentences = false;
  for (const auto& item : list->items) {
    if (item.kind != ConfigNode::Kind::Scalar || item.text.empty()) continue;
    if (item.text == "propose") {
      model.propose = true;
    } else if (item.text == "ask") {
      model.ask = true;
    } else if (item.text == "sentences") {
      model.sentences = true;
    } else {
      section.reading().mistake(item, fmt::format("{} is nothing that a model is for", describe(item)), expected_of(item.text, {"propose", "ask", "sentences"}));
    }
  }
  if (list->kind == ConfigNode::Kind::List && list->items.empty()) section.reading().mistake(*list, "\"for\" is empty", std::string(kPurposes));
}

void bounded(Section& section, std::string_view key, int least, int most, int& out) {
  section.integer(key, least, out);
  if (out <= most) return;
  section.reading().mistake(section.place(key), fmt::format("\"{}\" is {}", key, out), fmt::format("at most {}", most));
}

void read_timeout(Section& section, Duration& timeout) {
  section.duration("timeout", timeout);
  if (timeout >= kShortest && timeout <= kLongest) return;
  section.reading().mistake(section.place("timeout"), fmt::format("\"timeout\" is {}", format_duration(timeout)), "1s to 10m");
}

}  // namespace

void read_model(Section& root, Config& config) {
  root.inside("model", [&](Section& section) {
    ModelConfig model;
    if (!section.has("api_url")) section.missing("api_url", "where it answers, such as http://127.0.0.1:11434/v1");
    section.checked("api_url", model.api_url, check_web_url, kWebUrl);
    while (model.api_url.ends_with('/')) model.api_url.pop_back();
    section.required("model", model.name);
    section.secret("key", model.key);
    read_timeout(section, model.timeout);
    section.flag("stream", model.stream);
    bounded(section, "answer_tokens", 64, 64'000, model.answer_tokens);
    bounded(section, "prompt_kib", 4, 512, model.prompt_kib);
    bounded(section, "per_person", 1, 10'000, model.per_person);
    bounded(section, "per_hour", 1, 100'000, model.per_hour);
    read_purposes(section, model);
    config.model = std::move(model);
  });
}

}  // namespace driftwarden
