#pragma once
// The approval card of a Change: one message, edited from request to verdict.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "integrations/slack/slack.hpp"

#include <string>
#include <vector>

namespace driftwarden::view {

/// `counted` approved already; `may_approve` are those whose yes would count, named when they are few.
slack::Message card_message(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve = {});
/// The pull request's body, Markdown: why, who asked, the diff, what approving does.
std::string pull_request_body(const Change& change, const App& app, const std::string& diff, const std::string& audit_id);
std::string pull_request_title(const Change& change);

/// What set-image, scale, ... would do, in a few words: "web to 1.4.2", "replicas of web to 5". Escaped for mrkdwn.
std::string intent_words(const Change& change);

/// The one sticky comment on the pull request: state, who approved, what it waits for, risk. Markdown.
std::string sticky_comment(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve);

/// Approving with a one-time code or the App's name typed; rejecting with a reason. `private_metadata` carries the command that a submission says.
slack::JsonPtr approve_modal(const Change& change, const App& app, const std::string& seen_head);
slack::JsonPtr reject_modal(const Change& change);

}  // namespace driftwarden::view
