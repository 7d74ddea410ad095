#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_style_css() {
  static constexpr std::string_view kText = R"~~~(:root {
  --ink: #1c2530; --soft: #5c6875; --faint: #8a95a1; --line: #e3e7ec; --paper: #fff; --wash: #f6f8fa; --hover: #f4f6f8;
  --accent: #0f766e; --accent-ink: #fff; --accent-wash: #e6f5f3; --danger: #c2362b; --danger-wash: #fdecea; --warn-wash: #fff7e0; --warn-line: #f1d48a;
  --side: #12263f; --side-ink: #c9d6e6; --side-strong: #fff; --side-hover: #1d3653; --side-active: #5eead4; --side-active-ink: #0b1d33;
  --shadow: 0 8px 28px rgb(18 38 63 / 16%); --radius: 8px; --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e5eaf0; --soft: #a3afbc; --faint: #7b8794; --line: #2c3642; --paper: #161c24; --wash: #1c242e; --hover: #1c242e;
    --accent: #2dd4bf; --accent-ink: #06241f; --accent-wash: #123531; --danger: #f2766b; --danger-wash: #3b1d1b; --warn-wash: #332b14; --warn-line: #5c4b1c;
    --side: #0c1825; --side-hover: #18293c; --shadow: 0 8px 28px rgb(0 0 0 / 50%); color-scheme: dark;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; }
body { font: 15px/1.47 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif; color: var(--ink); background: var(--paper); overflow: hidden; }
button, input, textarea, select { font: inherit; color: inherit; }
button { cursor: pointer; }
h1, h2, h3, p, ul { margin: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.skip { position: absolute; left: -999px; background: var(--paper); padding: 8px; z-index: 20; }
.skip:focus { left: 8px; top: 8px; }

.app { display: grid; grid-template-columns: 248px minmax(0, 1fr) 0 312px; height: 100dvh; }
.app.with-thread { grid-template-columns: 248px minmax(0, 1fr) 380px 312px; }
.app.no-lab { grid-template-columns: 248px minmax(0, 1fr) 0 0; }
.app.no-lab.with-thread { grid-template-columns: 248px minmax(0, 1fr) 420px 0; }
.app.no-lab .lab { display: none; }
.sidebar { grid-column: 1; } .main { grid-column: 2; } .thread { grid-column: 3; } .lab { grid-column: 4; }
.sidebar, .main, .thread, .lab { grid-row: 1; min-height: 0; display: flex; flex-direction: column; }

.sidebar { background: var(--side); color: var(--side-ink); }
.team { display: flex; gap: 10px; align-items: center; padding: 13px 14px; border-bottom: 1px solid rgb(255 255 255 / 9%); min-height: 60px; }
.team-logo .avatar { background: #1d3b5c; }
.team-text { min-width: 0; display: flex; flex-direction: column; line-height: 1.25; }
.team-text strong { font-size: 14.5px; color: var(--side-strong); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.presence { font-size: 12px; opacity: .85; }
.presence::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; border: 1.5px solid #8fa3ba; }
.presence.on::before { background: #4ade80; border-color: #4ade80; }
.lists { flex: 1; overflow-y: auto; padding: 10px 8px; }
.lists h2, .who h2 { font-size: 11.5px; font-weight: 600; letter-spacing: .05em; text-transform: uppercase; opacity: .62; margin: 12px 8px 4px; }
.lists ul { list-style: none; padding: 0; }
.conversation { display: flex; align-items: center; gap: 8px; width: 100%; border: 0; border-radius: 6px; background: none; padding: 5px 8px; text-align: left; color: inherit; }
.conversation:hover { background: var(--side-hover); }
.conversation[aria-current] { background: var(--side-active); color: var(--side-active-ink); font-weight: 600; }
.conversation.unread { color: var(--side-strong); font-weight: 700; }
.conversation .hash { width: 20px; text-align: center; opacity: .7; }
.conversation .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.count.called::before { content: "@ "; }
.dot { position: absolute; top: 6px; right: 5px; width: 9px; height: 9px; border-radius: 50%; background: #e5484d; }
.icon-button { position: relative; }
.count { background: #e5484d; color: #fff; border-radius: 10px; font-size: 12px; padding: 0 7px; font-weight: 700; }
.sidebar .badge { background: rgb(255 255 255 / 14%); color: inherit; }
.who { padding: 4px 12px 14px; border-top: 1px solid rgb(255 255 255 / 9%); }
.who h2 { margin-left: 0; }
.who .hint { color: var(--side-ink); opacity: .7; margin-top: 8px; }
.people { display: flex; gap: 6px; flex-wrap: wrap; }
.person { display: flex; flex-direction: column; align-items: center; gap: 4px; border: 0; border-radius: 10px; background: none; padding: 7px 9px; font-size: 12.5px; color: inherit; min-width: 64px; }
.person:hover { background: var(--side-hover); }
.person[aria-checked="true"] { background: var(--side-hover); color: var(--side-strong); font-weight: 600; }
.person[aria-checked="true"] .avatar { box-shadow: 0 0 0 2px var(--side), 0 0 0 4px var(--side-active); }
.sidebar :focus-visible { outline-color: var(--side-active); }

.avatar { display: inline-grid; place-items: center; width: 36px; height: 36px; border-radius: 9px; color: #fff; font-weight: 700; font-size: 16px; flex: none; }
.avatar.bot { background: #12263f; }
.avatar.bot svg { width: 66%; }
.avatar.tiny { width: 20px; height: 20px; border-radius: 5px; font-size: 11px; }

.bar { display: flex; align-items: center; gap: 12px; padding: 8px 16px; border-bottom: 1px solid var(--line); min-height: 60px; }
.bar-text { flex: 1; min-width: 0; }
.bar h1, .bar h2 { font-size: 17px; line-height: 1.3; }
.bar p { font-size: 12.5px; color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.icon-button { border: 0; background: none; border-radius: 6px; width: 34px; height: 34px; color: var(--soft); font-size: 16px; flex: none; }
.icon-button:hover { background: var(--hover); color: var(--ink); }
.only-small { display: none; }
.chip-button { display: inline-flex; gap: 6px; align-items: center; border: 1px solid var(--line); background: var(--paper); border-radius: 7px; padding: 4px 10px; font-size: 13px; color: var(--ink); text-decoration: none; white-space: nowrap; }
.chip-button:hover { background: var(--hover); }
.tabs { display: flex; gap: 4px; }
.tab { border: 0; background: none; padding: 6px 10px; border-radius: 7px; color: var(--soft); font-weight: 600; font-size: 13px; }
.tab[aria-selected="true"] { background: var(--accent-wash); color: var(--accent); }
.banner { background: var(--warn-wash); border-bottom: 1px solid var(--warn-line); padding: 7px 16px; font-size: 13.5px; }

.messages { flex: 1; overflow-y: auto; padding: 6px 0 14px; overflow-anchor: auto; outline-offset: -2px; }
.day { display: flex; align-items: center; justify-content: center; margin: 12px 16px 6px; position: relative; font-size: 12.5px; font-weight: 600; color: var(--soft); }
.day::before { content: ""; position: absolute; inset: 50% 0 auto; border-top: 1px solid var(--line); }
.day span { position: relative; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1px 12px; }
.message { position: relative; display: flex; gap: 10px; padding: 6px 18px 4px 14px; }
.message.compact { padding-top: 1px; }
.message:hover, .message:focus-within { background: var(--hover); }
.gutter { width: 38px; flex: none; text-align: right; padding-top: 2px; }
.compact .gutter .time { opacity: 0; font-size: 11px; white-space: nowrap; }
.compact:hover .gutter .time, .gutter .time:focus { opacity: 1; }
.body { flex: 1; min-width: 0; }
.body > header { display: flex; gap: 7px; align-items: baseline; line-height: 1.35; }
.badge { font-size: 10px; font-weight: 700; letter-spacing: .04em; background: var(--line); color: var(--soft); border-radius: 4px; padding: 0 4px; line-height: 15px; align-self: center; }
.time { color: var(--faint); font-size: 12px; text-decoration: none; }
.time:hover { text-decoration: underline; }
.edited { color: var(--faint); font-size: 12px; }
.content { overflow-wrap: anywhere; }
.ephemeral { background: var(--warn-wash); }
.ephemeral:hover { background: var(--warn-wash); }
.mentions-me .body .mention.me { background: #fde68a; color: #5b3b00; }
.tombstone .content { color: var(--faint); font-style: italic; }
.system { color: var(--soft); font-size: 14px; }
.notice { font-size: 12.5px; color: var(--soft); margin-bottom: 1px; }
.link { border: 0; background: none; padding: 0; color: var(--accent); text-decoration: underline; font-size: inherit; }
.arriving { animation: arrive .18s ease-out; }
@keyframes arrive { from { opacity: 0; transform: translateY(5px); } }
.flash { animation: flash 2.4s ease-out; }
@keyframes flash { 0%, 40% { background: var(--accent-wash); } }
.toolbar { position: absolute; right: 14px; top: -13px; display: none; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 2px 8px rgb(18 38 63 / 12%); padding: 2px; z-index: 2; }
.message:hover .toolbar, .message:focus-within .toolbar { display: flex; }
.toolbar button { border: 0; background: none; border-radius: 6px; width: 30px; height: 28px; font-size: 15px; }
.toolbar button:hover { background: var(--hover); }
.reactions { display: flex; gap: 5px; flex-wrap: wrap; margin-top: 5px; }
.reaction { border: 1px solid var(--line); background: var(--wash); border-radius: 12px; padding: 0 9px; font-size: 13px; line-height: 23px; }
.reaction.mine { border-color: var(--accent); background: var(--accent-wash); }
.thread-summary { display: flex; align-items: center; gap: 6px; margin: 5px 0 2px -5px; border: 1px solid transparent; background: none; border-radius: 7px; padding: 3px 10px 3px 4px; font-size: 13px; max-width: 420px; width: 100%; text-align: left; }
.thread-summary:hover { background: var(--paper); border-color: var(--line); }
.thread-summary strong { color: var(--accent); }
.thread-summary .when { color: var(--faint); }

.composer { padding: 0 16px 16px; position: relative; }
.composer-box { display: flex; align-items: flex-end; gap: 8px; border: 1px solid #b6bfc9; border-radius: 10px; background: var(--paper); padding: 7px 8px 7px 11px; box-shadow: 0 1px 3px rgb(18 38 63 / 6%); }
.composer-box:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-wash); }
.composer textarea { flex: 1; border: 0; outline: 0; resize: none; background: none; padding: 4px 0; max-height: 180px; min-width: 0; line-height: 1.45; }
.composer .as { padding-bottom: 5px; display: flex; }
.send { border: 0; border-radius: 7px; background: var(--accent); color: var(--accent-ink); width: 34px; height: 32px; flex: none; }
.bolt { border: 0; border-radius: 7px; background: none; width: 34px; height: 32px; flex: none; }
.bolt:hover { background: var(--hover); }
.broadcast { display: flex; gap: 7px; align-items: center; font-size: 12.5px; color: var(--soft); padding: 6px 4px 0; }
.send:hover { filter: brightness(1.08); }
.completions { position: absolute; bottom: calc(100% - 10px); left: 16px; min-width: 250px; list-style: none; padding: 5px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); z-index: 5; }
.completions li { display: flex; gap: 10px; padding: 5px 10px; border-radius: 6px; cursor: pointer; }
.completions li span { color: var(--faint); }
.completions li[aria-selected="true"], .completions li:hover { background: var(--accent-wash); }

.thread { border-left: 1px solid var(--line); min-width: 0; }
.lab { border-left: 1px solid var(--line); background: var(--wash); min-width: 0; }
.lab .bar { background: var(--wash); }
.lab-body { overflow-y: auto; padding: 14px 16px 24px; }
.lab h3 { font-size: 14px; margin: 20px 0 8px; }
.break { margin-bottom: 9px; }
.break-button { display: flex; flex-direction: column; width: 100%; text-align: left; border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: 9px 12px; transition: border-color .12s, transform .12s; }
.break-button:hover { border-color: #e4572e; }
.break-button:active { transform: translateY(1px); }
.break-button span { color: var(--soft); font-size: 13px; line-height: 1.35; }
.result { font-size: 13px; padding: 0 4px; }
.result.fine, .result.bad { padding: 6px 10px; border-radius: 8px; margin-top: 5px; background: var(--accent-wash); overflow-wrap: anywhere; }
.result.bad { background: var(--danger-wash); color: var(--danger); }
.tips { list-style: none; padding: 0; }
.tip { display: block; width: 100%; text-align: left; border: 0; background: none; border-radius: 7px; padding: 5px 8px; margin: 0 -8px; }
.tip:hover { background: var(--paper); }
.tip code, .suggestion code { color: var(--accent); font: 600 13px var(--mono); }
.tip span { display: block; font-size: 13px; color: var(--soft); line-height: 1.3; }
.hint { font-size: 12.5px; color: var(--soft); margin-top: 14px; }
kbd { font: 11px var(--mono); border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 4px; background: var(--paper); }
.welcome { padding: 40px 24px; max-width: 620px; }
.welcome-mark { display: grid; place-items: center; width: 52px; height: 52px; border-radius: 14px; background: var(--accent-wash); color: var(--accent); font-size: 26px; font-weight: 700; }
.welcome h2 { margin: 14px 0 4px; font-size: 22px; }
.welcome p { color: var(--soft); }
.suggestions { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 8px; margin-top: 16px; }
.suggestion { text-align: left; border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: 10px 12px; }
.suggestion:hover { border-color: var(--accent); background: var(--accent-wash); }
.suggestion span { display: block; font-size: 13px; color: var(--soft); }
.messages.home { padding: 14px 24px; }
.home > .content { max-width: 760px; }
.home .header { margin-top: 22px; }
.faults { border: 1px solid var(--line); border-radius: 10px; background: var(--paper); padding: 8px 12px; margin-top: 14px; }
.faults summary { cursor: pointer; font-weight: 600; font-size: 14px; }
.check { display: flex; gap: 8px; align-items: center; margin: 10px 0 6px; font-size: 13.5px; }
.check input, .broadcast input { accent-color: var(--accent); margin: 0; }
.fault-list { display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0; }
.fault { border: 1px solid var(--line); border-radius: 7px; background: var(--wash); padding: 3px 9px; font-size: 12.5px; min-height: 28px; }
.fault:hover { border-color: #e4572e; }
.shade { display: none; }
.toasts { position: fixed; bottom: 88px; left: 50%; transform: translateX(-50%); display: flex; flex-direction: column; gap: 8px; z-index: 30; align-items: center; pointer-events: none; }
.toast { background: #12263f; color: #fff; border-radius: 9px; padding: 9px 16px; box-shadow: var(--shadow); font-size: 14px; max-width: min(520px, 92vw); animation: arrive .18s ease-out; }
.toast.error { background: #8f2018; }
.toast.leaving { opacity: 0; transition: opacity .3s; }

@media (max-width: 1099px) {
  .app, .app.no-lab { grid-template-columns: 232px minmax(0, 1fr) 0 0; }
  .app.with-thread, .app.no-lab.with-thread { grid-template-columns: 232px minmax(0, 1fr) minmax(300px, 42%) 0; }
  .lab { position: fixed; inset: 0 0 0 auto; width: min(340px, 88vw); z-index: 11; box-shadow: var(--shadow); }
  .shade.on { display: block; position: fixed; inset: 0; background: rgb(10 20 35 / 45%); z-index: 10; }
}
@media (max-width: 760px) {
  .app, .app.no-lab, .app.with-thread, .app.no-lab.with-thread { grid-template-columns: minmax(0, 1fr); }
  .main { grid-column: 1; }
  .sidebar { position: fixed; inset: 0 auto 0 0; width: min(280px, 84vw); z-index: 11; transform: translateX(-102%); visibility: hidden; transition: transform .16s ease-out, visibility .16s; }
  .sidebar.open { transform: none; visibility: visible; box-shadow: var(--shadow); }
  .thread { position: fixed; inset: 0; z-index: 9; background: var(--paper); border: 0; }
  .only-small { display: block; }
  .wide-only { display: none; }
  .bar { padding: 6px 10px; gap: 8px; min-height: 54px; }
  .message { padding-left: 10px; padding-right: 12px; gap: 9px; }
  .gutter { width: 34px; }
  .avatar { width: 32px; height: 32px; }
  .composer { padding: 0 10px 10px; }
  .bookmarks { display: none; }
  .body > header, .compact .content > :first-child, .body > .notice { padding-right: 66px; }
  .toolbar { display: flex; right: 4px; top: 0; border: 0; box-shadow: none; background: none; padding: 0; }
  .toolbar button { width: 34px; height: 30px; color: var(--soft); }
  .toolbar button:not(.keep) { display: none; }
  .messages.home { padding: 10px 14px; }
  .icon-button { width: 40px; height: 40px; }
  .composer textarea, .entry, .select { font-size: 16px; }
  .composer textarea { padding: 7px 0; }
  .composer .as { padding-bottom: 9px; }
  .send, .bolt { width: 40px; height: 38px; }
  .welcome { padding: 20px 14px; }
  .completions { left: 10px; right: 10px; min-width: 0; }
  .bar p { max-width: 60vw; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
