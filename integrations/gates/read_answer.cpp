// Which exit codes go with which answer.
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "integrations/gates/readers.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

namespace driftwarden::gates {
namespace {

constexpr std::size_t kLongestComplaint = 300;
constexpr std::size_t kMostLooked = 64U << 10U;

Result<std::vector<Finding>> read_content(Format format, const Printed& printed, const Subjects& subjects) {
  if (format == Format::Kyverno) return read_kyverno(printed, subjects);
  TRY(const auto document, parse_answer(printed.out));
  switch (format) {
    case Format::Sarif: return read_sarif(*document, subjects);
    case Format::Conftest: return read_conftest(*document, subjects);
    case Format::Kubeconform: return read_kubeconform(*document, subjects);
    case Format::Json:
    case Format::Kyverno: break;
  }
  return read_plain(*document, subjects);
}

bool is_signal(int exit_code) { return exit_code > 128 && exit_code <= 128 + SIGSYS; }

Error with_complaint(std::string what, const Printed& printed, const Subjects& subjects) {
  const auto words = complaint_of(printed, subjects);
  if (!words.empty()) what += ": " + words;
  return Error{ErrorKind::InvalidInput, std::move(what)};
}

}  // namespace

Result<std::vector<Finding>> read_answer(Format format, const Printed& printed, const Subjects& subjects) {
  if (is_signal(printed.exit_code)) return with_complaint(fmt::format("it was ended by signal {}", printed.exit_code - 128), printed, subjects);
  auto findings = read_content(format, printed, subjects);
  if (!findings && findings.error().kind == ErrorKind::NotFound && printed.exit_code != 0) return with_complaint(fmt::format("it ended with {} and gave no answer", printed.exit_code), printed, subjects);
  // That says it all.
  if (!findings && findings.error().kind == ErrorKind::Corrupt) return findings.error();
  if (!findings) return with_complaint(findings.error().message, printed, subjects);
  // It objects to something that its answer doesn't tell.
  const bool some = std::ranges::any_of(*findings, [](const Finding& finding) { return finding.blocks; });
  const bool warned = format != Format::Kubeconform && !findings->empty();
  if (printed.exit_code != 0 && !some && !warned) return with_complaint(fmt::format("it ended with {} and named no finding", printed.exit_code), printed, subjects);
  return findings;
}

std::string complaint_of(const Printed& printed, const Subjects& subjects) {
  const auto& said = trim(printed.err).empty() ? printed.out : printed.err;
  // An answer isn't the reason why there is none.
  if (const auto begin = trim(std::string_view(said).substr(0, kMostLooked)); begin.starts_with('{') || begin.starts_with('[')) return {};
  const auto start = said.size() > kMostLooked ? said.size() - kMostLooked : 0;
  std::string last;
  for (const auto& line : split(without_decoration(std::string_view(said).substr(start)), '\n')) {
    const auto text = trim(line);
    if (text.empty()) continue;
    last = text;
    const auto lower = to_lower(text.substr(0, kLongestComplaint));
    if (lower.find("error") != std::string::npos || lower.find("fatal") != std::string::npos || lower.find("panic") != std::string::npos) break;
  }
  return clean_text(subjects, last, kLongestComplaint);
}

}  // namespace driftwarden::gates
