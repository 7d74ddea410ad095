#include "bot/inspect/inspect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace driftwarden {
namespace {

struct RedactRow {
  std::string name;
  std::string line;
  std::string shown;
  friend void PrintTo(const RedactRow& row, std::ostream* out) { *out << row.name; }
};

std::string name_of(const testing::TestParamInfo<RedactRow>& row) { return row.param.name; }

class Hides : public testing::TestWithParam<RedactRow> {};
TEST_P(Hides, TheValue) { EXPECT_EQ(redact_log(GetParam().line), GetParam().shown); }

// Made-up credentials are put together here, so that no scanner takes the file for a leak.
const std::string kJwt = std::string("eyJ") + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
const std::string kAws = std::string("AKIA") + "IOSFODNN7EXAMPLE";
const std::string kGithub = std::string("ghp_") + "abcdefghijklmnopqrstuvwxyz0123456789";
const std::string kSlack = std::string("xoxb-") + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx";

INSTANTIATE_TEST_SUITE_P(
    Forms, Hides,
    testing::Values(
        RedactRow{"KeyEqualsValue", "password=hunter2 user=bob", "password=*** user=bob"}, RedactRow{"UpperCaseEnvironment", "DB_PASSWORD=hunter2", "DB_PASSWORD=***"},
        RedactRow{"Passwd", "login passwd=abc ok", "login passwd=*** ok"}, RedactRow{"CamelCase", "clientSecret=s3cr3t x", "clientSecret=*** x"},
        RedactRow{"DottedProperty", "-Dspring.datasource.password=abc -Xmx1g", "-Dspring.datasource.password=*** -Xmx1g"},
        RedactRow{"WithSpacesAroundEquals", "password = hunter2", "password = ***"}, RedactRow{"GoAssignment", "token := abc123", "token := ***"},
        RedactRow{"Json", R"({"user":"bob","password":"hunter2","n":1})", R"({"user":"bob","password":"***","n":1})"},
        RedactRow{"JsonWithSpaces", R"({"api_key" : "abc", "a": 2})", R"({"api_key" : "***", "a": 2})"}, RedactRow{"JsonNumber", R"({"otp":123456,"a":2})", R"({"otp":***,"a":2})"},
        RedactRow{"JsonWithEscapedQuote", R"({"password":"a\"b","x":"y"})", R"({"password":"***","x":"y"})"},
        RedactRow{"JsonInsideAString", R"(msg="{\"password\":\"hunter2\",\"x\":1}")", R"(msg="{\"password\":\"***\",\"x\":1}")"},
        RedactRow{"JsonList", R"({"tokens_x":1,"authorization":["Bearer abc"],"b":2})", R"({"tokens_x":1,"authorization":***],"b":2})"},
        RedactRow{"Yaml", "password: hunter2", "password: ***"}, RedactRow{"YamlIndentedWithSpacesInside", "    password: correct horse battery", "    password: ***"},
        RedactRow{"YamlKeepsAComment", "secret: abc # from vault", "secret: *** # from vault"}, RedactRow{"YamlInAList", "- token: abc", "- token: ***"},
        RedactRow{"YamlBlock", "password: |\n  hunter2\n  more\nuser: bob", "password: |\n  ***\n  ***\nuser: bob"}, RedactRow{"SingleQuotes", "{'passwd': 'abc', 'a': 1}", "{'passwd': '***', 'a': 1}"},
        RedactRow{"RubyHash", R"({"password"=>"hunter2", "a"=>1})", R"({"password"=>"***", "a"=>1})"}, RedactRow{"RailsParameter", "user[password]=hunter2&user[name]=bob", "user[password]=***&user[name]=bob"},
        RedactRow{"QueryString", "GET /cb?token=abc&next=/home 200", "GET /cb?token=***&next=/home 200"},
        RedactRow{"EncodedQueryString", "q=token%3Dabc&x=1", "q=token%3D***&x=1"}, RedactRow{"ConnectionString", "Server=db;Password=ab;c!;Database=x", "Server=db;Password=***;Database=x"},
        RedactRow{"AzureAccountKey", "AccountName=a;AccountKey=abcd==;EndpointSuffix=e", "AccountName=a;AccountKey=***;EndpointSuffix=e"},
        RedactRow{"Option", "run --password hunter2 --verbose", "run --password *** --verbose"}, RedactRow{"OptionWithEquals", "run --api-key=abc", "run --api-key=***"},
        RedactRow{"CurlUser", "curl -u alice:hunter2 x", "curl -u alice:*** x"}, RedactRow{"TwoWords", "using api key: abc123", "using api key: ***"},
        RedactRow{"AccessToken", "got access token: abc123 for bob", "got access token: *** for bob"}, RedactRow{"Xml", "<password>hunter2</password><a>b</a>", "<password>***</password><a>b</a>"},
        RedactRow{"AuthorizationHeader", "Authorization: Bearer abc.def-1", "Authorization: ***"}, RedactRow{"ProxyAuthorization", "proxy-authorization: Basic abc", "proxy-authorization: ***"},
        RedactRow{"HeaderInQuotes", "curl -H 'Authorization: Bearer abc' https://x.test/y", "curl -H 'Authorization: ***' https://x.test/y"},
        RedactRow{"GoHeaderMap", "map[Authorization:[Bearer abc] Accept:[*/*]]", "map[Authorization:***] Accept:[*/*]]"},
        RedactRow{"Cookie", "Cookie: a=b; sid=c", "Cookie: ***"}, RedactRow{"SetCookie", "set-cookie: s=abc; Path=/; HttpOnly", "set-cookie: ***"},
        RedactRow{"ApiKeyHeader", "X-Api-Key: abc", "X-Api-Key: ***"}, RedactRow{"VaultToken", "X-Vault-Token: abc", "X-Vault-Token: ***"},
        RedactRow{"BearerAlone", "sending Bearer abcdef0123 to x", "sending Bearer *** to x"}, RedactRow{"BasicAlone", "using Basic dXNlcjpwYXNzd29yZA== ok", "using Basic *** ok"},
        RedactRow{"SchemeInAValue", "token=Bearer abc1 next=1", "token=*** next=1"}, RedactRow{"UrlPassword", "dial postgres://app:hunter2@db:5432/x", "dial postgres://app:***@db:5432/x"},
        RedactRow{"UrlPasswordWithAnAt", "redis://:p@ss@cache:6379", "redis://:***@cache:6379"}, RedactRow{"UrlToken", "clone https://0123456789abcdef0123@git.test/x", "clone https://***@git.test/x"},
        RedactRow{"AwsKeyId", "using " + kAws + " now", "using *** now"}, RedactRow{"AwsSecret", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "aws_secret_access_key = ***"},
        RedactRow{"GithubToken", "remote: " + kGithub, "remote: ***"}, RedactRow{"GithubFineGrained", std::string("x github_pat_") + "11ABCDEFG0abcdefghijklmn_x1 y", "x *** y"},
        RedactRow{"SlackToken", "(" + kSlack + ")", "(***)"}, RedactRow{"GitlabToken", std::string("glpat-") + "abcdefghij0123456789", "***"},
        RedactRow{"Jwt", "got " + kJwt + ", ok", "got ***, ok"}, RedactRow{"JwtInAQuery", "/ws?t=" + kJwt + "&a=1", "/ws?t=***&a=1"},
        RedactRow{"EnvironmentDump", R"({"name":"DB_PASSWORD","value":"hunter2"},{"name":"A","value":"b"})", R"({"name":"DB_PASSWORD","value":"***"},{"name":"A","value":"b"})"},
        RedactRow{"EnvironmentInYaml", "- name: API_KEY\n  value: abc\n- name: A\n  value: b", "- name: API_KEY\n  value: ***\n- name: A\n  value: b"},
        RedactRow{"Coloured", "\x1b[36mpassword\x1b[0m=hunter2", "password=***"}, RedactRow{"UnclosedQuote", R"(password="abc def)", R"(password="***)"},
        RedactRow{"SecretKeyBase", "SECRET_KEY_BASE=abc", "SECRET_KEY_BASE=***"}, RedactRow{"Numbered", "password2=abc", "password2=***"}, RedactRow{"SmtpPass", "SMTP_PASS=abc", "SMTP_PASS=***"},
        RedactRow{"ManyTokensThatLookLikeOnes", "tokens=a1b2c3d4e5f6a7b8", "tokens=***"}, RedactRow{"SignedUrl", "X-Amz-Signature=0123456789abcdef0123456789abcdef&x=1", "X-Amz-Signature=***&x=1"},
        RedactRow{"Utf8Stays", "Gr\u00fc\u00dfe password=\u00fcber\u00e4 \u2713", "Gr\u00fc\u00dfe password=*** \u2713"}, RedactRow{"Tab", "token:\tabc\tx", "token:\t***"},
        RedactRow{"CarriageReturn", "password=abc\r\nx", "password=***\nx"}),
    name_of);

class Leaves : public testing::TestWithParam<RedactRow> {};
TEST_P(Leaves, TheLine) { EXPECT_EQ(redact_log(GetParam().line), GetParam().line); }

RedactRow same(std::string name, std::string line) { return {std::move(name), std::move(line), {}}; }

INSTANTIATE_TEST_SUITE_P(
    Harmless, Leaves,
    testing::Values(same("CommitSha", "deployed commit 4f2c81a0b3d5e6f708192a3b4c5d6e7f80912a3b"),
                    same("ImageDigest", "image shop/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                    same("Uuid", "request_id=123e4567-e89b-12d3-a456-426614174000 done"), same("TokenCount", "token count: 5"), same("MaxTokens", "max_tokens=512 prompt_tokens=18"),
                    same("TokenType", "token_type=bearer expires_in=3600"), same("ServiceAccountPath", "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file"),
                    same("SecretName", "secretName: web-tls"), same("SecretRef", R"({"secretKeyRef":{"name":"db","key":"password"}})"), same("MissingSecret", R"(secret "db" not found)"),
                    same("Expired", "token: expired"), same("PasswordFailed", "password authentication failed for user \"bob\""), same("TokenInvalid", "Bearer token is invalid"),
                    same("TestPasses", "PASS: TestCheckout (0.01s)"), same("Counted", "pass=3 fail=1"), same("Variable", "password: ${DB_PASSWORD}"), same("Null", R"({"password":null,"a":1})"),
                    same("Empty", "password= user=bob"), same("EmptyJson", R"({"token":"","a":1})"), same("PrimaryKey", "primary key: id"), same("KeyValue", "key=value other=thing"),
                    same("Workdir", "PWD=/app OLDPWD=/"), same("Url", "GET https://x.test/a/b?c=d 200"), same("GitUrl", "ssh://git@git.test/x.git"), same("Time", "2026-11-21T22:44:01Z level=info msg=ok"),
                    same("Ports", "listening on 0.0.0.0:8080"), same("UserGroup", "docker run -u 1000:1000 x"), same("Basic", "Basic usage: run it"), same("Rust", "auth::token::Verifier ready"),
                    same("PasswordFile", "POSTGRES_PASSWORD_FILE=/run/secrets/pg"), same("Masked", "password=***** ok"), same("Filtered", "password: [FILTERED]"), same("Email", "mail to bob@example.org"),
                    same("GrantType", "grant_type=authorization_code"), same("Equality", "if token == nil {"), same("JavaLogger", "com.acme.TokenFilter: started"), same("Checksum", "md5=d41d8cd98f00b204e9800998ecf8427e"),
                    same("Task", "task-scheduler-with-a-long-name-indeed-0123 ready"), same("Certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"), same("Dashes", "--------------- done")),
    name_of);

TEST(RedactLog, HidesPrivateKeysLineForLine) {
  const std::string body(64, 'A');
  const std::string marker = std::string("-----BEGIN RSA ") + "PRIVATE KEY-----";
  const std::string end = std::string("-----END RSA ") + "PRIVATE KEY-----";
  EXPECT_EQ(redact_log("a\n" + marker + "\n" + body + "\n" + body + "\nQQ==\n" + end + "\nb"), "a\n" + marker + "\n***\n***\n***\n" + end + "\nb");
  EXPECT_EQ(redact_log("key=" + marker + "\\n" + body + "\\n" + end + " x").find(body), std::string::npos);
}

TEST(RedactLog, HidesKeysThatWereCutOff) {
  const std::string body(64, 'A');
  const std::string marker = std::string("-----BEGIN ") + "PRIVATE KEY-----";
  const std::string end = std::string("-----END ") + "PRIVATE KEY-----";
  EXPECT_EQ(redact_log("x\n" + marker + "\n" + body + "\n" + body + "\nserver started"), "x\n" + marker + "\n***\n***\nserver started");
  EXPECT_EQ(redact_log("hello\n" + body + "\n" + body + "\nshort==\n" + end + "\nb"), "hello\n***\n***\n***\n" + end + "\nb");
  EXPECT_EQ(redact_log("hello\n" + end), "hello\n" + end);
}

TEST(RedactLog, KeepsTheNumberOfLines) {
  const std::string text = "a\n\npassword: |\n  x\n\n  y\nb: c\n\n";
  const auto shown = redact_log(text);
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), std::count(text.begin(), text.end(), '\n'));
}

/// What repeats a thousandfold must not be looked at a millionfold.
TEST(RedactLog, TakesHugeLinesInTheirStride) {
  const std::string big_begin = std::string("-----BEGIN ") + "PRIVATE KEY-----";
  const std::string big_end = std::string("-----END ") + "PRIVATE KEY-----";
  for (const std::string& piece : {std::string("a"), std::string("tokens="), std::string("password="), std::string("eyJ-"), std::string("://"), std::string("a@"), std::string("token: \""), std::string("\\\""),
                                   std::string("tokens:\""), std::string("-----"), big_begin, big_end, std::string("cookie: no "), std::string("[password"), std::string("&a"), std::string("${password="),
                                   std::string("password=${"), std::string("a "), std::string("token:     "), std::string("<password>"), std::string("'"), std::string("-u a")}) {
    std::string text;
    while (text.size() < (64U << 10U)) text += piece;
    const auto shown = redact_log(text);
    EXPECT_LE(shown.size(), text.size() * 2) << piece;
  }
}

}  // namespace
}  // namespace driftwarden
