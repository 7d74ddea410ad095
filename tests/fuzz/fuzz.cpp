#include "tests/fuzz/fuzz.hpp"

#include <cstdio>
#include <cstdlib>

namespace driftwarden::fuzz {
namespace {

std::map<std::string, Body>& registered() {
  static std::map<std::string, Body> all;
  return all;
}

}  // namespace

Target::Target(const char* name, Body body) { registered().emplace(name, body); }

const std::map<std::string, Body>& targets() { return registered(); }

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this doesn't hold: %s\n", what);
  std::abort();
}

}  // namespace driftwarden::fuzz
