#include "bot/terminal/compare_command.hpp"

#include "bot/terminal/compare_pairs.hpp"
#include "bot/terminal/local_files.hpp"
#include "gitops/base/random.hpp"
#include "gitops/diff/inputs.hpp"
#include "gitops/diff/print.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

Error wrong(std::string what) { return Error{ErrorKind::InvalidInput, std::move(what)}; }

/// The first document; nothing for an empty file. `null` is a document of its own kind: none.
struct Document {
  bool given = false;
  json value;
};

Result<Document> load(const std::string& path) {
  Document document;
  if (path.empty()) return document;
  TRY(const auto text, read_local_file(path));
  TRY(auto documents, parse_yaml(text, path));
  if (documents.size() > 1) return wrong(fmt::format("{}: {} documents, expected one object", path, documents.size()));
  if (documents.empty()) return document;
  document.given = true;
  document.value = std::move(documents.front());
  return document;
}

Result<Document> load_object(const std::string& path) {
  TRY(auto document, load(path));
  if (!document.given) return document;
  const auto& value = document.value;
  if (!value.is_object()) return wrong(fmt::format("{}: expected an object, found {}", path, value.type_name()));
  const auto ref = ref_of(value);
  if (ref.kind.empty() || ref.version.empty() || ref.name.empty()) return wrong(fmt::format("{}: apiVersion, kind or metadata.name is missing", path));
  return document;
}

struct Inputs {
  Document desired;
  Document live;
  Document last_synced;
  std::optional<DryRun> dry_run;
  std::unique_ptr<Schemas> schemas;
  CompareContext context;
};

Result<Inputs> read_inputs(const CompareArguments& arguments) {
  Inputs inputs;
  TRY(inputs.desired, load_object(arguments.desired));
  TRY(inputs.live, load_object(arguments.live));
  TRY(const auto live_text, read_local_file(arguments.live));
  if (!inputs.live.given && live_text.find("null") == std::string::npos) {
    return wrong(fmt::format("{}: holds no object; write `null` for one that is not in the cluster", arguments.live));
  }
  TRY(inputs.last_synced, load_object(arguments.last_synced));
  if (!inputs.desired.given && !inputs.live.given) return wrong("neither --desired nor --live holds an object");
  TRY(const auto dry_run, load(arguments.dry_run));
  if (dry_run.given) {
    TRY(inputs.dry_run, read_dry_run(dry_run.value));
  }
  if (!arguments.openapi.empty()) {
    TRY(inputs.schemas, load_openapi_directory(arguments.openapi));
  }
  inputs.context.schemas = inputs.schemas.get();
  inputs.context.app = arguments.app;
  TRY(const auto rules, load(arguments.rules));
  if (rules.given) {
    TRY(inputs.context.ignore, read_ignore_rules(rules.value));
  }
  TRY(const auto discovery, load(arguments.discovery));
  if (discovery.given && inputs.desired.given) inputs.context.kind_served = is_served(discovery.value, inputs.desired.value);
  return inputs;
}

Result<ObjectDrift> compare_files(const CompareArguments& arguments) {
  if (arguments.live.empty()) return wrong("--live FILE is missing");
  if (arguments.desired.empty()) return wrong("--desired FILE is missing");
  TRY(auto inputs, read_inputs(arguments));
  // Digests need only be the same within this run.
  const Redactor redactor(create_system_random()->hex(32));
  inputs.context.redactor = &redactor;
  inputs.context.now = SystemClock().wall_now();
  const auto pointer = [](const Document& document) { return document.given ? &document.value : nullptr; };
  return compare(pointer(inputs.desired), pointer(inputs.live), pointer(inputs.last_synced), inputs.dry_run ? &*inputs.dry_run : nullptr, inputs.context);
}

int print_drift(const ObjectDrift& drift, const std::string& output, std::ostream& out) {
  out << (output == "text" ? to_text(drift) : to_json(drift).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  const bool fine = drift.verdict == Verdict::Synced || drift.verdict == Verdict::Untracked;
  return fine ? 0 : 1;
}

int fail(const Error& error, std::ostream& err) {
  err << "compare: " << error.message << '\n';
  return 2;
}

}  // namespace

int run_compare(const CompareArguments& arguments, std::ostream& out, std::ostream& err) {
  if (arguments.output != "json" && arguments.output != "text") return fail(wrong("unknown output '" + arguments.output + "', expected json or text"), err);
  if (!arguments.pairs.empty()) {
    const auto figures = compare_pairs(arguments);
    if (!figures) return fail(figures.error(), err);
    out << pairs_text(*figures, arguments.output);
    return figures->drifted > 0 ? 1 : 0;
  }
  const auto drift = compare_files(arguments);
  if (!drift) return fail(drift.error(), err);
  return print_drift(*drift, arguments.output, out);
}

}  // namespace driftwarden
