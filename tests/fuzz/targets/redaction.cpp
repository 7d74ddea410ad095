// A canary where secrets are: it is in nothing that is shown. The word CANARY in the input is the secret; what holds it nowhere is put into a Secret.
#include "bot/inspect/inspect.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/secret_fields.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::fuzz {
namespace {

using nlohmann::json;

const std::string kCanary = "q7Zc4n4ryXw91";

bool shows(const std::string& text) { return text.find(kCanary) != std::string::npos || text.find(base64_encode(kCanary)) != std::string::npos; }

/// Every scalar becomes the secret.
json all_secret(const json& value) {
  if (!value.is_structured()) return kCanary;
  auto copy = value;
  for (auto& item : copy) item = all_secret(item);
  return copy;
}

void run(std::string_view input) {
  const Redactor redactor("key");
  ParseLimits limits;
  limits.max_nodes = 5'000;
  const auto documents = parse_yaml(input, "input.yaml", limits);
  for (const auto& document : documents ? *documents : std::vector<json>{}) {
    if (document.is_object() && document.contains(kCanary)) continue;
    for (const auto* member : {"data", "stringData"}) {
      const json secret{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", "s"}}}, {member, all_secret(document)}};
      check(!shows(redactor.redact(secret).dump()), "a Secret's values are hidden, whatever their shape");
      check(!shows(to_yaml(redactor.redact(secret))), "also as YAML");
    }
    const json resource{{"apiVersion", "x/v1"}, {"kind", "X"}, {"spec", {{"before", document}, {"password", kCanary}, {"env", {{{"name", "DB_PASS"}, {"value", kCanary}}}}}}};
    check(!shows(redactor.redact(resource).dump(-1, ' ', false, json::error_handler_t::replace)), "a field called password is hidden");
    check(redactor.redact(redactor.redact(document)) == redactor.redact(document), "once is enough");
  }
  const std::string text(input);
  if (text.find('\n') == std::string::npos && text.find("PRIVATE") == std::string::npos) {
    // On a line of its own nothing that stands before can change what it is.
    check(!shows(redact_log(text + "\npassword=" + kCanary + "\n")), "no log shows a password");
    check(!shows(hide_secrets(text + "\npassword=" + kCanary + "\n")), "no message of a tool shows a password");
    check(!shows(hide_secrets(text + "\npostgres://app:" + kCanary + "@db/shop\n")), "nor one in an address");
  }
  (void)looks_secret(text);
  (void)without_decoration(text);
  (void)is_secret_field(text);
}

const Target target("redaction", &run);

}  // namespace
}  // namespace driftwarden::fuzz
