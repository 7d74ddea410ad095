#pragma once
// The approval card of a Change: one message, edited from request to verdict. What the pull request says of it. The modals.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/waiver_match.hpp"
#include "integrations/slack/slack.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::view {

/// `counted` approved already; `may_approve` are those whose yes would count, named when they are few; once it is merged, `waivers` are those that let it pass.
slack::Message card_message(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve = {}, const WaiversHere& waivers = {});
/// At half the time to live, in the card's thread; `slack_ids` are those who may still approve.
slack::Message reminder_message(const Change& change, const App& app, const std::vector<std::string>& slack_ids);

/// GitHub and Gitea take 65,536 characters, GitLab 1,048,576.
inline constexpr std::size_t kPullRequestLimit = 65'000;
/// The pull request's body, Markdown: why, who asked (with a link to the thread), what changes in Git and in the cluster, risk, how to approve. `diff` is what
/// the cluster gets. What is too long is cut visibly, the longest first.
std::string pull_request_body(const Change& change, const App& app, const std::string& diff, const std::string& audit_id, const std::string& permalink = "",
                              std::size_t limit = kPullRequestLimit, const WaiversHere& waivers = {});
std::string pull_request_title(const Change& change);

/// What set-image, scale, ... would do, in a few words: "set image of `web` to `1.4.2` (was `1.4.1`)". Escaped for mrkdwn.
std::string intent_words(const Change& change);

/// The one sticky comment on the pull request: state, who approved, what it waits for, risk; at the end the verdict. Markdown, without a marker.
std::string sticky_comment(const Change& change, const App& app, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve, const WaiversHere& waivers = {});

/// Approving with a one-time code (input "code") or the App's name typed ("name"); rejecting with a reason ("reason"). An input's block_id is its
/// action_id. `private_metadata` is JSON {"command", "channel", "thread_ts"}: the command that a submission says, and where.
slack::JsonPtr approve_modal(const Change& change, const App& app, const std::string& seen_head, const std::string& channel = "", const std::string& thread_ts = "");
slack::JsonPtr reject_modal(const Change& change, const std::string& channel = "", const std::string& thread_ts = "");
/// Inputs "name", "like" (a select, optional), "image" (optional), "cluster" (a select), "namespace", "path", "channel" (optional), "reason" (optional).
slack::JsonPtr create_app_modal(const std::vector<App>& apps, const std::vector<std::string>& clusters, const std::string& channel = "", const std::string& thread_ts = "");

}  // namespace driftwarden::view
