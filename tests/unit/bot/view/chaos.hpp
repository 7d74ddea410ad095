#pragma once
// Views' input as nobody sensible writes it, by seed.
#include "gitops/base/random.hpp"
#include "tests/unit/bot/view/samples.hpp"

namespace driftwarden::view::sample {

using namespace std::string_literals;

/// Text as nobody sensible writes it: markup, cut UTF-8, control bytes, none at all, or far too much.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(create_seeded_random(seed)) {}
  std::string text() {
    static const std::vector<std::string> pieces{"a", "`", "```", "<!channel>", "&", "\n", "\xff", "\xc3", "\xf0\x9f\x98", "\xed\xa0\x80", "\u2026", "\U0001F600", "word ", "\x01", "*", "|", ">", "<!here>", "<@U0EVE>", "<https://evil.example|x>", "<#C0EVE>", "\u202e", "\u05d0\u05d1", "\0x"s};
    static const std::vector<std::size_t> lengths{0, 1, 1, 3, 3, 20, 20, 90, 400};
    std::string made;
    const auto length = below(40) == 0 ? 5000 : lengths[below(lengths.size())];
    for (std::size_t i = 0; i < length; ++i) made += pieces[random_->below(pieces.size())];
    return made;
  }
  std::size_t below(std::size_t bound) { return random_->below(bound); }
  std::optional<std::string> maybe() { return below(3) == 0 ? std::nullopt : std::optional(text()); }
  App app() {
    App made;
    made.name = "a" + text();
    made.path = text();
    made.cluster = text();
    made.namespace_ = text();
    made.environment = text();
    made.owners.assign(below(4), text());
    return made;
  }
  DriftReport report() {
    DriftReport made;
    made.state = static_cast<AppState>(below(3));
    made.cause = static_cast<Cause>(below(10));
    made.reason = text();
    made.revision = text();
    for (std::size_t i = below(12); i > 0; --i) {
      ObjectDrift drift{{text(), "v1", text(), text(), text()}, static_cast<Verdict>(below(6)), {}, std::vector<std::string>(below(3), text())};
      for (std::size_t j = below(6); j > 0; --j) {
        FieldDrift field = sample::field(text(), maybe(), maybe(), static_cast<FieldOp>(below(5)));
        field.by = maybe();
        field.cause = static_cast<FieldCause>(below(3));
        drift.fields.push_back(std::move(field));
      }
      made.objects.push_back(std::move(drift));
    }
    const auto ref = [&] { return ObjectRef{text(), "v1", text(), text(), text()}; };
    for (std::size_t i = below(4); i > 0; --i) made.fights.push_back({ref(), text(), std::vector<std::string>(below(5), text()), below(9), kNine});
    for (std::size_t i = below(6); i > 0; --i) made.rules.push_back({text(), text(), text(), kNine, below(3), below(2) == 0});
    for (std::size_t i = below(6); i > 0; --i) made.floating.push_back({ref(), text()});
    made.warnings.assign(below(6), text());
    return made;
  }
  Incident incident() {
    auto made = sample::incident(report(), static_cast<IncidentState>(below(4)));
    made.resolved_by = text();
    made.acknowledged_by = text();
    return made;
  }
  Change change() {
    auto made = sample::change(static_cast<ChangeState>(below(12)));
    made.verb = static_cast<ChangeVerb>(below(12));
    made.argument = below(2) == 0 ? text() : R"({"paths":[{"kind":")" + std::string(5000, 'k') + R"(","name":"n","path":".x"}],"until":"2026-12-21T09:00:00Z"})";
    made.reason = text();
    made.failure = text();
    made.diff = text();
    made.requester = text();
    made.closed_by = text();
    made.target_revision = text();
    made.pull_request_url = text();
    made.quorum.from.assign(below(5), text());
    made.quorum.need = static_cast<int>(below(4));
    made.quorum.rule = text();
    made.git_diff = text();
    made.notes.assign(below(9), text());
    made.risk = {static_cast<RiskTier>(below(5)), std::vector<std::string>(below(9), text()), std::vector<std::string>(below(12), text()), std::vector<std::string>(below(9), text())};
    made.waiting_for = text();
    made.base_sha = text();
    made.merged_sha = text();
    return made;
  }

 private:
  std::unique_ptr<Random> random_;
};

}  // namespace driftwarden::view::sample
