#include "bot/app/fence.hpp"

#include <utility>

namespace driftwarden {
namespace {

class FencedTransport final : public GitTransport {
 public:
  FencedTransport(std::unique_ptr<GitTransport> inner, std::function<bool()> may_speak) : inner_(std::move(inner)), may_speak_(std::move(may_speak)) {}
  bool stateless() const override { return inner_->stateless(); }
  Result<std::unique_ptr<GitStream>> open(GitService service, const std::string& url) override {
    const bool pushes = service == GitService::ReceivePack || service == GitService::ReceivePackRefs;
    if (pushes && !may_speak_()) return Error{ErrorKind::Cancelled, "this instance may not push: another one leads"};
    return inner_->open(service, url);
  }

 private:
  std::unique_ptr<GitTransport> inner_;
  std::function<bool()> may_speak_;
};

}  // namespace

TransportFactory with_fence(TransportFactory inner, std::function<bool()> may_speak) {
  if (!may_speak) return inner;
  return [inner = std::move(inner), may_speak = std::move(may_speak)](const std::string& url, const GitCredentials& credentials) -> std::unique_ptr<GitTransport> {
    auto transport = inner(url, credentials);
    if (!transport) return transport;
    return std::make_unique<FencedTransport>(std::move(transport), may_speak);
  };
}

}  // namespace driftwarden
