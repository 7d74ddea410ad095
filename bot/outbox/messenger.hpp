#pragma once
// Messages that exist once: posted the first time, edited from then on, and found again when a crash came between the post and its record.
#include "gitops/base/clock.hpp"
#include "integrations/slack/slack.hpp"

#include <optional>
#include <string>

namespace driftwarden {

class Messenger {
 public:
  struct Shown {
    std::string key;      ///< names the message for good: "incident:7"; kept in its metadata
    std::string channel;  ///< "#shop-prod" or an id
    std::string thread_ts;
    std::optional<MessageRef> at;  ///< where it is already
    slack::Message message;
    slack::Sender::Priority priority = slack::Sender::Priority::Answer;
    std::optional<WallTime> maybe_since;  ///< set: an earlier try may have posted it after this moment
  };
  Messenger(slack::WebApi& api, slack::Sender& sender) : api_(api), sender_(sender) {}

  asio::awaitable<Result<MessageRef>> show(Shown shown);
  slack::WebApi& api() { return api_; }

 private:
  slack::WebApi& api_;
  slack::Sender& sender_;
};

}  // namespace driftwarden
