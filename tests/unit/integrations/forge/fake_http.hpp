#pragma once
#include "integrations/net/http_client.hpp"

#include <deque>
#include <string>
#include <vector>

namespace driftwarden::test {

inline net::HttpResponse reply(unsigned status, std::string body = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Answers from a list and remembers what was asked. Asked for more than it has, it fails for good.
class FakeHttp final : public net::HttpClient {
 public:
  asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request) override {
    requests.push_back(std::move(request));
    if (answers.empty()) co_return Error{ErrorKind::InvalidInput, "the test has no more answers"};
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open_stream(net::HttpRequest) override {
    co_return Error{ErrorKind::InvalidInput, "no streams here"};
  }
  void add(unsigned status, std::string body = {}) { answers.emplace_back(reply(status, std::move(body))); }
  void add_failure(ErrorKind kind, std::string message) { answers.emplace_back(Error{kind, std::move(message)}); }

  std::deque<Result<net::HttpResponse>> answers;
  std::vector<net::HttpRequest> requests;
};

}  // namespace driftwarden::test
