#pragma once
// Inside of process: starting a program in its own process group, and ending it.
#include "integrations/process/process.hpp"

#include <sys/types.h>

#include <optional>
#include <utility>

namespace driftwarden::process {

/// A file descriptor that is closed once.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }
  void close();

 private:
  int number_ = -1;
};

/// A running child: killed with its group and reaped when this dies.
struct Child {
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  void kill_group() const;
  void send(int signal) const;  ///< to the program alone
  /// The exit code, 128 + n after signal n. Blocks until the child has ended.
  int reap();

  pid_t pid = -1;
  Descriptor in;   ///< closed when the command has no input
  Descriptor out;  ///< a pipe; of a child that is ended gently a file
  Descriptor err;
};

/// What a child has written into such a file. Corrupt: more than `most` bytes.
Result<std::string> read_kept(const Descriptor& file, std::size_t most);

/// `keep_input` opens a pipe to the child's stdin; otherwise it reads /dev/null. NotFound: no such program or directory.
Result<std::unique_ptr<Child>> start_child(const Command& command, bool keep_input);

}  // namespace driftwarden::process
