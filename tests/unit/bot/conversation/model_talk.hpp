#pragma once
// Somebody talks to a bot that has a model, which says what the test wants.
#include "bot/assist/assistant.hpp"
#include "tests/support/fakes/model.hpp"
#include "tests/support/fakes/talk.hpp"

namespace driftwarden {

struct ModelTalk : Talk {
  ModelTalk() {
    close();
    config.model = ModelConfig{};
    config.model->api_url = "http://127.0.0.1:1/v1";
    config.model->name = "scripted-1";
    parts = std::make_unique<Assistant>(Assistant::Parts{&clock, &config, &async, &model});
    assistant = parts.get();
    open();
    clock.advance(30s);
  }
  ~ModelTalk() { close(); }
  ModelTalk(const ModelTalk&) = delete;
  ModelTalk& operator=(const ModelTalk&) = delete;

  const test::PostedMessage& last() const { return *slack.with_key("reply:").back(); }
  std::string said() const { return answers().empty() ? "" : answers().back(); }
  std::vector<AuditRow> rows(const std::string& action) {
    return look<std::vector<AuditRow>>([action](storage::Transaction& tx) {
      storage::AuditQuery query;
      query.action = action;
      return tx.audit(query);
    });
  }

  test::FakeModel model;
  std::unique_ptr<Assistant> parts;
};

}  // namespace driftwarden
