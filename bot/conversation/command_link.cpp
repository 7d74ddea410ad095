// link: a chat user proves to be a forge user, by a code that only they were told and a comment that only they could write.
#include "bot/change/hold_notices.hpp"
#include "bot/config/policy.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/policy/identity.hpp"
#include "bot/view/blocks.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr Duration kGoodFor = std::chrono::minutes{15};
constexpr Duration kClocksDiffer = std::chrono::minutes{2};
constexpr std::size_t kCodeLength = 20;

std::string marker_of(const std::string& code, const std::string& user, const std::string& team) { return fmt::format("driftwarden link {} for {} in {}", code, user, team); }

/// The repository on whose forge it is proven: the first that has one.
const RepositoryConfig* proving_ground(const Services& services) {
  const auto found = std::ranges::find_if(services.config.repositories, [&](const RepositoryConfig& repository) {
    const auto forge = services.forges.find(repository.name);
    return forge != services.forges.end() && forge->second != nullptr;
  });
  return found == services.config.repositories.end() ? nullptr : &*found;
}

bool is_pending(const Identity& identity, WallTime now) { return !identity.proven_at && !identity.code_hash.empty() && identity.asked_at + kGoodFor > now; }

/// The code in a comment that says just this for just this user; "" for any other text.
std::string code_in(const std::string& body, const Identity& identity) {
  constexpr std::string_view kBegin = "driftwarden link ";
  for (const auto& line : split(body, '\n')) {
    auto text = std::string(trim(line));
    std::erase(text, '`');
    const auto words = std::string(trim(text));
    if (!words.starts_with(kBegin)) continue;
    const auto code = words.substr(kBegin.size(), words.find(' ', kBegin.size()) - kBegin.size());
    if (words == marker_of(code, identity.user, identity.team)) return code;
  }
  return {};
}

bool proves(const forge::Comment& comment, const Identity& identity, WallTime now) {
  // A maintainer may write into somebody else's comment.
  if (comment.edited) return false;
  // Comments come with whole seconds, from another clock.
  if (to_lower(comment.author) != to_lower(identity.forge) || comment.at + kClocksDiffer < identity.asked_at || comment.at > now + kClocksDiffer) return false;
  const auto code = code_in(comment.body, identity);
  return !code.empty() && constant_time_equal(sha256_hex(code), identity.code_hash);
}

AuditEntry audit_of(const Identity& identity, const std::string& action, const std::string& detail) {
  AuditEntry entry;
  entry.actor = identity.person.empty() ? identity.user : identity.person;
  entry.action = action;
  entry.subject = fmt::format("{} in {}", identity.user, identity.team);
  entry.detail = detail;
  return entry;
}

/// Asking for a proof would take the place of this one.
bool still_counts(const Identity& proven, const Config& policy) {
  const auto* repository = find_repository(policy, proven.repository);
  return repository != nullptr && repository->forge.kind != ForgeKind::None;
}

Result<Reply> ask_for_proof(storage::Transaction& tx, const Identity& identity, const std::string& words, const AuditEntry& refused, const Config& policy) {
  Reply reply;
  TRY(const auto known, tx.identities());
  for (const auto& other : known) {
    const bool own = other.user == identity.user && other.team == identity.team;
    const bool same_login = other.proven_at && to_lower(other.forge) == to_lower(identity.forge);
    // What was proven stands until an admin says otherwise: a wish that is never proven must not undo it.
    if (own && !same_login && other.proven_at && still_counts(other, policy)) {
      auto entry = refused;
      entry.detail = fmt::format(R"({{"login":{},"linked":{},"rule":"linked to another login already"}})", json_quoted(identity.forge), json_quoted(other.forge));
      return refuse_in(tx, entry, fmt::format("You are {} on the forge by an earlier proof. If you are {} now, ask an admin to write it as `forge` into your entry of `people`.", other.forge, identity.forge));
    }
    if (!same_login) continue;
    if (own) {
      reply.message = view::text_message(fmt::format(":link: You are *{}* on the forge already.", slack::escape(identity.forge)));
      reply.private_ = true;
      return reply;
    }
    return refuse_in(tx, refused, fmt::format("{} is linked to somebody else. If that is wrong, ask an admin.", identity.forge));
  }
  CHECK_OK(tx.save_identity(identity));
  auto row = tx.append_audit(audit_of(identity, "identity.asked", fmt::format(R"({{"login":{}}})", json_quoted(identity.forge))));
  if (!row) return row.error();
  reply.message = view::text_message(words);
  reply.private_ = true;
  return reply;
}

Result<bool> keep_proof(storage::Transaction& tx, const Identity& identity, const std::string& url, WallTime now) {
  TRY(const auto current, tx.find_identity(identity.team, identity.user));
  // Asked for anew meanwhile, or proven by another look: the code is spent.
  if (!current || current->code_hash != identity.code_hash || current->forge != identity.forge || !is_pending(*current, now)) return false;
  auto proven = *current;
  proven.person = identity.person;
  proven.proven_at = now;
  proven.code_hash.clear();
  CHECK_OK(tx.save_identity(proven));
  auto row = tx.append_audit(audit_of(proven, "identity.linked", fmt::format(R"({{"login":{},"comment":{}}})", json_quoted(proven.forge), json_quoted(url))));
  if (!row) return row.error();
  CHECK_OK(enqueue_notice(tx, fmt::format("linked:{}:{}:{}", proven.team, proven.user, format_time(now)), proven.user,
                          fmt::format(":link: You are *{}* on the forge: what you ask for and approve counts in that name.", slack::escape(proven.forge)), now));
  return true;
}

asio::awaitable<Result<bool>> settle_proof(Services& services, Identity identity, std::vector<forge::Comment> comments) {
  const auto now = services.clock.wall_now();
  identity.person = person_of_link(services.config, identity.user);
  const auto found = std::ranges::find_if(comments, [&](const forge::Comment& comment) { return proves(comment, identity, now); });
  if (found == comments.end()) co_return false;
  std::function<Result<bool>(storage::Transaction&)> work = [identity, url = found->url, now](storage::Transaction& tx) { return keep_proof(tx, identity, url, now); };
  auto working = services.store.query<bool>(std::move(work));
  const auto kept = co_await std::move(working);
  if (!kept) co_return kept.error();
  services.outbox.wake();
  identity.proven_at = now;
  identity.code_hash.clear();
  if (*kept && services.on_linked) services.on_linked(identity);
  co_return true;
}

}  // namespace

asio::awaitable<Result<Answer>> handle_link(Services& services, Call call) {
  const auto login = call.command.login;
  const auto team = call.request.team.empty() ? services.team : call.request.team;
  if (team.empty() || (!services.team.empty() && team != services.team)) co_return refuse(services, call, "You are a guest from another workspace: I link only my own.", "another workspace");
  const auto* repository = proving_ground(services);
  if (repository == nullptr) co_return say("No forge is configured: there is nothing to be linked to.");
  const auto* person = person_by_slack(services.config, call.caller.slack_id);
  const auto* owner = person_by_forge(services.config, login);
  if (owner != nullptr && owner != person) co_return refuse(services, call, fmt::format("{} is somebody else by the configuration. If that is wrong, ask an admin.", login), "the login is another person's");
  if (const auto why = misleading_login(services.config, login, call.caller.slack_id); !why.empty()) {
    co_return refuse(services, call, why + ". If it is yours all the same, ask an admin to write it as `forge` into your entry of `people`.", "misleading login");
  }
  if (person != nullptr && !person->linked && !person->forge.empty()) {
    co_return say(fmt::format(":link: You are *{}* on the forge by the configuration; a link would change nothing.", slack::escape(person->forge)));
  }
  const auto code = services.random->hex(kCodeLength);
  Identity identity;
  identity.team = team;
  identity.user = call.caller.slack_id;
  identity.person = person_of_link(services.config, identity.user);
  identity.forge = login;
  identity.repository = repository->name;
  identity.code_hash = sha256_hex(code);
  identity.asked_at = services.clock.wall_now();
  const auto words = fmt::format(":link: Write this as a comment on any issue or pull request of *{}*, as *{}*, within {}:\n```{}```\nIt is for your eyes only until you do. I look for it every few seconds and tell you.",
                                 slack::escape(repository->forge.project.empty() ? repository->name : repository->forge.project), slack::escape(login), format_age(kGoodFor), marker_of(code, identity.user, identity.team));
  Answer answer;
  answer.deed = [identity, words, refused = refusal_entry(call, "the login is linked to another user"), policy = policy_snapshot(services.config)](storage::Transaction& tx) {
    return ask_for_proof(tx, identity, words, refused, *policy);
  };
  answer.afterwards = services.on_link_asked;
  co_return answer;
}

asio::awaitable<Result<std::size_t>> look_for_link_proofs(Services& services) {
  const auto now = services.clock.wall_now();
  std::function<Result<std::vector<Identity>>(storage::Transaction&)> work = [now](storage::Transaction& tx) -> Result<std::vector<Identity>> {
    TRY(auto identities, tx.identities());
    std::erase_if(identities, [&](const Identity& identity) { return !is_pending(identity, now); });
    return identities;
  };
  auto working = services.store.query<std::vector<Identity>>(std::move(work));
  auto pending = co_await std::move(working);
  if (!pending) co_return pending.error();
  std::map<std::string, std::vector<Identity>> by_repository;
  for (auto& identity : *pending) by_repository[identity.repository].push_back(identity);
  std::size_t waiting = 0;
  for (const auto& [repository, identities] : by_repository) {
    const auto forge = services.forges.find(repository);
    if (forge == services.forges.end() || forge->second == nullptr) continue;
    const auto since = std::ranges::min(identities, {}, &Identity::asked_at).asked_at - kClocksDiffer;
    auto comments = co_await forge->second->comments_since(since);
    if (!comments) log_warn("link", fmt::format("{}: {}", repository, comments.error().message));
    for (const auto& identity : identities) {
      bool settled = false;
      if (comments) {
        const auto proof = co_await settle_proof(services, identity, *comments);
        if (!proof) co_return proof.error();
        settled = *proof;
      }
      if (!settled) ++waiting;
    }
  }
  co_return waiting;
}

}  // namespace driftwarden
