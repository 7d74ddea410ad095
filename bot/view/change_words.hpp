#pragma once
// A Change in words: the same facts on the card in chat and on the pull request.
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::view {

/// Change::diff of what a tool plans: what it comes to isn't known before the merge.
std::string planned_later(const App& app);
bool is_planned_later(const std::string& diff);
/// The cluster that a move takes its App from; "" when the Change doesn't say.
std::string move_origin(const Change& change);

/// How words are written where they are shown. `text` makes words from outside harmless.
struct Dialect {
  std::string (*text)(std::string_view);
  std::string (*code)(std::string_view);
  std::string (*bold)(std::string_view);  ///< of harmless text
  std::string (*time)(WallTime);
};
const Dialect& slack_dialect();
const Dialect& markdown_dialect();
const Dialect& plain_dialect();  ///< without marks, for titles

/// "set image of `web` to `1.4.2` (was `1.4.1`)", "put `4f2c81a` in force".
std::string what_words(const Change& change, const Dialect& dialect);

/// "risk *medium*: ..." with what it deletes and the warnings on lines of their own; none for a Change without a tier or anything to say.
std::vector<std::string> risk_lines(const Risk& risk, const Dialect& dialect);
std::string risk_emoji(RiskTier tier);
/// "Risk medium: Deployment web: replicas; ..."
std::string risk_words(const Risk& risk, const Dialect& dialect);

/// "bob (on the forge), dave (for carol)"
std::string approvals_words(const Change& change, const std::vector<PersonId>& counted, const Dialect& dialect);
/// "1 of 2 approvals: bob; waiting for one more of sre, but not alice"; without whose, where those that may are `named` beside it.
std::string quorum_words(const Change& change, const std::vector<PersonId>& counted, bool named, const Dialect& dialect);
/// Those of `may_approve` whose yes is still missing, when they are few: "carol, dave"; else "".
std::string named_approvers(const Change& change, const std::vector<PersonId>& counted, const std::vector<PersonId>& may_approve, const Dialect& dialect);
/// Whose yes counts, as the rule says it: "sre, but not alice".
std::string from_words(const Change& change, const Dialect& dialect);
/// "ann, bea, 3 more"
std::string people_words(const std::vector<PersonId>& people, const Dialect& dialect);
/// What else a yes needs: a code, a review on the forge, the name typed; why no yes is needed; what is broken by it.
std::vector<std::string> condition_lines(const Change& change, const App& app, const Dialect& dialect);

/// Where it stands, with its emoji: one line, and at the end the one verdict with its duration.
std::string standing_words(const Change& change, const std::vector<PersonId>& counted, bool named, const Dialect& dialect);

/// The way it goes, with what is behind it ticked and where it is now bold: "\u2713 render \u203a \u2713 pull request \u203a *approval* \u203a ...". "" once it is over.
std::string stages_words(const Change& change, const Dialect& dialect);
/// The same for who hears it: "step 3 of 7: approval".
std::string stage_words(const Change& change);
/// Its requester may still take it back: nothing is being merged or applied yet.
bool can_be_cancelled(const Change& change);
/// It is past its gates, or nothing but the merge is left: what was waived is told with it from here on.
bool was_let_pass(const Change& change);

/// The revision that undoes a merged Change whose rollout went wrong; "" when there is nothing to undo.
std::string way_back(const Change& change, const App& app);

/// One object's part of a rendered diff ("Deployment shop/web\n- ...") or one file's of a Git diff.
struct DiffPart {
  std::string title;
  std::string text;
};
std::vector<DiffPart> parts_of_effect(std::string_view diff);
std::vector<DiffPart> parts_of_git_diff(std::string_view patch);
/// Files and changed lines only: "apps/web/deployment.yaml\n- image: web:1\n+ image: web:2\n".
std::string short_git_diff(std::string_view patch);

}  // namespace driftwarden::view
