// Renderings on disk, so that a second start renders nothing. One file each:
//   "DWR1" | nonce (12) | AES-256-GCM of the CBOR | tag (16)
// The magic and the file's name are authenticated with it: a file under another name is a foreign one.
#include "bot/watch/render_cache.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/random.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace driftwarden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::string_view kMagic = "DWR1";
constexpr std::string_view kPurpose = "driftwarden render store 1";
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kNameSize = 64;  // SHA-256 in hex
constexpr const char* kUnfinished = ".tmp";

json to_json(const CachedRender& render) {
  auto manifests = json::array();
  for (const auto& manifest : render.manifests) {
    const auto& ref = manifest.ref;
    manifests.push_back(json::array({json::array({ref.group, ref.version, ref.kind, ref.namespace_, ref.name}), *manifest.body, manifest.file, manifest.line}));
  }
  auto all = json::array({std::move(manifests), render.may_vary});
  if (render.unstable) all.push_back(*render.unstable);
  return all;
}

/// What isn't of this form throws; the caller takes that for damage.
CachedRender from_json(const json& all) {
  CachedRender render;
  for (const auto& item : all.at(0)) {
    Manifest manifest;
    const auto& ref = item.at(0);
    manifest.ref = {ref.at(0), ref.at(1), ref.at(2), ref.at(3), ref.at(4)};
    manifest.body = std::make_shared<const json>(item.at(1));
    manifest.file = item.at(2).get<std::string>();
    manifest.line = item.at(3).get<int>();
    render.manifests.push_back(std::move(manifest));
  }
  render.may_vary = all.at(1).get<bool>();
  if (all.size() > 2) render.unstable = all.at(2).get<UnstablePaths>();
  return render;
}

std::optional<std::string> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return std::nullopt;
  struct stat status {};
  std::string content;
  bool whole = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (whole) content.resize(static_cast<std::size_t>(status.st_size));
  for (std::size_t done = 0; whole && done < content.size();) {
    const auto got = ::read(file, content.data() + done, content.size() - done);
    whole = got > 0;
    if (whole) done += static_cast<std::size_t>(got);
  }
  ::close(file);
  return whole ? std::optional(std::move(content)) : std::nullopt;
}

/// What a killed process left half-written bears another name.
bool write_file(const std::string& path, const std::string& unfinished, std::string_view content) {
  const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  bool whole = true;
  for (std::size_t done = 0; whole && done < content.size();) {
    const auto put = ::write(file, content.data() + done, content.size() - done);
    whole = put > 0;
    if (whole) done += static_cast<std::size_t>(put);
  }
  whole = ::close(file) == 0 && whole;
  if (whole && ::rename(unfinished.c_str(), path.c_str()) == 0) return true;
  ::unlink(unfinished.c_str());
  return false;
}

class DiskRenderStore final : public RenderStore {
 public:
  DiskRenderStore(std::string directory, const Secret<std::string>& secret, std::size_t max_bytes)
      : directory_(std::move(directory)), key_(derive_key(secret.reveal(), kPurpose)), max_bytes_(max_bytes), random_(create_system_random()) {}

  /// False: nothing can be kept there.
  bool prepare() {
    std::error_code failure;
    fs::create_directories(directory_, failure);
    if (!failure) fs::permissions(directory_, fs::perms::owner_all, failure);
    if (failure) {
      log_warn("render", fmt::format("renderings can't be kept in {}: {}", directory_, failure.message()));
      return false;
    }
    for (fs::directory_iterator it(directory_, failure), end; !failure && it != end; it.increment(failure)) {
      std::error_code ignored;
      if (it->path().extension() == kUnfinished) {
        fs::remove(it->path(), ignored);
      } else if (const auto size = it->file_size(ignored); !ignored && it->path().filename().string().size() == kNameSize) {
        note(it->path().filename().string(), size);
      }
    }
    const std::lock_guard lock(mutex_);
    shrink();
    return true;
  }

  std::optional<CachedRender> find(const std::string& key) override {
    const auto name = sha256_hex(key);
    const auto path = path_of(name);
    const auto content = read_file(path);
    if (!content) return std::nullopt;
    auto render = open(name, *content);
    if (!render) {
      forget(name);
      return std::nullopt;
    }
    (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    return render;
  }

  void keep(const std::string& key, const CachedRender& render) override {
    const auto name = sha256_hex(key);
    std::string plain;
    try {
      json::to_cbor(to_json(render), plain);
    } catch (const json::exception&) {
      return;  // text that is no UTF-8
    }
    const auto nonce = make_nonce();
    const auto sealed = aes_gcm_seal(key_, nonce, header_of(name), plain);
    if (!sealed) return;
    const auto content = std::string(kMagic) + nonce + *sealed;
    if (content.size() > max_bytes_) return;
    if (!write_file(path_of(name), path_of(name) + "." + suffix() + kUnfinished, content)) {
      if (!told_.exchange(true)) log_warn("render", fmt::format("a rendering can't be written to {}; the next start renders again", directory_));
      return;
    }
    note(name, content.size());
    const std::lock_guard lock(mutex_);
    shrink();
  }

 private:
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }
  static std::string header_of(const std::string& name) { return std::string(kMagic) + name; }

  std::optional<CachedRender> open(const std::string& name, std::string_view content) const {
    if (!content.starts_with(kMagic) || content.size() < kMagic.size() + kNonceSize) return std::nullopt;
    const auto nonce = content.substr(kMagic.size(), kNonceSize);
    const auto plain = aes_gcm_open(key_, nonce, header_of(name), content.substr(kMagic.size() + kNonceSize));
    if (!plain) return std::nullopt;
    try {
      return from_json(json::from_cbor(*plain));
    } catch (const json::exception&) {
      return std::nullopt;
    }
  }

  std::string make_nonce() {
    const std::lock_guard lock(mutex_);
    std::string nonce;
    while (nonce.size() < kNonceSize) {
      for (auto bits = random_->next(), left = std::uint64_t{8}; left > 0 && nonce.size() < kNonceSize; --left, bits >>= 8U) nonce += static_cast<char>(bits & 0xffU);
    }
    return nonce;
  }

  std::string suffix() {
    const std::lock_guard lock(mutex_);
    return random_->hex(8);
  }

  void note(const std::string& name, std::uintmax_t size) {
    const std::lock_guard lock(mutex_);
    auto& known = sizes_[name];
    bytes_ += static_cast<std::size_t>(size) - known;
    known = static_cast<std::size_t>(size);
  }

  void forget(const std::string& name) {
    const std::lock_guard lock(mutex_);
    drop(name);
  }

  void drop(const std::string& name) {
    ::unlink(path_of(name).c_str());
    const auto known = sizes_.find(name);
    if (known == sizes_.end()) return;
    bytes_ -= known->second;
    sizes_.erase(known);
  }

  /// Down to nine tenths, so that not every file pays for it. The lock is held.
  void shrink() {
    if (bytes_ <= max_bytes_) return;
    std::set<std::pair<fs::file_time_type, std::string>> by_age;
    for (const auto& [name, size] : sizes_) {
      std::error_code gone;
      const auto used = fs::last_write_time(path_of(name), gone);
      by_age.emplace(gone ? fs::file_time_type::min() : used, name);
    }
    for (const auto& [used, name] : by_age) {
      if (bytes_ <= max_bytes_ / 10 * 9) return;
      drop(name);
    }
  }

  const std::string directory_;
  const std::string key_;
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::unique_ptr<Random> random_;
  std::map<std::string, std::size_t> sizes_;  ///< by file name
  std::size_t bytes_ = 0;
  std::atomic<bool> told_ = false;
};

}  // namespace

std::shared_ptr<RenderStore> create_render_store(const std::string& directory, const Secret<std::string>& secret, std::size_t max_bytes) {
  if (secret.empty()) return nullptr;
  auto store = std::make_shared<DiskRenderStore>(directory, secret, max_bytes);
  return store->prepare() ? store : nullptr;
}

}  // namespace driftwarden
