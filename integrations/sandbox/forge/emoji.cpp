#include "integrations/sandbox/forge/emoji.hpp"

#include <algorithm>
#include <array>

namespace driftwarden::sandbox::forge {
namespace {

struct Emoji {
  std::string_view name;
  std::string_view sign;
};

constexpr std::array kEmoji{
    Emoji{"+1", "👍"},
    Emoji{"-1", "👎"},
    Emoji{"alarm_clock", "⏰"},
    Emoji{"ambulance", "🚑"},
    Emoji{"arrow_double_up", "⏫"},
    Emoji{"arrow_forward", "▶️"},
    Emoji{"arrows_counterclockwise", "🔄"},
    Emoji{"ballot_box_with_check", "☑️"},
    Emoji{"bell", "🔔"},
    Emoji{"broken_heart", "💔"},
    Emoji{"bulb", "💡"},
    Emoji{"bust_in_silhouette", "👤"},
    Emoji{"busts_in_silhouette", "👥"},
    Emoji{"checkered_flag", "🏁"},
    Emoji{"closed_lock_with_key", "🔐"},
    Emoji{"construction", "🚧"},
    Emoji{"electric_plug", "🔌"},
    Emoji{"eyes", "👀"},
    Emoji{"fast_forward", "⏩"},
    Emoji{"fire", "🔥"},
    Emoji{"ghost", "👻"},
    Emoji{"green_heart", "💚"},
    Emoji{"grey_question", "❔"},
    Emoji{"heart", "❤️"},
    Emoji{"heavy_plus_sign", "➕"},
    Emoji{"hourglass", "⌛"},
    Emoji{"hourglass_flowing_sand", "⏳"},
    Emoji{"information_source", "ℹ️"},
    Emoji{"key", "🔑"},
    Emoji{"keyboard", "⌨️"},
    Emoji{"large_blue_circle", "🔵"},
    Emoji{"large_green_circle", "🟢"},
    Emoji{"large_orange_circle", "🟠"},
    Emoji{"large_yellow_circle", "🟡"},
    Emoji{"link", "🔗"},
    Emoji{"lock", "🔒"},
    Emoji{"loud_sound", "🔊"},
    Emoji{"mag", "🔍"},
    Emoji{"memo", "📝"},
    Emoji{"moneybag", "💰"},
    Emoji{"newspaper", "📰"},
    Emoji{"no_bell", "🔕"},
    Emoji{"no_entry", "⛔"},
    Emoji{"no_entry_sign", "🚫"},
    Emoji{"ocean", "🌊"},
    Emoji{"octagonal_sign", "🛑"},
    Emoji{"package", "📦"},
    Emoji{"point_right", "👉"},
    Emoji{"red_circle", "🔴"},
    Emoji{"repeat", "🔁"},
    Emoji{"rewind", "⏪"},
    Emoji{"rocket", "🚀"},
    Emoji{"rotating_light", "🚨"},
    Emoji{"see_no_evil", "🙈"},
    Emoji{"small_blue_diamond", "🔹"},
    Emoji{"snowflake", "❄️"},
    Emoji{"sparkles", "✨"},
    Emoji{"stop_sign", "🛑"},
    Emoji{"sun_with_face", "🌞"},
    Emoji{"tada", "🎉"},
    Emoji{"twisted_rightwards_arrows", "🔀"},
    Emoji{"unlock", "🔓"},
    Emoji{"warning", "⚠️"},
    Emoji{"wastebasket", "🗑️"},
    Emoji{"wave", "👋"},
    Emoji{"white_check_mark", "✅"},
    Emoji{"white_circle", "⚪"},
    Emoji{"world_map", "🗺️"},
    Emoji{"wrench", "🔧"},
    Emoji{"x", "❌"},
    Emoji{"zap", "⚡"},
    Emoji{"zzz", "💤"},
};

}  // namespace

std::string_view emoji(std::string_view name) {
  const auto* found = std::ranges::find(kEmoji, name, &Emoji::name);
  return found == kEmoji.end() ? std::string_view{} : found->sign;
}

}  // namespace driftwarden::sandbox::forge
