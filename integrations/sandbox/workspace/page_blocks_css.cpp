#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_blocks_css() {
  static constexpr std::string_view kText = R"~~~(.para { display: block; white-space: normal; }
.content a { color: var(--accent); text-decoration: none; }
.content a:hover { text-decoration: underline; }
.content code, .modal code { font: 12.5px var(--mono); background: var(--wash); border: 1px solid var(--line); border-radius: 4px; padding: 1px 4px; color: #b4232c; }
@media (prefers-color-scheme: dark) { .content code, .modal code { color: #ffa198; } }
pre { font: 12.5px/1.5 var(--mono); background: var(--wash); border: 1px solid var(--line); border-radius: var(--radius); padding: 8px 11px; margin: 5px 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; max-width: 860px; }
pre.diff { padding: 6px 0; white-space: pre; overflow-wrap: normal; }
pre.diff .line { display: block; padding: 0 11px; min-width: max-content; }
pre.diff .added { background: #dafbe1; color: #0b5a24; }
pre.diff .removed { background: #ffe2e0; color: #8f1d14; }
pre.diff .changed { background: #fff3cd; color: #6b4e00; }
pre.diff .hunk { color: #5b5fc7; background: #eef0ff; }
pre.diff .file { color: var(--soft); font-weight: 700; }
@media (prefers-color-scheme: dark) {
  pre.diff .added { background: #12361f; color: #8ee5a1; }
  pre.diff .removed { background: #43191a; color: #ffaba3; }
  pre.diff .changed { background: #3d3211; color: #f2d57e; }
  pre.diff .hunk { background: #23264a; color: #aab0ff; }
}
blockquote { margin: 3px 0; padding: 1px 0 1px 12px; border-left: 4px solid #cdd5de; color: var(--ink); }
.mention { border: 0; background: #e3f1fb; color: #0b62a8; border-radius: 4px; padding: 0 3px; font: inherit; font-weight: 500; }
@media (prefers-color-scheme: dark) { .mention { background: #173550; color: #8cc8f7; } }
.emoji { font-family: "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif; font-style: normal; }

.block { margin: 5px 0; max-width: 860px; }
.block:first-child { margin-top: 1px; }
.header { font-size: 17px; font-weight: 800; line-height: 1.35; margin: 4px 0; }
hr.block, .markdown hr { border: 0; border-top: 1px solid var(--line); margin: 9px 0; }
.section { display: flex; gap: 14px; align-items: flex-start; }
.section-body { flex: 1; min-width: 0; }
.accessory { flex: none; max-width: 45%; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 6px 18px; margin-top: 4px; }
.context { display: flex; flex-wrap: wrap; gap: 3px 12px; align-items: center; font-size: 12.5px; color: var(--soft); }
.context img { width: 20px; height: 20px; border-radius: 4px; }
.context .image { margin: 0; }
.context code { font-size: 11.5px !important; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 7px; align-items: center; }
.button { border: 1px solid #c5ccd4; border-radius: 7px; background: var(--paper); color: var(--ink); padding: 4px 13px; font-weight: 600; font-size: 13.5px; line-height: 1.5; min-height: 32px; position: relative; transition: background .1s, box-shadow .1s; }
.button:hover { background: var(--hover); box-shadow: 0 1px 3px rgb(18 38 63 / 14%); }
.button:active { transform: translateY(1px); }
.button.primary { background: #0f766e; border-color: #0f766e; color: #fff; }
.button.primary:hover { background: #0b635c; }
.button.danger { background: #c2362b; border-color: #c2362b; color: #fff; }
.button.danger:hover { background: #a52b21; }
.button:disabled { opacity: .7; cursor: default; }
.button.more { padding: 4px 10px; }
@media (prefers-color-scheme: dark) { .button:not(.primary, .danger) { border-color: #46525f; } .composer-box { border-color: #46525f; } }
.busy { cursor: progress; }
.button.busy { color: transparent !important; }
.button.busy > * { visibility: hidden; }
.button.busy::after { content: ""; position: absolute; inset: 0; margin: auto; width: 14px; height: 14px; border-radius: 50%; border: 2px solid var(--faint); border-top-color: transparent; animation: spin .7s linear infinite; }
.button.primary.busy::after, .button.danger.busy::after { border-color: #fff; border-top-color: transparent; }
@keyframes spin { to { transform: rotate(1turn); } }
.select, .entry { border: 1px solid #c5ccd4; border-radius: 7px; background: var(--paper); padding: 5px 10px; font-size: 14px; min-height: 32px; max-width: 100%; }
.select:focus, .entry:focus { outline: 0; border-color: var(--accent); box-shadow: 0 0 0 3px var(--accent-wash); }
.typeahead { position: relative; }
.options { position: absolute; z-index: 6; left: 0; right: 0; min-width: 200px; max-height: 220px; overflow-y: auto; margin-top: 3px; list-style: none; padding: 4px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; box-shadow: var(--shadow); }
.content .options { padding: 4px; min-width: min(290px, 70vw); }
.options li { padding: 5px 10px; border-radius: 6px; cursor: pointer; }
.options li:hover, .options li.active { background: var(--accent-wash); }
.options li.none { color: var(--faint); cursor: default; }
.choices { display: flex; flex-direction: column; gap: 4px; }
.choices label { display: flex; gap: 8px; align-items: flex-start; font-weight: 400; }
.choices input { margin-top: 4px; accent-color: var(--accent); }
.choices small { display: block; color: var(--soft); }
.image { margin: 4px 0; }
.image img { max-width: 100%; max-height: 360px; border-radius: var(--radius); }
.image figcaption { font-size: 13px; color: var(--soft); margin-bottom: 3px; }
.picture { display: inline-block; border: 1px dashed var(--line); border-radius: var(--radius); padding: 8px 14px; color: var(--soft); font-size: 13px; }
.context .picture { padding: 0 6px; }
.rich ~ .rich, .rich + pre { margin-top: 4px; }
.rich { white-space: pre-wrap; }
.content ul:not(.options), .content ol { margin: 3px 0; padding-left: 24px; }
.markdown p { margin: 4px 0; white-space: pre-line; }
.markdown h3, .markdown h4, .markdown h5 { margin: 8px 0 3px; line-height: 1.3; }
.markdown .task { list-style: none; margin-left: -20px; }
.table-wrap { overflow-x: auto; }
.table-wrap table { border-collapse: collapse; font-size: 13.5px; border: 1px solid var(--line); border-radius: var(--radius); }
.table-wrap caption { text-align: left; font-weight: 600; padding-bottom: 4px; }
.table-wrap th, .table-wrap td { border: 1px solid var(--line); padding: 5px 11px; text-align: left; vertical-align: top; }
.table-wrap th { background: var(--wash); font-weight: 600; }
.task-card { display: flex; gap: 8px; padding: 3px 0; }
.task-card.complete .task-sign { color: var(--accent); }
.task-card.error .task-sign { color: var(--danger); }
.attachment { border-left: 4px solid var(--line); border-radius: 3px; padding: 2px 0 2px 12px; margin: 6px 0; max-width: 860px; }
.file { border: 1px solid var(--line); border-radius: 10px; margin: 6px 0; overflow: hidden; max-width: 860px; }
.file-head { display: flex; align-items: center; gap: 10px; padding: 8px 11px; }
.file-icon { font-size: 20px; }
.file-name { flex: 1; min-width: 0; line-height: 1.3; display: flex; flex-direction: column; }
.file-name small { color: var(--soft); }
.file .chip-button { color: var(--ink) !important; }
.file pre { margin: 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; max-height: 420px; overflow: auto; max-width: none; }
.file-more { width: 100%; border: 0; border-top: 1px solid var(--line); background: var(--paper); padding: 6px; color: var(--accent); font-weight: 600; font-size: 13px; }

.menu { position: fixed; z-index: 25; min-width: 170px; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); padding: 5px; display: flex; flex-direction: column; }
.menu button { border: 0; background: none; text-align: left; padding: 6px 12px; border-radius: 6px; font-size: 14px; }
.menu button:hover, .menu button:focus { background: var(--accent-wash); outline: 0; }

.modal { border: 0; border-radius: 14px; padding: 0; width: min(520px, calc(100vw - 24px)); max-height: min(86vh, 760px); background: var(--paper); color: var(--ink); box-shadow: 0 24px 70px rgb(10 20 35 / 40%); }
.modal.small { width: min(420px, calc(100vw - 24px)); }
.modal::backdrop { background: rgb(10 20 35 / 50%); }
.modal form { display: flex; flex-direction: column; max-height: inherit; }
.modal header { display: flex; align-items: center; gap: 12px; padding: 16px 20px 8px; }
.modal header h2 { flex: 1; font-size: 19px; }
.modal-body { padding: 4px 20px 14px; overflow-y: auto; overflow-wrap: anywhere; }
.modal footer { display: flex; justify-content: flex-end; gap: 10px; padding: 12px 20px 16px; border-top: 1px solid var(--line); }
.modal .button { min-height: 36px; padding: 5px 16px; }
.field { margin: 13px 0; }
.field > label { display: block; font-weight: 600; margin-bottom: 4px; }
.field .optional { font-weight: 400; color: var(--faint); }
.field .entry, .field .select { width: 100%; }
.field-hint { font-size: 12.5px; color: var(--soft); margin-top: 3px; }
.field-error { color: var(--danger); font-size: 13px; font-weight: 500; margin-top: 4px; }
[aria-invalid="true"] { border-color: var(--danger) !important; }
@media (max-width: 760px) {
  .section { flex-wrap: wrap; }
  .actions .button, .actions .select, .actions .entry { min-height: 40px; }
  .fields { grid-template-columns: minmax(0, 1fr); }
  .table-wrap th, .table-wrap td { padding: 4px 7px; }
  .accessory { max-width: 100%; }
  .modal { width: 100vw; max-width: 100vw; border-radius: 16px 16px 0 0; margin-bottom: 0; }
}
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
