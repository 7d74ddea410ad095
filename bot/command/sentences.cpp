#include "bot/command/sentences.hpp"

#include "bot/command/grammar.hpp"
#include "bot/command/phrase.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {
namespace {

using namespace grammar;

constexpr std::size_t kLongestSentence = 400;
constexpr std::size_t kLongestRead = 1'000;
constexpr std::size_t kLongestCommand = 1'500;
constexpr std::size_t kFewestWords = 3;

/// What a sentence's words say. In the pattern UNITS, GOOD, BAD and ALERTS stand for word lists; in the command <said> is the sentence itself, <reason> what was
/// said after `because` (the row needs it), <why> the same, else the sentence.
struct Rule {
  std::string_view pattern;
  std::string_view command;
};

constexpr std::string_view kUnits = "replica|replicas|pod|pods|instance|instances|copy|copies";
constexpr std::string_view kGood = "ok|okay|healthy|up|running|green|fine|well|synced|ready|alive|good|deployed|working";
constexpr std::string_view kBad = "red|yellow|orange|broken|failing|down|unhealthy|degraded|drifted|drifting|outofsync|out-of-sync|crashing|crashlooping|different|sick|dead|failed|unwell|restarting|flapping";
constexpr std::string_view kAlerts = "alert|alerts|alerting|alarm|alarms|notification|notifications|message|messages|noise|ping|pings|page|pages";

// A row is tried after those above it.
constexpr Rule kRules[] = {
    // back
    {"roll|rolled|take|bring|put|set|go|get <app> back to ?how|what ?it|that ?was|ran ?like <when>", "rollback <app> to <when>"},
    {"roll|rolled|go|get|take back <app> to <when>", "rollback <app> to <when>"},
    {"rollback|revert|restore|reset|return <app> ?back to|from <when>", "rollback <app> to <when>"},
    {"roll|go ?back|rollback back|to ?to <when> on|for|with|in|of <app>", "rollback <app> to <when>"},
    {"roll|take|bring|put|rollback|revert|restore <app> ?back to ?its|their previous|last|earlier version|state|release|revision|image|one", "rollback <app>"},
    {"roll|take <app> back", "rollback <app>"},
    {"roll back <app>", "rollback <app>"},
    {"rollback|revert <app>", "rollback <app>"},
    {"undo|revert|back ?out last|latest change|commit|deploy|deployment|release|rollout|merge of|to|on|in|for <app>", "rollback <app>"},
    // images
    {"put|deploy|ship|release|install|use|run|roll|rollout ?out <image> on|to|in|into|onto|for|with <app>", "set-image <app> <image>"},
    {"put|deploy|ship|release|install|use|run|roll|rollout ?out ?version|tag|image <tag> on|to|in|into|onto|for|of|with <app>", "set-image <app> <tag>"},
    {"put|deploy|ship|release|install|use|run|roll|rollout ?out ?image <name> ?version|tag <tag> on|to|in|into|onto|for|with <app>", "set-image <app> <name>:<tag>"},
    {"upgrade|update|bump|downgrade|switch|move|change|set|take|bring|put <app> to|on version|tag|release|image <tag>", "set-image <app> <tag>"},
    {"upgrade|update|bump|downgrade <app> to ?version <tag>", "set-image <app> <tag>"},
    {"upgrade|update|bump|downgrade|switch|change|set image of|in|on|for <app> to ?version|tag <tag>", "set-image <app> <tag>"},
    {"upgrade|update|bump|downgrade|switch|change|set <name> ?image of|in|on|for|from <app> to ?version|tag <tag>", "set-image <app> <name>:<tag>"},
    {"upgrade|update|bump|downgrade|switch|change|set ?image <name> to ?version|tag <tag> on|in|of|for <app>", "set-image <app> <name>:<tag>"},
    {"deploy|ship|release|roll|rollout|run|use ?out <app> ?version|tag <tag>", "set-image <app> <tag>"},
    // replicas
    {"scale|resize ?up|down|out <app> ?up|down|out|in|back to <n> ?UNITS", "scale <app> to <n>"},
    {"bring|take|turn|set|get|put|change|increase|reduce ?up|down <app> ?up|down|back to <n> UNITS", "scale <app> to <n>"},
    {"run|start|have|keep|use <n> UNITS of|for|on|in|with <app>", "scale <app> to <n>"},
    {"run|scale <app> on|at|with|in <n> UNITS", "scale <app> to <n>"},
    {"<app> should|must|needs|wants ?to ?have|run ?on|with <n> UNITS", "scale <app> to <n>"},
    {"give <app> <n> UNITS", "scale <app> to <n>"},
    {"scale|resize <name> of|in|on <app> ?up|down to <n> ?UNITS", "scale <app> <name> to <n>"},
    // restart, sync, adopt, promote
    {"restart|bounce|reboot|recycle|kick <app> ?pods|workloads|deployment|deployments|pod", "restart <app>"},
    {"restart|bounce|reboot|recycle ?all pods|workloads|everything|deployments of|in|on|for <app>", "restart <app>"},
    {"?do ?rolling restart of|for|on <app>", "restart <app>"},
    {"bring|put|get <app> ?back in|into sync ?with|to ?git", "sync <app>"},
    {"sync|synchronise|synchronize <app> ?with|to ?git", "sync <app>"},
    {"make <app> match|like|equal|follow|be ?like|what ?in ?git", "sync <app>"},
    {"undo|remove|discard|drop|overwrite|revert ?all live|manual|hand|kubectl change|changes|edit|edits on|in|to|of|from <app>", "sync <app>"},
    {"keep|adopt|accept ?all live|manual|hand|kubectl change|changes|edit|edits on|in|to|of|from <app>", "adopt <app>"},
    {"keep what runs|is|was ?live|changed ?live on|in|of <app>", "adopt <app>"},
    {"promote|bring|ship|take|move|copy <app> from <env> to <env2>", "promote <app> from <env> to <env2>"},
    // why
    {"why is|was|are <app> ?so|still ?not BAD", "why <app>"},
    {"why is|was|are ?not <app> ?so|still ?not GOOD", "why <app>"},
    {"why is|was|are ?not <app> ?still ?not in|out sync|of ?sync ?with ?git", "why <app>"},
    {"why <app> is|was ?so|still ?not BAD", "why <app>"},
    {"why <app> is|was ?still ?not GOOD", "why <app>"},
    {"why <app> is|was ?still ?not in|out sync|of ?sync", "why <app>"},
    {"why does|did|do <app> ?keep drift|drifting|differ|crash|crashing|fail|failing|flap|flapping|alert|alerting|restart|restarting", "why <app>"},
    {"why has|have <app> drifted|crashed|failed", "why <app>"},
    {"what is|are|was wrong|up|broken|happening|matter|problem with|in|on|to|at <app>", "why <app>"},
    {"what is|was going on with|in|on|at <app>", "why <app>"},
    {"what happened|happens to|with|in|on|at <app>", "why <app>"},
    {"what broke|breaks <app>", "why <app>"},
    // status
    {"how is|are|does <app> ?doing|going|looking|feeling|do|look", "status <app>"},
    {"is|are <app> ?still|back|all GOOD", "status <app>"},
    {"is|are <app> ?still BAD", "status <app>"},
    {"is|are <app> ?still ?back in|out|up sync|of|to ?sync|date ?with ?git", "status <app>"},
    {"check|look ?on|at|in|after <app>", "status <app>"},
    {"how is|are everything|things|we|all|everybody|fleet|it ?doing|going|looking", "status"},
    {"what is going|happening ?on ?here|there", "status"},
    {"is|are everything|all ?still GOOD", "status"},
    {"is|are everything|all ?still in sync", "status drifted"},
    {"what|which|anything ?is|are|has|have drifted|drifting|different|drifts|differs", "status drifted"},
    {"what|which|anything ?is|are ?not in|out sync|of ?sync", "status drifted"},
    {"is|are anything out of sync", "status drifted"},
    {"is|are|has anything drifted|drifting|different", "status drifted"},
    {"what|which|anything ?is|are|has ?not BAD", "status"},
    {"what|which|anything is|are not GOOD", "status"},
    {"is|are anything BAD", "status"},
    // looks
    {"?show|get|print|tail|fetch ?me ?last|latest <n> ?log ?lines|line ?of ?logs|log of|from|for|in <app>", "logs <app> tail <n>"},
    {"?show|get|print|tail|fetch ?me logs|log of|from|for|in <app> of|from|for|since|in|over ?last|past <span>", "logs <app> since <span>"},
    {"what does|did|is <app> log|say|print|write|logging|saying", "logs <app>"},
    {"?show|list|see|print|fetch|tail|get|check|read|open ?me|us ?last|latest|recent|all ?warning <look> of|for|from|in|on|about <app>", "<look> <app>"},
    {"?show|list|see|print|fetch|tail|get|check|read|open ?me|us <app> <look>", "<look> <app>"},
    {"what are|is ?last|latest|recent <look> of|for|from|in|on <app>", "<look> <app>"},
    {"what differs|drifted|drifts ?live in|on|with|of|for|at <app>", "diff <app>"},
    {"what is|was|did different|changed|edited|change ?live in|on|with|about|of|at <app>", "diff <app>"},
    {"what changed|changes live in|on|with|of|at <app>", "diff <app>"},
    {"who|what ?has|have|last changed|touched|edited|modified|broke|broken|deployed|updated ?last <app> ?last ?<day>", "history <app>"},
    {"what ?has changed|happened ?in|on|with|for|of <app> ?since ?<day>", "history <app>"},
    {"when was|were|did|is|has <app> ?been ?last change|changed|deployed|released|updated|touched|synced ?last", "history <app>"},
    {"what was|is|got|has ?been deployed|released|shipped|merged to|on|in|for <app> ?<day>", "history <app>"},
    {"?what ?is|was last|latest deploy|deployment|change|commit|release|rollout of|to|on|in|for <app>", "history <app>"},
    {"who did what on|to|in|with <app> <day>", "audit <app> since <day>"},
    {"who did what on|to|in|with <app>", "audit <app>"},
    {"who approved|requested|asked|rolled|scaled|restarted|synced|acked|locked|promoted|snoozed|silenced|muted ?back|for <app> ?back <day>", "audit <app> since <day>"},
    {"who approved|requested|asked|rolled|scaled|restarted|synced|acked|locked|promoted|snoozed|silenced|muted ?back|for <app> ?back", "audit <app>"},
    {"who approved|requested|asked|rejected|merged|cancelled|wanted|made ?for <change>", "audit <change>"},
    {"what happened|became ?to|of|with <change>", "audit <change>"},
    {"what|where|how is|does <change> ?about|for|stand", "audit <change>"},
    {"what|how does|do|did ?much <app> cost|costs ?per|every|each ?a|month|monthly ?month", "cost <app>"},
    {"how much does|do|did|is <app> ?cost|costs ?per|every|each ?a|month|monthly ?month", "cost <app>"},
    {"how expensive is|are <app>", "cost <app>"},
    {"what|how ?much does|do|is team <name> cost|costs|paying|spending ?per|every ?month|monthly", "cost team <name>"},
    // quiet
    {"stop|mute|pause|disable|suppress|silence|hold|no|turn|switch ?off|all|sending|more|my ALERTS ?off for|of|on|from|about <app> for ?next <span>", "silence <app> for <span> because <why>"},
    {"stop alerting|telling|bothering|pinging|paging|notifying ?me|us ?about|for|on|of <app> for ?next <span>", "silence <app> for <span> because <why>"},
    {"do not alert|tell|bother|ping|page|notify ?me|us|anybody|anyone ?about|for|on|of <app> for ?next <span>", "silence <app> for <span> because <why>"},
    {"be|keep quiet about|on <app> for ?next <span>", "silence <app> for <span> because <why>"},
    {"silence <app> for ?next <span>", "silence <app> for <span> because <reason>"},
    {"mute|snooze|quiet|hush <app> for ?next <span>", "snooze <app> <span>"},
    // on it
    {"i|we am|are ?already on|taking|handling|fixing|investigating|debugging <app>", "ack <app>"},
    {"i|we am|are ?already looking|working|checking at|into|on|after|in <app>", "ack <app>"},
    {"i|we ?will ?have take|took|handle|fix|got <app>", "ack <app>"},
    // what waits, what there is
    {"what is|are waiting|pending|open ?for|on ?me|us|approval|review", "pending"},
    {"what waits ?for|on ?me|us|approval|review", "pending"},
    {"what do|must|should i|we ?have|need ?to approve|review", "pending"},
    {"do i|we have anything to approve|review", "pending"},
    {"what needs|wants ?my|our approval|review|approving", "pending"},
    {"who am i", "whoami"},
    {"what may|can|am i ?allowed ?to do", "whoami"},
    {"what can|do you do|know|understand|help", "help"},
    {"how do|does|can i|you|this|it ?bot use|work|talk ?to ?you|this ?bot", "help"},
};

/// Wishes that no typed command says: a model drafts them, people review them.
constexpr Rule kDrafts[] = {
    {"give|grant <app> <rest>", "propose <app> <said>"},
    {"add|attach|put|introduce|create <rest> to|for|on|in|into <app>", "propose <app> <said>"},
    {"increase|raise|lower|reduce|decrease|double|halve|change|limit|enable|disable|remove|drop|configure|expose|mount <rest> of|for|on|in|from|to <app>", "propose <app> <said>"},
    {"increase|raise|lower|reduce|decrease|double|halve|change|limit|remove|drop <rest> of|for|on|in|from <app> to|by|from|into <rest>", "propose <app> <said>"},
    {"increase|raise|lower|reduce|decrease|double|halve|change|limit|enable|disable|remove|drop <app> <rest>", "propose <app> <said>"},
    {"make|let|have <app> <rest>", "propose <app> <said>"},
    {"<app> needs|should|must|wants <rest>", "propose <app> <said>"},
};

struct Compiled {
  std::vector<std::string> pattern;
  std::string command;
};

template <std::size_t N>
std::vector<Compiled> compiled(const Rule (&rules)[N]) {
  std::vector<Compiled> all;
  for (const auto& rule : rules) {
    Compiled one{{}, std::string(rule.command)};
    for (auto& part : split(std::string(rule.pattern), ' ')) {
      replace_all(part, "UNITS", kUnits);
      replace_all(part, "GOOD", kGood);
      replace_all(part, "BAD", kBad);
      replace_all(part, "ALERTS", kAlerts);
      one.pattern.push_back(std::move(part));
    }
    all.push_back(std::move(one));
  }
  return all;
}

/// A context in which a command means what it says and nothing else.
GrammarContext explicit_context(const GrammarContext& context) {
  GrammarContext bare;
  bare.apps = context.apps;
  bare.filters = context.filters;
  return bare;
}

/// The sentence as it stands between quotes in a command.
std::string quotable(std::string_view text) {
  auto words = words_of(without_control_characters(text));
  for (auto& word : words) std::ranges::replace(word, '"', '\'');
  return ellipsize(join(words, " "), kLongestSentence);
}

bool takes_reason(Verb verb) {
  switch (verb) {
    case Verb::Sync:
    case Verb::Rollback:
    case Verb::Adopt:
    case Verb::SetImage:
    case Verb::Scale:
    case Verb::PinImage:
    case Verb::Promote:
    case Verb::Restart: return true;
    default: return false;
  }
}

struct Sentence {
  std::vector<Token> tokens;
  std::string said;    ///< between quotes
  std::string reason;  ///< after `because`
};

std::optional<Command> said_by(const Compiled& rule, const Sentence& sentence, const GrammarContext& context) {
  auto captures = match_phrase(rule.pattern, sentence.tokens, context.filters);
  if (!captures) return std::nullopt;
  auto text = rule.command;
  for (const auto& [slot, value] : *captures) replace_all(text, "<" + slot + ">", value);
  if (text.find("<reason>") != std::string::npos && sentence.reason.empty()) return std::nullopt;
  replace_all(text, "<reason>", sentence.reason);
  replace_all(text, "<why>", sentence.reason.empty() ? sentence.said : sentence.reason);
  replace_all(text, "<said>", "\"" + sentence.said + "\"");
  auto command = suggestable(text, context);
  if (!command || sentence.reason.empty() || !takes_reason(command->verb)) return command;
  return suggestable(text + " because " + sentence.reason, context);
}

/// Words that say something of a secret and are none.
bool is_harmless(const std::string& word) {
  static const std::set<std::string, std::less<>> kHarmless{"missing", "not",     "wrong", "there", "set",     "used", "mounted", "found", "expired", "invalid", "old", "new",  "rotated", "needed", "required",
                                                            "read",    "changed", "a",     "an",    "the",     "in",   "from",    "it",    "this",    "that",    "be",  "have", "no",      "to",     "by",
                                                            "which",   "why",     "where", "too",   "still",   "also", "on",      "of",    "for",     "ok",      "red", "gone", "null",    "empty",  "unset"};
  return kHarmless.contains(word);
}

bool gives_a_value(const std::string& word) {
  static const std::set<std::string, std::less<>> kGiving{"is", "was", "to", "as", "equals", "be", "with", "being", "called", "into", "reads", "says"};
  return kGiving.contains(word);
}

/// Nothing that people write in a sentence but as a value: "hunter2", "Tr0ub4dor&3".
bool looks_like_value(std::string_view word) {
  const bool digit = std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
  const bool letter = std::ranges::any_of(word, [](unsigned char c) { return std::isalpha(c) != 0; });
  constexpr std::size_t kLongWord = 20;
  return (digit && letter) || word.size() >= kLongWord || word.find_first_of("!$%^&+") < word.size() - 1;
}

bool is_question(const std::vector<Token>& tokens) {
  static const std::set<std::string, std::less<>> kBeginnings{"why", "what", "when", "who", "whose", "which", "how", "where", "is", "are", "does", "do", "did", "has", "have", "was", "were", "should", "can", "could", "will"};
  return !tokens.empty() && kBeginnings.contains(tokens.front().lower);
}

/// The one App that the sentence names; "" when it names none, or several.
std::string only_app(const std::vector<Token>& tokens) {
  std::set<std::string> named;
  for (const auto& token : tokens) {
    if (!token.app_pair.empty()) {
      named.insert(token.app_pair);
    } else if (!token.app.empty()) {
      named.insert(token.app);
    }
  }
  return named.size() == 1 ? *named.begin() : std::string();
}

}  // namespace

bool may_be_suggested(Verb verb) {
  switch (verb) {
    case Verb::Help:
    case Verb::Status:
    case Verb::Apps:
    case Verb::Diff:
    case Verb::Pods:
    case Verb::Logs:
    case Verb::Events:
    case Verb::Describe:
    case Verb::Why:
    case Verb::History:
    case Verb::Refresh:
    case Verb::Ignores:
    case Verb::Stats:
    case Verb::Ask:
    case Verb::Cost:
    case Verb::Waivers:
    case Verb::Pending:
    case Verb::Silences:
    case Verb::Route:
    case Verb::Digest:
    case Verb::Audit:
    case Verb::Whoami:
    case Verb::Sync:
    case Verb::Rollback:
    case Verb::Adopt:
    case Verb::SetImage:
    case Verb::Scale:
    case Verb::PinImage:
    case Verb::Promote:
    case Verb::Restart:
    case Verb::Propose:
    case Verb::Ack:
    case Verb::Snooze:
    case Verb::Silence: return true;
    default: return false;
  }
}

std::optional<Command> suggestable(std::string_view text, const GrammarContext& context) {
  if (text.empty() || text.size() > kLongestCommand || without_control_characters(text) != text) return std::nullopt;
  const auto bare = explicit_context(context);
  auto parsed = parse_command(text, bare);
  auto* command = std::get_if<Command>(&parsed);
  if (command == nullptr || !may_be_suggested(command->verb) || command->incident != 0 || command->change != 0) return std::nullopt;
  const bool of_an_app = std::ranges::find(bare.apps, command->app) != bare.apps.end();
  if (!command->app.empty() && !of_an_app && command->verb != Verb::Promote) return std::nullopt;
  // Kept quiet is one App that they see, not a pattern.
  AlertMatch one_app;
  one_app.app = command->match.app;
  const bool one = command->match == one_app && std::ranges::find(bare.apps, command->match.app) != bare.apps.end();
  if (command->verb == Verb::Silence && !one) return std::nullopt;
  // The button says the text, so the text must say the command.
  const auto again = parse_command(to_text(*command), bare);
  if (!std::holds_alternative<Command>(again) || std::get<Command>(again) != *command) return std::nullopt;
  return std::move(*command);
}

std::optional<Command> read_sentence(std::string_view text, const GrammarContext& context, bool drafts) {
  static const auto kPlain = compiled(kRules);
  static const auto kWishes = compiled(kDrafts);
  if (text.size() > kLongestRead) return std::nullopt;
  Sentence sentence;
  sentence.said = quotable(text);
  auto words = words_of(without_control_characters(text));
  sentence.reason = take_reason(words);
  sentence.tokens = sentence_tokens(join(words, " "), context);
  if (sentence.tokens.size() < 2) return std::nullopt;
  for (const auto& rule : kPlain) {
    if (auto command = said_by(rule, sentence, context)) return command;
  }
  const bool hides_nothing = without_told_secrets(sentence.said) == sentence.said && without_values(sentence.said) == sentence.said;
  const auto app = only_app(sentence.tokens);
  if (app.empty() || !hides_nothing || sentence.tokens.size() < kFewestWords) return std::nullopt;
  if (drafts) {
    for (const auto& rule : kWishes) {
      if (auto command = said_by(rule, sentence, context)) return command;
    }
  }
  if (!is_question(sentence.tokens)) return std::nullopt;
  return suggestable("ask " + app + " \"" + sentence.said + "\"", context);
}

std::string without_told_secrets(std::string_view sentence) {
  auto words = split(hide_secrets(sentence), ' ');
  const auto names_secret = [](const std::string& word) { return Redactor::is_sensitive_name(word); };
  if (std::ranges::none_of(words, names_secret)) return join(words, " ");
  bool named = false;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const bool names = names_secret(words[at]);
    named = named || names;
    if (names || words[at].empty()) continue;
    const bool given = named && at > 0 && gives_a_value(to_lower(words[at - 1])) && !is_harmless(to_lower(words[at])) && !gives_a_value(to_lower(words[at]));
    if (given || looks_like_value(words[at])) words[at] = "***";
  }
  return join(words, " ");
}

bool looks_like_sentence(std::string_view text, const GrammarContext& context) {
  if (text.size() > kLongestSentence || without_told_secrets(text) != text || without_values(text) != text) return false;
  const auto words = words_of(without_control_characters(text));
  if (words.size() < kFewestWords) return false;
  const bool typed = find_verb(words[0]) != nullptr && find_app(words[1], context.apps).has_value();
  const bool letters = std::ranges::any_of(words[0], [](unsigned char c) { return std::isalpha(c) != 0; });
  return !typed && letters;
}

}  // namespace driftwarden
