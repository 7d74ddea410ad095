#include "integrations/sandbox/workspace/page.hpp"

#include "integrations/sandbox/workspace/workspace_core.hpp"

namespace driftwarden::sandbox::workspace {
namespace {

/// Everything comes from here and nothing is evaluated, whatever a message contains.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'";

net::ServerReply asset(const char* type, std::string_view content) {
  net::ServerReply reply{200, type, std::string{content}};
  reply.headers.set("Content-Security-Policy", kPolicy);
  reply.headers.set("X-Content-Type-Options", "nosniff");
  reply.headers.set("Referrer-Policy", "no-referrer");
  reply.headers.set("Cache-Control", "no-cache");
  return reply;
}

}  // namespace

std::optional<net::ServerReply> page_reply(const std::string& path) {
  constexpr const char* kScript = "text/javascript; charset=utf-8";
  constexpr const char* kStyle = "text/css; charset=utf-8";
  if (path == "/" || path.starts_with("/archives/")) return asset("text/html; charset=utf-8", page_index_html());
  if (path == "/sandbox/page/style.css") return asset(kStyle, page_style_css());
  if (path == "/sandbox/page/blocks.css") return asset(kStyle, page_blocks_css());
  if (path == "/sandbox/page/text.js") return asset(kScript, page_text_js());
  if (path == "/sandbox/page/blocks.js") return asset(kScript, page_blocks_js());
  if (path == "/sandbox/page/modal.js") return asset(kScript, page_modal_js());
  if (path == "/sandbox/page/message.js") return asset(kScript, page_message_js());
  if (path == "/sandbox/page/composer.js") return asset(kScript, page_composer_js());
  if (path == "/sandbox/page/emoji.js") return asset(kScript, page_emoji_js());
  if (path == "/sandbox/page/sidebar.js") return asset(kScript, page_sidebar_js());
  if (path == "/sandbox/page/faults.js") return asset(kScript, page_faults_js());
  if (path == "/sandbox/page/panel.js") return asset(kScript, page_panel_js());
  if (path == "/sandbox/page/patch.js") return asset(kScript, page_patch_js());
  if (path == "/sandbox/page/store.js") return asset(kScript, page_store_js());
  if (path == "/sandbox/page/app.js") return asset(kScript, page_app_js());
  return std::nullopt;
}

}  // namespace driftwarden::sandbox::workspace
