#include "gitops/base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <memory>

namespace driftwarden {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 0xfU];
  }
  return out;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kMaxSealed = 1U << 30U;  // OpenSSL counts in ints

Result<void> check_sizes(std::string_view key, std::string_view nonce, std::size_t size) {
  if (key.size() != kKeySize || nonce.size() != kNonceSize) return Error{ErrorKind::InvalidInput, "a key of 32 bytes and a nonce of 12 are needed"};
  if (size > kMaxSealed) return Error{ErrorKind::InvalidInput, "too much to be encrypted at once"};
  return Result<void>{};
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes_of(bytes), bytes.size(), digest.data());
  return to_hex(digest.data(), digest.size());
}

std::string derive_key(std::string_view secret, std::string_view purpose) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(purpose), purpose.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), digest.data(), &size);
  return to_hex(digest.data(), size);
}

std::string base64_encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (char c : text) {
    if (c != '\n' && c != '\r') compact += c;
  }
  if (compact.empty()) return std::string{};
  if (compact.size() % 4 != 0) return Error{ErrorKind::InvalidInput, "not base64: the length is no multiple of four"};
  std::size_t padding = 0;
  if (compact.ends_with("==")) {
    padding = 2;
  } else if (compact.ends_with('=')) {
    padding = 1;
  }
  std::string out(compact.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(compact), static_cast<int>(compact.size()));
  if (size < 0) return Error{ErrorKind::InvalidInput, "not base64: a character outside the alphabet"};
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

Result<std::string> aes_gcm_seal(std::string_view key, std::string_view nonce, std::string_view header, std::string_view plain) {
  CHECK_OK(check_sizes(key, nonce, plain.size()));
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string out(plain.size() + kTagSize, '\0');
  auto* into = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  bool done = context != nullptr && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1;
  done = done && EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(header), static_cast<int>(header.size())) == 1;
  done = done && EVP_EncryptUpdate(context.get(), into, &size, bytes_of(plain), static_cast<int>(plain.size())) == 1;
  done = done && EVP_EncryptFinal_ex(context.get(), into + plain.size(), &size) == 1;
  done = done && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagSize), into + plain.size()) == 1;
  if (!done) return Error{ErrorKind::Corrupt, "encrypting failed"};
  return out;
}

Result<std::string> aes_gcm_open(std::string_view key, std::string_view nonce, std::string_view header, std::string_view sealed) {
  if (sealed.size() < kTagSize) return Error{ErrorKind::Corrupt, "too short to be encrypted"};
  const auto body = sealed.substr(0, sealed.size() - kTagSize);
  CHECK_OK(check_sizes(key, nonce, body.size()));
  std::string tag(sealed.substr(body.size()));
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string out(body.size(), '\0');
  auto* into = reinterpret_cast<unsigned char*>(out.data());
  std::array<unsigned char, kTagSize> rest{};
  int size = 0;
  bool done = context != nullptr && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1;
  done = done && EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(header), static_cast<int>(header.size())) == 1;
  done = done && EVP_DecryptUpdate(context.get(), into, &size, bytes_of(body), static_cast<int>(body.size())) == 1;
  done = done && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagSize), tag.data()) == 1;
  done = done && EVP_DecryptFinal_ex(context.get(), rest.data(), &size) == 1;
  if (!done) return Error{ErrorKind::Corrupt, "not what was encrypted with this key"};
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace driftwarden
