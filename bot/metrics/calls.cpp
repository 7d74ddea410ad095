#include "bot/metrics/calls.hpp"

#include "integrations/net/url.hpp"

namespace driftwarden {
namespace {

class CountedClient final : public net::HttpClient {
 public:
  CountedClient(std::unique_ptr<net::HttpClient> inner, CallCounts& counts, CallTargets targets)
      : inner_(std::move(inner)), counts_(counts), targets_(std::move(targets)) {}

  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override {
    const auto target = targets_.of(request.url);
    auto sending = inner_->send(std::move(request));
    auto response = co_await std::move(sending);
    if (response || response.error().kind != ErrorKind::Cancelled) counts_.add(target, response ? response->status : 0U);
    co_return response;
  }

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open_stream(net::HttpRequest request) override {
    const auto target = targets_.of(request.url);
    auto opening = inner_->open_stream(std::move(request));
    auto stream = co_await std::move(opening);
    if (stream || stream.error().kind != ErrorKind::Cancelled) counts_.add(target, stream ? (*stream)->status() : 0U);
    co_return stream;
  }

 private:
  std::unique_ptr<net::HttpClient> inner_;
  CallCounts& counts_;
  CallTargets targets_;
};

bool is_git(std::string_view path) { return path.ends_with("/info/refs") || path.ends_with("/git-upload-pack") || path.ends_with("/git-receive-pack"); }

}  // namespace

std::string_view outcome_of(unsigned status) {
  if (status == 0) return "unreachable";
  if (status == 429) return "limited";
  if (status >= 500) return "failed";
  return status >= 400 ? "refused" : "ok";
}

void CallCounts::add(const std::string& target, unsigned status) { ++counts_[{target, std::string(outcome_of(status))}]; }

std::uint64_t CallCounts::of(const std::string& target, const std::string& outcome) const {
  const auto found = counts_.find({target, outcome});
  return found == counts_.end() ? 0 : found->second;
}

void CallCounts::write(MetricText& text) const {
  text.family("driftwarden_calls_total", MetricType::Counter, "Calls to the outside by whom they went to and what came of them (unreachable: no answer).");
  for (const auto& [key, count] : counts_) text.sample(static_cast<double>(count), {{"target", key.first}, {"outcome", key.second}});
}

void CallTargets::add(const std::string& url, const std::string& target) {
  if (const auto parsed = net::parse_url(url)) by_authority_.try_emplace(parsed->authority(), target);
}

std::string CallTargets::of(const std::string& url) const {
  const auto parsed = net::parse_url(url);
  if (!parsed) return "other";
  const auto query = parsed->target.find('?');
  if (is_git(std::string_view(parsed->target).substr(0, query))) return "git";
  const auto found = by_authority_.find(parsed->authority());
  return found == by_authority_.end() ? "other" : found->second;
}

std::unique_ptr<net::HttpClient> counted(std::unique_ptr<net::HttpClient> inner, CallCounts& counts, CallTargets targets) {
  return std::make_unique<CountedClient>(std::move(inner), counts, std::move(targets));
}

}  // namespace driftwarden
