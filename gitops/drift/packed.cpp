#include "gitops/drift/packed.hpp"

#include "gitops/drift/cbor.hpp"

#include <nlohmann/json.hpp>

#include <zstd.h>

#include <cstring>
#include <map>
#include <vector>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kLevel = 1;
constexpr std::size_t kDictionaryBytes = 32U << 10U;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeCDict {
  void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
};
struct FreeDDict {
  void operator()(ZSTD_DDict* dictionary) const { ZSTD_freeDDict(dictionary); }
};

struct Dictionary {
  std::unique_ptr<ZSTD_CDict, FreeCDict> pack;
  std::unique_ptr<ZSTD_DDict, FreeDDict> unpack;
};

struct Shelf {
  std::string samples;           ///< until there are enough
  std::uint32_t dictionary = 0;  ///< 0 = none yet
};

}  // namespace

struct Packer::State {
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor{ZSTD_createDCtx()};
  std::map<std::string, Shelf, std::less<>> shelves;
  std::vector<Dictionary> dictionaries = std::vector<Dictionary>(1);
  std::string plain;
  std::string small;

  Shelf& shelf(std::string_view name) {
    const auto found = shelves.find(name);
    return found == shelves.end() ? shelves.emplace(name, Shelf{}).first->second : found->second;
  }

  void learn(Shelf& shelf) {
    shelf.samples.append(plain, 0, kDictionaryBytes - shelf.samples.size());
    if (shelf.samples.size() < kDictionaryBytes) return;
    Dictionary made;
    made.pack.reset(ZSTD_createCDict(shelf.samples.data(), shelf.samples.size(), kLevel));
    made.unpack.reset(ZSTD_createDDict(shelf.samples.data(), shelf.samples.size()));
    std::string().swap(shelf.samples);
    dictionaries.push_back(std::move(made));
    shelf.dictionary = static_cast<std::uint32_t>(dictionaries.size() - 1);
  }
};

Packer::Packer() : state_(std::make_unique<State>()) {}
Packer::~Packer() = default;

Packed Packer::pack(const json& value, std::string_view shelf) {
  state_->plain.clear();
  write_cbor(value, state_->plain);
  return pack_plain(shelf);
}

Packed Packer::pack_live(const json& live, std::string_view shelf) {
  state_->plain.clear();
  write_cbor_for_keeping(live, state_->plain);
  return pack_plain(shelf);
}

Packed Packer::pack_plain(std::string_view shelf_name) {
  auto& state = *state_;
  auto& shelf = state.shelf(shelf_name);
  const auto used = shelf.dictionary;
  state.small.resize(ZSTD_compressBound(state.plain.size()));
  const auto size = used == 0 ? ZSTD_compressCCtx(state.compressor.get(), state.small.data(), state.small.size(), state.plain.data(), state.plain.size(), kLevel)
                              : ZSTD_compress_usingCDict(state.compressor.get(), state.small.data(), state.small.size(), state.plain.data(),
                                                         state.plain.size(), state.dictionaries[used].pack.get());
  Packed packed;
  packed.size_ = static_cast<std::uint32_t>(size);
  packed.dictionary_ = used;
  packed.bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  std::memcpy(packed.bytes_.get(), state.small.data(), size);
  if (used == 0) state.learn(shelf);
  return packed;
}

json Packer::unpack(const Packed& packed) const {
  if (packed.empty()) return nullptr;
  auto& state = *state_;
  const auto* dictionary = state.dictionaries[packed.dictionary_].unpack.get();
  state.plain.resize(ZSTD_getFrameContentSize(packed.bytes_.get(), packed.size_));
  auto* context = state.decompressor.get();
  const auto size = dictionary == nullptr
                        ? ZSTD_decompressDCtx(context, state.plain.data(), state.plain.size(), packed.bytes_.get(), packed.size_)
                        : ZSTD_decompress_usingDDict(context, state.plain.data(), state.plain.size(), packed.bytes_.get(), packed.size_, dictionary);
  if (ZSTD_isError(size) != 0) return nullptr;
  return read_cbor(state.plain);
}

JsonPtr Packer::unpack_shared(const Packed& packed) const { return packed.empty() ? nullptr : std::make_shared<const json>(unpack(packed)); }

}  // namespace driftwarden
