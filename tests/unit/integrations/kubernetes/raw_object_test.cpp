#include "integrations/kubernetes/raw_object.hpp"

#include "gitops/base/random.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fmt/core.h>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

LiveGlimpse glimpse(std::string_view text) {
  LiveGlimpse out;
  EXPECT_TRUE(read_glimpse(text, DigestKey{}, out)) << text;
  return out;
}

std::uint64_t content(const json& object) { return glimpse(object.dump()).content; }

json deployment() {
  return json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"a":"{\"x\":[1,{\"y\":\"}\"}]}"},"generation":3,
    "labels":{"app":"web"},"managedFields":[
      {"apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:replicas":{}}},"manager":"driftwarden","operation":"Apply","time":"2026-11-21T09:00:00Z"},
      {"apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:replicas":{}}},"manager":"kcm","operation":"Update","subresource":"status","time":"2026-11-21T09:00:01Z"}],
    "name":"web","namespace":"shop","resourceVersion":"41","uid":"u"},
    "spec":{"replicas":2,"paused":false,"x":null,"template":{"spec":{"containers":[{"name":"web","image":"r/web:1","env":[]}]}}},
    "status":{"replicas":2,"conditions":[{"type":"Available","message":"a \"quoted\" \\ brace }"}]}})");
}

TEST(RawObject, TellsWhatASinkNeeds) {
  const auto text = deployment().dump();
  const auto seen = glimpse(text);
  EXPECT_EQ(seen.ref.name, "web");
  EXPECT_EQ(seen.ref.namespace_, "shop");
  EXPECT_EQ(seen.resource_version, "41");
  EXPECT_EQ(json::parse(seen.status), deployment()["status"]);
  EXPECT_EQ(seen.text, text);
  EXPECT_NE(seen.content, 0U);
}

TEST(RawObject, AListsItemAndAnEventHaveTheSameDigest) {
  auto item = deployment();
  item.erase("kind");
  item.erase("apiVersion");
  EXPECT_EQ(content(item), content(deployment()));
  const auto text = deployment().dump();
  for (const auto& line : {R"({"type":"MODIFIED","object":)" + text + "}", R"( { "more" : [1,{}] , "object" :  )" + text + R"( , "type" : "MODIFIED" } )"}) {
    RawEvent event;
    ASSERT_TRUE(read_event(line, DigestKey{}, event)) << line;
    EXPECT_EQ(event.type, "MODIFIED");
    EXPECT_EQ(event.object.content, content(deployment()));
    EXPECT_EQ(event.object.text, text);
    EXPECT_EQ(event.object.ref.name, "web");
  }
}

struct Row {
  std::string name;
  std::function<void(json&)> change;
  bool counts = false;
};

TEST(RawObject, StatusAndItsTracesDoNotCountAllElseDoes) {
  const std::vector<Row> rows{
      {"status changed", [](json& o) { o["status"]["replicas"] = 1; }, false},
      {"status gone", [](json& o) { o.erase("status"); }, false},
      {"resourceVersion", [](json& o) { o["metadata"]["resourceVersion"] = "42"; }, false},
      {"generation", [](json& o) { o["metadata"]["generation"] = 4; }, false},
      {"no generation", [](json& o) { o["metadata"].erase("generation"); }, false},
      {"the status writer's entry", [](json& o) { o["metadata"]["managedFields"][1]["fieldsV1"] = {{"f:status", 1}}; }, false},
      {"no status writer", [](json& o) { o["metadata"]["managedFields"].erase(1); }, false},
      {"a time of an entry", [](json& o) { o["metadata"]["managedFields"][0]["time"] = "2026-11-21T10:00:00Z"; }, false},
      {"no time", [](json& o) { o["metadata"]["managedFields"][0].erase("time"); }, false},
      {"spec", [](json& o) { o["spec"]["replicas"] = 3; }, true},
      {"deep in spec", [](json& o) { o["spec"]["template"]["spec"]["containers"][0]["image"] = "r/web:2"; }, true},
      {"a status in spec", [](json& o) { o["spec"]["status"] = 1; }, true},
      {"a generation in spec", [](json& o) { o["spec"]["metadata"] = {{"generation", 1}}; }, true},
      {"a label", [](json& o) { o["metadata"]["labels"]["x"] = ""; }, true},
      {"an annotation", [](json& o) { o["metadata"]["annotations"]["a"] = "{"; }, true},
      {"the manager", [](json& o) { o["metadata"]["managedFields"][0]["manager"] = "kubectl-edit"; }, true},
      {"what it owns", [](json& o) { o["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:paused"] = json::object(); }, true},
      {"another subresource", [](json& o) { o["metadata"]["managedFields"][0]["subresource"] = "scale"; }, true},
      {"no managedFields", [](json& o) { o["metadata"].erase("managedFields"); }, true},
      {"name", [](json& o) { o["metadata"]["name"] = "web2"; }, true},
      {"namespace", [](json& o) { o["metadata"]["namespace"] = "shop2"; }, true},
      {"a member more", [](json& o) { o["data"] = json::object(); }, true},
      {"metadata's member at the top", [](json& o) { o["uid"] = "u"; o["metadata"].erase("uid"); }, true},
      {"deletionTimestamp", [](json& o) { o["metadata"]["deletionTimestamp"] = "2026-11-21T10:00:00Z"; }, true},
  };
  for (const auto& row : rows) {
    auto changed = deployment();
    row.change(changed);
    EXPECT_EQ(content(changed) != content(deployment()), row.counts) << row.name;
  }
}

TEST(RawObject, TheKeyMakesTheDigest) {
  const auto text = deployment().dump();
  LiveGlimpse other;
  ASSERT_TRUE(read_glimpse(text, DigestKey{1, 2}, other));
  EXPECT_NE(other.content, glimpse(text).content);
}

TEST(RawObject, WhatOnlyTheParserUnderstandsIsLeftToIt) {
  for (const char* text : {
           "", " ", "nonsense", "[]", "\"x\"", "{", "{}x", "{}}", R"({"a")", R"({"a":})", R"({"a":1,})", R"({"a":1 "b":2})", R"({"a":[1,]})", R"({"a":[1}})",
           R"({"a":{"b":1])", R"({"a":"x)", R"({"a":"x\)", R"({"a":tru})", R"({"a":nul})", R"({"a" 1})", R"({a:1})", R"({"a":"line
break"})", R"({"metadata":{"name":1}})", R"({"metadata":{"resourceVersion":7}})", R"({"metadata":{"name":"a\u0062"}})", R"({"st\u0061tus":{}})",
           R"({"metadata":{"resource\u0056ersion":"1"}})", R"({"metadata":{"managedFields":[1]}})", R"({"metadata":{},"metadata":{}})", R"({"status":{},"status":{}})",
       }) {
    LiveGlimpse out;
    EXPECT_FALSE(read_glimpse(text, DigestKey{}, out)) << text;
  }
  LiveGlimpse out;
  EXPECT_TRUE(read_glimpse(R"({"metadata":null,"items":[ ] , "n" : -1.5e+3 })", DigestKey{}, out));
  EXPECT_FALSE(read_glimpse("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", DigestKey{}, out)) << "too deep";
  RawEvent event;
  for (const char* line : {"", "{}", R"({"type":"ADDED"})", R"({"object":{}})", R"({"type":1,"object":{}})", R"({"type":"ADDED","object":[]})",
                           R"({"type":"ADDED","object":{},"object":{}})", R"({"type":"ADDED","object":{}} x)"}) {
    EXPECT_FALSE(read_event(line, DigestKey{}, event)) << line;
  }
}

/// Random JSON with all that makes a scanner stumble.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(create_seeded_random(seed)) {}
  std::uint64_t below(std::uint64_t bound) { return random_->below(bound); }

  std::string text() {
    static const std::vector<std::string> parts{"a", "\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\t", "é", "😀", "status", "0123456789abcdef", " ", "\x01"};
    std::string out;
    for (auto n = below(5); n > 0; --n) out += parts[below(parts.size())];
    return out;
  }
  json value(int depth) {
    switch (below(depth > 3 ? 5 : 8)) {
      case 0: return nullptr;
      case 1: return below(2) == 0;
      case 2: return static_cast<std::int64_t>(below(2000)) - 1000;
      case 3: return static_cast<double>(below(1000)) / 8;
      case 4: return text();
      case 5: {
        json list = json::array();
        for (auto n = below(4); n > 0; --n) list.push_back(value(depth + 1));
        return list;
      }
      default: {
        json object = json::object();
        for (auto n = below(5); n > 0; --n) object[text()] = value(depth + 1);
        return object;
      }
    }
  }
  json entry() {
    json out{{"manager", text()}, {"operation", below(2) == 0 ? "Apply" : "Update"}, {"fieldsV1", value(1)}};
    if (below(2) == 0) out["time"] = text();
    if (below(3) == 0) out["subresource"] = below(2) == 0 ? "status" : "scale";
    return out;
  }
  json object() {
    json out{{"metadata", {{"name", fmt::format("n{}", below(10))}, {"resourceVersion", std::to_string(below(99999))}}}, {"x" + plain(), value(0)}};
    auto& metadata = out["metadata"];
    if (below(2) == 0) metadata["namespace"] = "ns";
    if (below(2) == 0) metadata["generation"] = below(9);
    if (below(2) == 0) metadata["labels"] = value(2);
    if (below(2) == 0) out["status"] = value(0);
    if (below(2) == 0) out["spec"] = value(0);
    if (below(2) == 0) out["data"] = value(0);
    if (below(2) == 0) {
      metadata["managedFields"] = json::array();
      for (auto n = below(4); n > 0; --n) metadata["managedFields"].push_back(entry());
    }
    return out;
  }
  std::string plain() { return std::string(1, static_cast<char>('a' + below(26))); }

 private:
  std::unique_ptr<Random> random_;
};

json without_uncounted(json object) {
  object.erase("status");
  auto& metadata = object["metadata"];
  metadata.erase("resourceVersion");
  metadata.erase("generation");
  if (metadata.contains("managedFields")) {
    json kept = json::array();
    for (auto& entry : metadata["managedFields"]) {
      entry.erase("time");
      if (entry.value("subresource", "") != "status") kept.push_back(entry);
    }
    metadata["managedFields"] = kept;
  }
  return object;
}

/// Every value below `at` by its place; values that are containers, too.
void places(const json& at, const json::json_pointer& path, std::vector<json::json_pointer>& out) {
  if (!path.empty()) out.push_back(path);
  if (at.is_object()) {
    for (const auto& [key, below] : at.items()) places(below, path / key, out);
  } else if (at.is_array()) {
    for (std::size_t i = 0; i < at.size(); ++i) places(at[i], path / i, out);
  }
}

TEST(RawObject, EqualDigestMeansEqualWhatCounts) {
  Maker make(11);
  for (int round = 0; round < 3000; ++round) {
    const auto object = make.object();
    const auto counted = without_uncounted(object);
    EXPECT_EQ(content(object), content(counted)) << object;

    auto noisy = object;
    noisy["status"] = make.value(0);
    noisy["metadata"]["resourceVersion"] = std::to_string(make.below(99999));
    noisy["metadata"]["generation"] = make.below(99);
    if (noisy["metadata"].contains("managedFields")) {
      auto writer = make.entry();
      writer["subresource"] = "status";
      noisy["metadata"]["managedFields"].push_back(writer);
    }
    EXPECT_EQ(content(noisy), content(object)) << object;

    std::vector<json::json_pointer> all;
    places(counted, json::json_pointer(), all);
    const auto place = all[make.below(all.size())];
    auto changed = object;
    const auto text = place.to_string();
    // Entries moved up where those of status writers were left out: the place is another one there.
    if (text.find("/managedFields/") != std::string::npos || text == "/metadata" || text == "/metadata/name" || text == "/metadata/namespace") continue;
    changed[place] = changed[place] == json("other") ? json("changed") : json("other");
    EXPECT_NE(content(changed), content(object)) << text << " in " << object;
    changed[place] = object[place];
    EXPECT_EQ(content(changed), content(object));
  }
}

TEST(RawObject, NeverReadsBeyondTheTextAndNeverBelievesHalfOfIt) {
  Maker make(12);
  for (int round = 0; round < 200; ++round) {
    const auto text = make.object().dump();
    for (std::size_t length = 0; length < text.size(); length += 1 + make.below(5)) {
      const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
      LiveGlimpse out;
      EXPECT_FALSE(read_glimpse(std::string_view(exact.data(), exact.size()), DigestKey{}, out));
    }
  }
}

TEST(RawObject, AgreesWithTheParserOnWhatIsJson) {
  Maker make(13);
  for (int round = 0; round < 5000; ++round) {
    auto text = make.object().dump();
    text[make.below(text.size())] = "\"{}[]:,\\ x0"[make.below(11)];
    LiveGlimpse out;
    if (!read_glimpse(text, DigestKey{}, out)) continue;
    const auto parsed = json::parse(text, nullptr, false);
    // Escapes and numbers are not looked into.
    if (parsed.is_object()) continue;
    EXPECT_TRUE(text.find('\\') != std::string::npos || text.find_first_of("0123456789.-") != std::string::npos) << text;
  }
}

}  // namespace
}  // namespace driftwarden::kubernetes
