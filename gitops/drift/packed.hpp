#pragma once
// Objects at rest: CBOR under zstd, with a dictionary per kind. Internal to gitops/drift.
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace driftwarden {

class Packed {
 public:
  Packed() = default;
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  friend class Packer;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::uint32_t size_ = 0;
  std::uint32_t dictionary_ = 0;  ///< 0 = none
};

/// Keeps the dictionaries, so it must outlive what it packed. A shelf holds objects that look alike; its first ones make its dictionary.
class Packer {
 public:
  Packer();
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  Packed pack(const nlohmann::json& value, std::string_view shelf);
  /// A live object without what nobody asks for: status, and the fields of those who write only that.
  Packed pack_live(const nlohmann::json& live, std::string_view shelf);
  nlohmann::json unpack(const Packed& packed) const;
  JsonPtr unpack_shared(const Packed& packed) const;

 private:
  struct State;
  Packed pack_plain(std::string_view shelf);
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden
