#include "gitops/repository/smart_transport.hpp"

#include <fmt/core.h>
#include <git2.h>
#include <git2/sys/transport.h>

namespace driftwarden::libgit {

namespace {

struct Stream;

struct Subtransport : git_smart_subtransport {
  Conversation* conversation = nullptr;
  Stream* current = nullptr;  ///< owned by libgit2
};

struct Stream : git_smart_subtransport_stream {
  std::unique_ptr<GitStream> bytes;
  Subtransport* owner = nullptr;
};

int fail(Conversation& conversation, Error error) {
  git_error_set_str(GIT_ERROR_NET, error.message.c_str());
  if (!conversation.error) conversation.error = std::move(error);
  return -1;
}

/// No exception may cross libgit2's frames.
template <class Call>
int guarded(Conversation& conversation, Call call) {
  try {
    return call();
  } catch (const std::exception& thrown) {
    return fail(conversation, Error{ErrorKind::Corrupt, fmt::format("the transport failed: {}", thrown.what())});
  }
}

int stream_read(git_smart_subtransport_stream* base, char* buffer, size_t size, size_t* got) {
  auto* stream = static_cast<Stream*>(base);
  auto& conversation = *stream->owner->conversation;
  return guarded(conversation, [&] {
    auto read = stream->bytes->read(buffer, size);
    if (!read) return fail(conversation, std::move(read).error());
    *got = *read;
    return 0;
  });
}

int stream_write(git_smart_subtransport_stream* base, const char* buffer, size_t size) {
  auto* stream = static_cast<Stream*>(base);
  auto& conversation = *stream->owner->conversation;
  return guarded(conversation, [&] {
    auto written = stream->bytes->write({buffer, size});
    return written ? 0 : fail(conversation, std::move(written).error());
  });
}

void stream_free(git_smart_subtransport_stream* base) {
  auto* stream = static_cast<Stream*>(base);
  if (stream->owner->current == stream) stream->owner->current = nullptr;
  delete stream;
}

GitService service_of(git_smart_service_t action) {
  switch (action) {
    case GIT_SERVICE_UPLOADPACK_LS: return GitService::UploadPackRefs;
    case GIT_SERVICE_UPLOADPACK: return GitService::UploadPack;
    case GIT_SERVICE_RECEIVEPACK_LS: return GitService::ReceivePackRefs;
    case GIT_SERVICE_RECEIVEPACK: return GitService::ReceivePack;
  }
  return GitService::UploadPackRefs;
}

int open_action(git_smart_subtransport_stream** out, git_smart_subtransport* base, const char*, git_smart_service_t action) {
  auto* transport = static_cast<Subtransport*>(base);
  auto& conversation = *transport->conversation;
  return guarded(conversation, [&] {
    // A stateful remote is one stream from its greeting to its end.
    if (!conversation.transport->stateless() && transport->current != nullptr) {
      *out = transport->current;
      return 0;
    }
    auto opened = conversation.transport->open(service_of(action), conversation.url);
    if (!opened) return fail(conversation, std::move(opened).error());
    auto stream = std::make_unique<Stream>();
    stream->subtransport = transport;
    stream->read = stream_read;
    stream->write = stream_write;
    stream->free = stream_free;
    stream->bytes = std::move(*opened);
    stream->owner = transport;
    transport->current = stream.get();
    *out = stream.release();
    return 0;
  });
}

int close_nothing(git_smart_subtransport*) { return 0; }

void free_subtransport(git_smart_subtransport* base) { delete static_cast<Subtransport*>(base); }

int make_subtransport(git_smart_subtransport** out, git_transport*, void* param) {
  auto made = std::make_unique<Subtransport>();
  made->action = open_action;
  made->close = close_nothing;
  made->free = free_subtransport;
  made->conversation = static_cast<Conversation*>(param);
  *out = made.release();
  return 0;
}

}  // namespace

int make_smart_transport(git_transport** out, git_remote* owner, Conversation& conversation) {
  git_smart_subtransport_definition definition{};
  definition.callback = make_subtransport;
  definition.rpc = conversation.transport->stateless() ? 1U : 0U;
  definition.param = &conversation;
  return git_transport_smart(out, owner, &definition);
}

}  // namespace driftwarden::libgit
