#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_emoji_js() {
  static constexpr std::string_view kText = R"~~~(// The emoji that bots and people use most, by Slack's names.

const EMOJI = {
  white_check_mark: '✅', heavy_check_mark: '✔️', warning: '⚠️', rotating_light: '🚨', x: '❌', mag: '🔍', mag_right: '🔎', eyes: '👀', zzz: '💤', lock: '🔒',
  unlock: '🔓', rocket: '🚀', hourglass_flowing_sand: '⏳', hourglass: '⌛', arrows_counterclockwise: '🔄', package: '📦', bell: '🔔', no_bell: '🔕', bulb: '💡', moneybag: '💰',
  memo: '📝', pencil: '✏️', pencil2: '✏️', wrench: '🔧', hammer: '🔨', gear: '⚙️', link: '🔗', clock1: '🕐', alarm_clock: '⏰', stopwatch: '⏱️', calendar: '📅',
  chart_with_upwards_trend: '📈', bar_chart: '📊', clipboard: '📋', scroll: '📜', bookmark: '🔖', label: '🏷️', pushpin: '📌', key: '🔑', shield: '🛡️', fire: '🔥',
  boom: '💥', tada: '🎉', sparkles: '✨', star: '⭐', '+1': '👍', thumbsup: '👍', '-1': '👎', thumbsdown: '👎', wave: '👋', ok_hand: '👌', pray: '🙏', clap: '👏',
  raised_hand: '✋', hand: '✋', point_right: '👉', point_left: '👈', heart: '❤️', broken_heart: '💔', question: '❓', grey_question: '❔', exclamation: '❗', bangbang: '‼️', information_source: 'ℹ️',
  no_entry: '⛔', no_entry_sign: '🚫', octagonal_sign: '🛑', stop_sign: '🛑', construction: '🚧', red_circle: '🔴', large_green_circle: '🟢', large_yellow_circle: '🟡', large_orange_circle: '🟠', large_blue_circle: '🔵',
  white_circle: '⚪', black_circle: '⚫', green_heart: '💚', blue_heart: '💙', robot_face: '🤖', ghost: '👻', bug: '🐛', snowflake: '❄️', ice_cube: '🧊', cloud: '☁️', zap: '⚡', electric_plug: '🔌',
  arrow_right: '➡️', arrow_left: '⬅️', arrow_up: '⬆️', arrow_down: '⬇️', leftwards_arrow_with_hook: '↩️', arrow_right_hook: '↪️', rewind: '⏪', fast_forward: '⏩', back: '🔙', repeat: '🔁', recycle: '♻️',
  heavy_plus_sign: '➕', heavy_minus_sign: '➖', busts_in_silhouette: '👥', bust_in_silhouette: '👤', speech_balloon: '💬', thought_balloon: '💭', loudspeaker: '📢', mega: '📣', inbox_tray: '📥', outbox_tray: '📤',
  file_folder: '📁', open_file_folder: '📂', page_facing_up: '📄', wastebasket: '🗑️', broom: '🧹', test_tube: '🧪', microscope: '🔬', telescope: '🔭', globe_with_meridians: '🌐', house: '🏠', ship: '🚢',
  anchor: '⚓', whale: '🐳', wheel_of_dharma: '☸️', slightly_smiling_face: '🙂', grinning: '😀', smile: '😄', thinking_face: '🤔', sweat_smile: '😅', sob: '😭', sunglasses: '😎', partying_face: '🥳', 100: '💯',
  one: '1️⃣', two: '2️⃣', three: '3️⃣', lock_with_ink_pen: '🔏', closed_lock_with_key: '🔐', traffic_light: '🚦', vertical_traffic_light: '🚦', checkered_flag: '🏁', triangular_flag_on_post: '🚩', stethoscope: '🩺', adhesive_bandage: '🩹', snail: '🐌', twisted_rightwards_arrows: '🔀', parking: '🅿️', new: '🆕', sos: '🆘', white_large_square: '⬜', ballot_box_with_check: '☑️',
  ambulance: '🚑', arrow_double_up: '⏫', arrow_forward: '▶️', keyboard: '⌨️', loud_sound: '🔊', mailbox_with_mail: '📬', newspaper: '📰', ocean: '🌊', see_no_evil: '🙈', small_blue_diamond: '🔹', sun_with_face: '🌞', world_map: '🗺️',
};

export const emojiOf = (name) => EMOJI[name.split('::')[0]];
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
