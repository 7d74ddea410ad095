// Which commits would put a secret into Git.
#include "bot/change/secret_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct SecretRow {
  std::string name;
  std::string file;
  std::string after;
  std::string found;  ///< what it is called, "" = nothing
  std::string before{};
  friend void PrintTo(const SecretRow& row, std::ostream* out) { *out << row.name; }
};
class SecretTable : public testing::TestWithParam<SecretRow> {};

TEST_P(SecretTable, Finds) {
  const auto& row = GetParam();
  const auto added = added_secrets({{row.file, row.before, row.after}});
  if (row.found.empty()) {
    EXPECT_THAT(added, IsEmpty());
    EXPECT_TRUE(check_added_secrets({{row.file, row.before, row.after}}));
    return;
  }
  ASSERT_EQ(added.size(), 1U) << testing::PrintToString(added);
  EXPECT_THAT(added.front(), HasSubstr(row.file));
  EXPECT_THAT(added.front(), HasSubstr(row.found));
  EXPECT_THAT(added.front(), Not(HasSubstr("hunter2")));
  const auto refused = check_added_secrets({{row.file, row.before, row.after}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
}

const std::string kSecret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\nstringData:\n  token: hunter2\n";
const std::string kSecretData = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata:\n  any: aHVudGVyMg==\n";
const std::string kSops = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData:\n  token: ENC[AES256_GCM,data:x,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:y]\n";
const std::string kSealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: keys, namespace: shop}\nspec:\n  encryptedData:\n    password: AgBy3i4OJSWK\n";
const std::string kExternal = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: keys}\nspec:\n  data:\n    - secretKey: password\n      remoteRef: {key: shop/db, property: password}\n";
const std::string kEnv = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          env:\n            - {name: DB_PASSWORD, value: hunter2}\n";
const std::string kEnvRef = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      serviceAccountToken: x\n      containers:\n        - name: app\n          env:\n            - name: DB_PASSWORD\n              valueFrom: {secretKeyRef: {name: db, key: password}}\n";
const std::string kConfig = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  api-key: hunter2\n  motd: hello\n";
const std::string kConfigFile = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  app.yaml: |\n    db:\n      password: hunter2\n    port: 80\n";
const std::string kConfigHarmless = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  token-url: https://sso.example.org/token\n  password-file: /run/secrets/db\n  secret-name: db\n  tokens-enabled: \"true\"\n  key: value\n";
const std::string kKey = "data:\n  tls.pem: |\n    -----BEGIN RSA PRIVATE KEY-----\n    hunter2\n    -----END RSA PRIVATE KEY-----\n";
const std::string kToken = "image: web\nnote: ghp_0123456789abcdefghijABCDEFGHIJ012345\n";
const std::string kUrl = "database: postgres://shop:hunter2@db.example.org/shop\n";

INSTANTIATE_TEST_SUITE_P(
    Files, SecretTable,
    testing::Values(SecretRow{"ASecret", "a/secret.yaml", kSecret, "stringData.token of Secret shop/keys"}, SecretRow{"ASecretsData", "a/secret.yaml", kSecretData, "data.any of Secret keys"},
                    SecretRow{"InAList", "a/list.yaml", "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n    metadata: {name: keys}\n    stringData: {x: hunter2}\n", "stringData.x"},
                    SecretRow{"Sops", "a/secret.yaml", kSops, ""}, SecretRow{"Sealed", "a/sealed.yaml", kSealed, ""}, SecretRow{"External", "a/external.yaml", kExternal, ""},
                    SecretRow{"TheVaultPluginFillsItIn", "a/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {token: \"<path:kv/shop#token>\"}\n", ""},
                    SecretRow{"EmptyOnes", "a/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {token: \"\"}\ndata: {}\n", ""},
                    SecretRow{"Literals", "a/kustomization.yaml", "secretGenerator:\n  - name: keys\n    literals:\n      - anything=hunter2\n", "secretGenerator.literals.anything"},
                    SecretRow{"GeneratedFromAFile", "a/kustomization.yaml", "secretGenerator:\n  - name: keys\n    files: [keys.enc]\n", ""},
                    SecretRow{"ConfigLiterals", "a/kustomization.yaml", "configMapGenerator:\n  - name: app\n    literals: [DB_PASSWORD=hunter2, LOG_LEVEL=debug]\n", "DB_PASSWORD"},
                    SecretRow{"Environment", "a/deployment.yaml", kEnv, "[DB_PASSWORD].value of Deployment web"}, SecretRow{"AReference", "a/deployment.yaml", kEnvRef, ""},
                    SecretRow{"ConfigMap", "a/config.yaml", kConfig, "data.api-key of ConfigMap app"}, SecretRow{"AFileInAConfigMap", "a/config.yaml", kConfigFile, "password of ConfigMap app"},
                    SecretRow{"NamesThatOnlySoundSo", "a/config.yaml", kConfigHarmless, ""},
                    SecretRow{"Values", "chart/values.yaml", "db:\n  password: hunter2\n  existingSecret: db\n  passwordSecretRef: {name: db}\n", "db.password"},
                    SecretRow{"ValuesLeftEmpty", "chart/values.yaml", "db:\n  password: \"\"\nauth:\n  enabled: true\n  tokenTTLSeconds: 60\n", ""},
                    SecretRow{"ATemplateOfAChart", "chart/templates/secret.yaml", "kind: Secret\nstringData:\n  token: {{ .Values.token | quote }}\n{{- if .x }}\n{{- end }}\n", ""},
                    SecretRow{"ALiteralInATemplate", "chart/templates/secret.yaml", "kind: Secret\nstringData:\n  token: \"hunter2\"\n{{- if .x }}\n{{- end }}\n", "line 3, token"},
                    SecretRow{"APrivateKey", "a/app.yaml", kKey, "tls.pem"}, SecretRow{"ATokenByItsShape", "a/app.yaml", kToken, "note"}, SecretRow{"APasswordInAUrl", "a/app.yaml", kUrl, "database"},
                    SecretRow{"NameAndValue", "a/prod.env", "LOG=debug\nAPI_TOKEN=hunter2\n", "line 2, API_TOKEN"},
                    SecretRow{"TerraformVariables", "live/prod.tfvars", "db_password = \"hunter2\"\nregion = \"eu\"\n", "line 1, db_password"},
                    SecretRow{"TerraformDefaults", "live/main.tf", "variable \"db_password\" {\n  type    = string\n  default = \"hunter2\"\n}\n", "line 3, db_password"},
                    SecretRow{"TerraformSensitiveDefaults", "live/main.tf", "variable \"motd\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\n", "line 2, motd"},
                    SecretRow{"TerraformHeredocs", "live/main.tf", "locals {\n  user_data = <<EOF\n#!/bin/sh\nexport DB_PASSWORD=hunter2\nEOF\n}\n", "line 4, DB_PASSWORD"},
                    SecretRow{"TerraformReferences", "live/main.tf", "resource \"x\" \"y\" {\n  password = var.db_password\n  token    = data.vault.x.token\n}\n", ""},
                    SecretRow{"WhatWasThereAlready", "a/secret.yaml", kSecret + "  # edited\n", "", kSecret}, SecretRow{"AnotherValue", "a/secret.yaml", kSecret, "stringData.token", kSecretData}),
    [](const auto& row) { return row.param.name; });

TEST(SecretGuard, WhatOnlyMovesIsNotAdded) {
  EXPECT_THAT(added_secrets({{"old/secret.yaml", kSecret, ""}, {"new/secret.yaml", "", kSecret}}), IsEmpty());
  EXPECT_THAT(added_secrets({{"old/secret.yaml", kSecret, ""}, {"new/secret.yaml", "", kSecretData}}), ElementsAre(HasSubstr("new/secret.yaml")));
}

TEST(SecretGuard, WhatARollbackBringsBackIsAdded) {
  EXPECT_THAT(added_secrets({{"a/secret.yaml", "", kSecret}}), ElementsAre(HasSubstr("a/secret.yaml")));
}

Manifest sealed(const std::string& name, const std::string& namespace_, const std::string& annotation = "") {
  nlohmann::json body{{"apiVersion", "bitnami.com/v1alpha1"}, {"kind", "SealedSecret"}, {"metadata", {{"name", name}, {"namespace", namespace_}}}, {"spec", {{"encryptedData", {{"password", "AgBy"}}}}}};
  if (!annotation.empty()) body["metadata"]["annotations"][annotation] = "true";
  return {{"bitnami.com", "v1alpha1", "SealedSecret", namespace_, name}, std::make_shared<const nlohmann::json>(body), "", 0};
}

TEST(SecretGuard, ASealedSecretIsSealedForItsPlace) {
  EXPECT_TRUE(check_sealed({sealed("db", "shop")}, {sealed("db", "shop")}));
  const auto elsewhere = check_sealed({sealed("db", "shop")}, {sealed("db", "cart")});
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("is sealed for exactly shop/db"));
  EXPECT_FALSE(check_sealed({sealed("db", "shop")}, {sealed("other", "shop")}));
  EXPECT_TRUE(check_sealed({sealed("db", "shop", "sealedsecrets.bitnami.com/namespace-wide")}, {sealed("other", "shop", "sealedsecrets.bitnami.com/namespace-wide")}));
  EXPECT_FALSE(check_sealed({sealed("db", "shop", "sealedsecrets.bitnami.com/namespace-wide")}, {sealed("db", "cart", "sealedsecrets.bitnami.com/namespace-wide")}));
  EXPECT_TRUE(check_sealed({sealed("db", "shop", "sealedsecrets.bitnami.com/cluster-wide")}, {sealed("other", "cart", "sealedsecrets.bitnami.com/cluster-wide")}));
}

}  // namespace
}  // namespace driftwarden
