#include "integrations/kubernetes/raw_object.hpp"

#include "integrations/kubernetes/json_cursor.hpp"

#include <array>
#include <cstring>

namespace driftwarden::kubernetes {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Takes pieces of text in order; where a piece begins and ends is part of the digest.
class Digest {
 public:
  explicit Digest(const DigestKey& key) : key_(key), state_(key.first) {}

  void add(std::string_view piece) {
    const char* at = piece.data();
    auto left = piece.size();
    auto state = state_ ^ mix(left ^ key_.second, key_.first);
    for (; left > 16; left -= 16, at += 16) state = mix(word_at(at) ^ key_.second, word_at(at + 8) ^ state);
    std::array<char, 16> rest{};
    if (left > 0) std::memcpy(rest.data(), at, left);
    state = mix(word_at(rest.data()) ^ key_.second, word_at(rest.data() + 8) ^ state);
    state_ = mix(state ^ key_.first, key_.second);
  }
  std::uint64_t value() const { return state_ == 0 ? 1 : state_; }

 private:
  DigestKey key_;
  std::uint64_t state_;
};

/// Marks that stand for structure between pieces: no member's text begins like them.
constexpr std::string_view kMetadata = "m";
constexpr std::string_view kEntries = "f";
constexpr std::string_view kEntry = "e";
constexpr std::string_view kEnd = ".";

class ObjectReader {
 public:
  ObjectReader(JsonCursor& cursor, const DigestKey& key, LiveGlimpse& out) : cursor_(cursor), digest_(key), out_(out) {}

  bool read() {
    out_.ref.name.clear();
    out_.ref.namespace_.clear();
    out_.resource_version = out_.status = {};
    cursor_.peek();
    const char* const start = cursor_.at();
    if (!cursor_.each_member([&](std::string_view name) { return member(name); })) return false;
    out_.text = std::string_view(start, static_cast<std::size_t>(cursor_.at() - start));
    out_.content = digest_.value();
    return true;
  }

 private:
  static bool escaped(std::string_view text) { return text.find('\\') != std::string_view::npos; }

  bool member(std::string_view name) {
    if (name == "spec" || name == "data") return add_member(name);
    if (name == "status") return out_.status.empty() && cursor_.take_value(out_.status);
    if (name == "apiVersion" || name == "kind") return cursor_.skip_value();
    if (name == "metadata" && cursor_.peek() == '{') return !std::exchange(metadata_seen_, true) && metadata();
    return !escaped(name) && add_member(name);
  }

  /// The value that follows, with its name.
  bool add_member(std::string_view name) {
    if (!cursor_.skip_value()) return false;
    digest_.add(std::string_view(name.data(), static_cast<std::size_t>(cursor_.at() - name.data())));
    return true;
  }

  bool take_plain(std::string_view& text) { return cursor_.take_string(text) && !escaped(text); }

  bool metadata() {
    digest_.add(kMetadata);
    const bool well = cursor_.each_member([&](std::string_view name) {
      if (name == "resourceVersion") return take_plain(out_.resource_version);
      if (name == "generation") return cursor_.skip_value();
      if (name == "managedFields" && cursor_.peek() == '[') return entries();
      if (name == "name" || name == "namespace") {
        std::string_view text;
        if (!take_plain(text)) return false;
        (name == "name" ? out_.ref.name : out_.ref.namespace_).assign(text);
        digest_.add(std::string_view(name.data(), static_cast<std::size_t>(cursor_.at() - name.data())));
        return true;
      }
      return !escaped(name) && add_member(name);
    });
    digest_.add(kEnd);
    return well;
  }

  bool entries() {
    digest_.add(kEntries);
    const bool well = cursor_.each_element([&] { return cursor_.peek() == '{' && entry(); });
    digest_.add(kEnd);
    return well;
  }

  /// Whose entry it is comes last, so its pieces wait for that.
  bool entry() {
    std::array<std::string_view, 12> pieces;
    std::size_t count = 0;
    bool of_status = false;
    const bool well = cursor_.each_member([&](std::string_view name) {
      if (escaped(name)) return false;
      std::string_view value;
      if (!cursor_.take_value(value)) return false;
      if (name == "subresource") of_status = value == "\"status\"";
      if (name == "time") return true;
      if (count == pieces.size()) return false;
      pieces[count++] = std::string_view(name.data(), static_cast<std::size_t>(cursor_.at() - name.data()));
      return true;
    });
    if (!well) return false;
    if (of_status) return true;
    digest_.add(kEntry);
    for (std::size_t i = 0; i < count; ++i) digest_.add(pieces[i]);
    return true;
  }

  JsonCursor& cursor_;
  Digest digest_;
  LiveGlimpse& out_;
  bool metadata_seen_ = false;
};

}  // namespace

bool read_glimpse(std::string_view text, const DigestKey& key, LiveGlimpse& out) {
  JsonCursor cursor(text);
  return ObjectReader(cursor, key, out).read() && cursor.finished();
}

bool read_event(std::string_view line, const DigestKey& key, RawEvent& out) {
  JsonCursor cursor(line);
  out.type = {};
  bool object = false;
  const bool well = cursor.each_member([&](std::string_view name) {
    if (name == "type") return out.type.empty() && cursor.take_string(out.type);
    if (name != "object") return cursor.skip_value();
    return !std::exchange(object, true) && ObjectReader(cursor, key, out.object).read();
  });
  return well && object && !out.type.empty() && cursor.finished();
}

}  // namespace driftwarden::kubernetes
