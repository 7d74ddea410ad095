#include "gitops/base/random.hpp"

#include <openssl/rand.h>

#include <random>
#include <stdexcept>

namespace driftwarden {
namespace {

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t value = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) throw std::runtime_error("no entropy from the operating system");
    return value;
  }
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

std::string Random::hex(std::size_t length) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(length);
  while (out.size() < length) {
    std::uint64_t bits = next();
    for (int i = 0; i < 16 && out.size() < length; ++i, bits >>= 4U) out += kDigits[bits & 0xfU];
  }
  return out;
}

std::unique_ptr<Random> create_system_random() { return std::make_unique<SystemRandom>(); }
std::unique_ptr<Random> create_seeded_random(std::uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

}  // namespace driftwarden
