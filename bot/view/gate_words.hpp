#pragma once
// What gates found, on the card, on the pull request and in its comment. Rules, objects and messages come from tools and are made harmless.
#include "bot/view/change_words.hpp"
#include "gitops/model/finding.hpp"
#include "gitops/model/waiver_match.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace driftwarden::view {

/// What blocks, what is worth a word, what is let pass; a line each, at most `most` and how many more there are. One line where gates looked and found nothing
/// new, none where none looked.
std::vector<std::string> gate_lines(const std::vector<GateResult>& gates, const std::string& app, const WaiversHere& waivers, std::size_t most, const Dialect& dialect);
/// Of these only what was let pass: by whom, until when, and why.
std::vector<std::string> passed_lines(const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& waivers, std::size_t most, const Dialect& dialect);

/// What still blocks: "" = nothing, else "built-in/floating-tag and 2 more".
std::string blocking_words(const std::vector<GateResult>& gates, const std::string& app, const std::vector<Waiver>& waivers);

/// How it is let pass, below the lines of a Change; "" where nothing blocks.
std::string waive_hint(const Change& change, const std::vector<Waiver>& waivers, const Dialect& dialect);
/// The same of what people want by a pull request of their own.
std::string waive_hint(const std::string& app, const std::vector<GateResult>& gates, const std::vector<Waiver>& waivers, const Dialect& dialect);

/// "*3* `built-in/floating-tag` of `Deployment shop/web` on *checkout*, by carol, until ...: reason"
std::string waiver_line(const Waiver& waiver, const Dialect& dialect);

}  // namespace driftwarden::view
