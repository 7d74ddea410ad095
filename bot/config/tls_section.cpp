// tls: whom else to trust, and how to prove ourselves.
#include "bot/config/sections.hpp"
#include "bot/config/tls.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

/// As in a URL: a name or an address, without scheme, port or path.
std::string check_host(std::string_view text) {
  const auto known = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == ':'; };
  const bool address = text.find(':') != std::string_view::npos && std::ranges::count(text, ':') == 1;
  return text.empty() || address || !std::ranges::all_of(text, known) ? "isn't a host" : "";
}

/// So that a reload notices when what stands in the file is different.
void note_content(Section& section, std::string_view key, const std::string& path) {
  const auto* node = section.find(key);
  if (node == nullptr || path.empty()) return;
  if (auto content = section.reading().environment.read_file(path)) section.reading().secrets[node] = std::move(*content);
}

}  // namespace

void read_tls(Section& root, Config& config) {
  root.inside("tls", [&](Section& section) {
    section.file_path("ca", config.tls.ca);
    note_content(section, "ca", config.tls.ca);
    std::map<std::string, const ConfigNode*> seen;
    section.each("certificates", [&](Section& given) {
      ClientCertificate certificate;
      if (!given.has("host")) given.missing("host", "the host that asks for it, as in its URL");
      given.checked("host", certificate.host, check_host, "a host such as git.acme.example, without scheme and port");
      if (!given.has("certificate")) given.missing("certificate", "the path of a PEM file");
      given.file_path("certificate", certificate.certificate);
      note_content(given, "certificate", certificate.certificate);
      std::optional<SecretValue> key;
      given.secret_value("key", key, SecretForm::Key);
      if (!given.has("key")) given.missing("key", "{file: PATH}");
      if (key) certificate.key = std::move(*key);
      if (!certificate.host.empty() && !seen.emplace(to_lower(certificate.host), &given.place("host")).second) {
        root.reading().mistake(given.place("host"), fmt::format("{} has a certificate already", certificate.host), "one certificate per host");
      }
      config.tls.certificates.push_back(std::move(certificate));
    });
    const auto usable = tls_options(config.tls, root.reading().environment);
    if (!usable) root.reading().mistake(section.node(), usable.error().message, "files in PEM");
  });
}

}  // namespace driftwarden
