#include "bot/conversation/handlers.hpp"
#include "bot/inspect/in_time.hpp"
#include "bot/view/inspect_view.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kLinesInline = 80;

std::string file_name(const App& app, std::string object) {
  std::ranges::replace(object, '/', '-');
  return app.name + (object.empty() ? "" : "-" + object) + ".txt";
}

}  // namespace

asio::awaitable<Result<Answer>> handle_describe(Services& services, Call call) {
  const auto app = *services.fleet.app(call.command.app);
  if (auto refusal = check_policy(services, call, app)) co_return *refusal;
  auto looking = describe(services.fleet, services.redactor, app, call.command.object, services.clock.wall_now());
  auto timed = in_time(services.clock, app.cluster, std::move(looking));
  auto text = co_await std::move(timed);
  if (!text) co_return text.error();
  const auto shown = view::head_of(*text, kLinesInline);
  const bool with_file = !shown.is_whole();
  auto answer = say(view::describe_message(app, call.command.object, shown, with_file));
  if (with_file) answer.reply.file = FileUpload{file_name(app, call.command.object), std::move(*text)};
  answer.reply.private_ = call.request.kind == Request::Kind::Slash;
  co_return answer;
}

}  // namespace driftwarden
