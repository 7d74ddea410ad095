// What libFuzzer calls. FUZZ_TARGET names the target, so that one program serves all.
#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

driftwarden::fuzz::Body chosen() {
  const char* name = std::getenv("FUZZ_TARGET");
  const auto& all = driftwarden::fuzz::targets();
  const auto found = all.find(name == nullptr ? "" : name);
  if (found != all.end()) return found->second;
  std::fprintf(stderr, "fuzz: FUZZ_TARGET must be one of:\n");
  for (const auto& [known, body] : all) std::fprintf(stderr, "%s\n", known.c_str());
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto body = chosen();
  body({reinterpret_cast<const char*>(data), size});
  return 0;
}
