#pragma once
// What `waive` comes to, of a Change or of an App: who may, what is let pass, and the waivers themselves.
#include "bot/conversation/handlers.hpp"
#include "bot/policy/findings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// What is to be let pass, and what of it was looked at.
struct Waiving {
  App app{};
  std::int64_t change = 0;
  Content content{};
  std::vector<Waiver> drafts{};
  std::vector<std::string> remarks{};  ///< mrkdwn
};

/// The waivers, their rows, and the cards that change by them, in one transaction.
Answer waive(Services& services, Waiving waiving);
/// By the caller, as the command says it.
Waiver draft_of_waiver(const Services& services, const Call& call, const App& app, const Blocking& blocking);
/// Nothing when the caller owns one of the gates; else the refusal.
std::optional<Answer> check_gate_owner(const Services& services, const Call& call, const App& app, const std::vector<std::string>& gates);
/// "sre, bob or 2 more"; where nobody does, that the config names nobody.
std::string who_may_waive(const Config& config, const std::string& gate);

/// Those in force, whoever they are of.
asio::awaitable<Result<std::vector<Waiver>>> waivers_in_force(Services& services);

/// The same but for the case of letters.
bool is_word(const std::string& typed, const std::string& name);
/// "Deployment shop/web" is also "Deployment/shop/web", "shop/web", "Deployment/web" and "web".
bool names_object(const std::string& typed, const std::string& object);
/// The same of a Change as `pending` sees it: who asked for it, or wrote a part of it, waives nothing in it.
bool is_of_caller(const Services& services, const Call& call, const Change& change);

/// waive C-12 ...
asio::awaitable<Result<Answer>> waive_of_change(Services& services, Call call);
/// waive checkout floating-tag ...: before there is a Change, and for people's own pull requests.
asio::awaitable<Result<Answer>> waive_of_app(Services& services, Call call);

}  // namespace driftwarden
