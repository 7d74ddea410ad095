#include "integrations/net/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace driftwarden::net {

namespace {

class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kDetectFormat) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  static constexpr int kDetectFormat = MAX_WBITS + 32;
  z_stream stream_{};
  bool ready_;
};

}  // namespace

Result<std::string> gunzip(std::string_view bytes, std::size_t max_bytes) {
  Inflater inflater;
  if (!inflater.ready()) return Error{ErrorKind::Corrupt, "zlib can't be started"};
  auto& stream = inflater.stream();
  std::array<unsigned char, 64U << 10U> piece;
  std::string out;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      if (bytes.empty()) return Error{ErrorKind::InvalidInput, "the gzip data ends too early"};
      const auto part = bytes.substr(0, std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream.avail_in = static_cast<uInt>(part.size());
      bytes.remove_prefix(part.size());
    }
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) return Error{ErrorKind::InvalidInput, "that is no gzip data"};
    const auto made = piece.size() - stream.avail_out;
    if (out.size() + made > max_bytes) return Error{ErrorKind::Corrupt, "the gzip data grows beyond " + std::to_string(max_bytes) + " bytes"};
    out.append(reinterpret_cast<const char*>(piece.data()), made);
  }
  return out;
}

}  // namespace driftwarden::net
