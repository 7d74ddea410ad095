#pragma once
// The chat page's files, compiled in: one source file each, so that the page needs nothing beside the binary.
#include <string_view>

namespace driftwarden::sandbox::workspace {

std::string_view page_index_html();
std::string_view page_style_css();
std::string_view page_blocks_css();
std::string_view page_text_js();      ///< mrkdwn, Markdown, rich text -> DOM
std::string_view page_blocks_js();    ///< Block Kit -> DOM
std::string_view page_modal_js();     ///< modals, dialogs, menus, notices
std::string_view page_message_js();   ///< one message
std::string_view page_composer_js();  ///< the box to write in
std::string_view page_emoji_js();     ///< their names
std::string_view page_sidebar_js();   ///< channels, direct messages, people
std::string_view page_faults_js();    ///< Slack on a bad day
std::string_view page_panel_js();    ///< what one may break, and words to try
std::string_view page_patch_js();    ///< drawing anew without taking away what a person is at
std::string_view page_store_js();     ///< what the page knows, and the calls to the server
std::string_view page_app_js();       ///< everything around the messages

}  // namespace driftwarden::sandbox::workspace
