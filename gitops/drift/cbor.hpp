#pragma once
// JSON values as CBOR (RFC 8949), several times as fast as the general reader and writer: one buffer, and keys that come sorted. Internal to
// gitops/drift.
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace driftwarden {

/// Appends.
void write_cbor(const nlohmann::json& value, std::string& out);
/// The same of a live object without what nobody asks for: status, and the fields of those who write only that.
void write_cbor_for_keeping(const nlohmann::json& live, std::string& out);
/// What write_cbor wrote; a discarded value for anything else.
nlohmann::json read_cbor(std::string_view bytes);

}  // namespace driftwarden
