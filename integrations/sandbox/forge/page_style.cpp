#include "integrations/sandbox/forge/html.hpp"

namespace driftwarden::sandbox::forge {

const char* page_style() {
  return R"css(:root{--ink:#1f2328;--soft:#59636e;--line:#d8dee4;--wash:#f6f8fa;--paper:#fff;--link:#0b5cad;--green:#1a7f37;--red:#cf222e;--violet:#7a3ee0;
--amber:#9a6700;--add:#e6ffec;--add-n:#ccffd8;--del:#ffebe9;--del-n:#ffd7d5;--hunk:#ddf4ff}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--wash:#151b23;--paper:#0d1117;--link:#58a6ff;--green:#3fb950;--red:#f85149;
--violet:#ab7df8;--amber:#d29922;--add:#12261e;--add-n:#1c4428;--del:#25171c;--del-n:#542426;--hunk:#121d2f}}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:var(--paper);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.mono,table.diff,table.source{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
header{background:var(--wash);border-bottom:1px solid var(--line)}
.bar,main{max-width:1120px;margin:0 auto;padding:0 24px}
.bar{display:flex;align-items:center;gap:14px;min-height:56px;flex-wrap:wrap}
.brand{font-weight:650;color:var(--ink)}.crumbs{color:var(--soft)}.crumbs a{font-weight:550}
.people{margin-left:auto;display:flex;gap:4px;align-items:center;color:var(--soft);font-size:13px}
.people a{display:flex;gap:6px;align-items:center;padding:3px 10px 3px 4px;border-radius:99px;color:var(--soft)}
.people a:hover{background:var(--line);text-decoration:none}.people a.me{background:var(--paper);color:var(--ink);box-shadow:0 0 0 1px var(--line);font-weight:600}
.avatar{display:inline-flex;width:24px;height:24px;border-radius:50%;align-items:center;justify-content:center;color:#fff;font-size:12px;font-weight:650;flex:none}
.c0{background:#b4456b}.c1{background:#2f6fb5}.c2{background:#2a8a57}.c3{background:#a8681b}.c4{background:#7551c2}.c5{background:#1d7f8c}.c6{background:#b04a2f}.c7{background:#5a6b2b}
main{padding-top:26px;padding-bottom:72px}
h1{font-size:26px;line-height:1.25;font-weight:600;margin:0 0 10px;overflow-wrap:anywhere}h1 .number{color:var(--soft);font-weight:350}
h2{font-size:17px;font-weight:600;margin:32px 0 10px}h2 .count{font-size:13px;font-weight:550;color:var(--soft);background:var(--wash);border:1px solid var(--line);border-radius:99px;
padding:1px 8px;margin-left:6px}
.meta{color:var(--soft);display:flex;gap:8px;align-items:center;flex-wrap:wrap;padding-bottom:18px;border-bottom:1px solid var(--line)}
.meta b{color:var(--ink)}
.badge{display:inline-block;border-radius:99px;color:#fff;padding:3px 12px;font-size:13px;font-weight:600}
.badge.open{background:#1a7f37}.badge.merged{background:#7a3ee0}.badge.closed{background:#cf222e}
.label{border:1px solid var(--violet);color:var(--violet);border-radius:99px;padding:0 9px;font-size:12.5px;font-weight:600}
.branch{background:var(--hunk);border-radius:5px;padding:1px 7px;color:var(--link)}
.box{border:1px solid var(--line);border-radius:8px;margin:0 0 14px;background:var(--paper)}
.box>.head{background:var(--wash);border-bottom:1px solid var(--line);border-radius:8px 8px 0 0;padding:9px 14px;display:flex;gap:8px;align-items:center;flex-wrap:wrap;color:var(--soft)}
.box>.head b{color:var(--ink)}.box>.head:last-child{border-bottom:0;border-radius:8px}
.box>.in{padding:6px 16px 8px;overflow-wrap:anywhere}.box .right{margin-left:auto}
.notice{border-radius:8px;padding:10px 14px;margin:0 0 16px;border:1px solid var(--line);background:var(--wash)}.notice.bad{border-color:var(--red)}.notice.good{border-color:var(--green);color:inherit;font-weight:400}.notice.good b{color:var(--green)}
.row{display:flex;gap:12px;padding:10px 14px;border-top:1px solid var(--line);align-items:flex-start}.row:first-child{border-top:0}
.row .grow{flex:1;min-width:0;overflow-wrap:anywhere}.row .title{font-weight:600;color:var(--ink)}
.quiet{color:var(--soft)}.small{font-size:13px}.pad{padding:8px 14px;margin:0}
.text{white-space:pre-wrap;font-size:13.5px;color:var(--soft);margin-top:4px}
.trailers{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0 2px;padding:8px 12px;background:var(--wash);border-radius:6px;font-size:13px}
.trailers dt{color:var(--soft)}.trailers dd{margin:0;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px;overflow-wrap:anywhere}
.dot{width:10px;height:10px;border-radius:50%;margin-top:7px;flex:none;background:var(--amber)}.dot.success{background:var(--green)}.dot.failure,.dot.error{background:var(--red)}
.good{color:var(--green);font-weight:600}.wrong{color:var(--red);font-weight:600}.wait{color:var(--amber);font-weight:600}.stale{opacity:.62}
.actions{display:flex;gap:10px;flex-wrap:wrap;align-items:flex-start;padding:12px 14px}
.actions form{margin:0}.actions .wide{flex-basis:100%}
textarea{width:100%;min-height:64px;border:1px solid var(--line);border-radius:6px;padding:8px 10px;font:inherit;font-size:14px;background:var(--paper);color:var(--ink);margin-bottom:8px}
select,button{font:inherit;font-size:14px;font-weight:550;border:1px solid var(--line);border-radius:6px;padding:6px 14px;background:var(--wash);color:var(--ink)}
button{cursor:pointer;margin-right:6px}button:hover{border-color:var(--soft)}button:focus-visible,a:focus-visible,textarea:focus-visible{outline:2px solid var(--link);outline-offset:1px}
button.go{background:#1a7f37;border-color:#1a7f37;color:#fff}button.merge{background:#7a3ee0;border-color:#7a3ee0;color:#fff}button.stop{color:var(--red)}button:disabled{opacity:.5;cursor:not-allowed}
.file{border:1px solid var(--line);border-radius:8px;margin:0 0 14px;overflow:hidden}
.file summary{background:var(--wash);padding:8px 14px;display:flex;gap:10px;align-items:center;cursor:pointer;list-style:none}
.file .kind{color:var(--soft);font-size:12.5px}.counts{margin-left:auto;font-size:12.5px}.plus{color:var(--green)}.minus{color:var(--red)}
.scroll{overflow-x:auto;border-top:1px solid var(--line)}
table.diff,table.source{border-collapse:collapse;width:100%;line-height:1.55}
table.diff td,table.source td{padding:0 12px;white-space:pre;vertical-align:top}
td.n{width:1%;min-width:46px;text-align:right;color:var(--soft);padding:0 10px!important;user-select:none}
table.diff i{font-style:normal;color:var(--soft);user-select:none;margin-right:8px}
tr.add td{background:var(--add)}tr.add td.n{background:var(--add-n)}tr.del td{background:var(--del)}tr.del td.n{background:var(--del-n)}
tr.hunk td{background:var(--hunk);color:var(--soft);padding-top:3px!important;padding-bottom:3px!important}tr.note td{color:var(--soft);font-style:italic}
pre.fence{background:var(--wash);border-radius:6px;padding:10px 12px;overflow-x:auto;line-height:1.5;margin:10px 0}
pre.fence .add{background:var(--add);color:var(--green);display:inline-block;min-width:100%}pre.fence .del{background:var(--del);color:var(--red);display:inline-block;min-width:100%}pre.fence .hunk{color:var(--link)}
.markdown h2,.markdown h3,.markdown h4{margin:16px 0 6px;font-size:16px}.markdown h3,.markdown h4{font-size:14.5px}.markdown p{margin:8px 0}.markdown ul,.markdown ol{padding-left:24px;margin:8px 0}
.markdown code{background:var(--wash);border-radius:4px;padding:1px 5px}.markdown hr{border:0;border-top:1px solid var(--line);margin:14px 0}
.markdown blockquote{margin:8px 0;padding:2px 12px;border-left:3px solid var(--line);color:var(--soft)}
details.fold{border:1px solid var(--line);border-radius:6px;margin:8px 0}details.fold>summary{cursor:pointer;padding:6px 12px;background:var(--wash);border-radius:6px}
details.fold>div{padding:2px 12px 6px}table.grid{border-collapse:collapse;margin:10px 0;font-size:14px}table.grid th,table.grid td{border:1px solid var(--line);padding:4px 12px;text-align:left;vertical-align:top}
table.grid th{background:var(--wash)}textarea.code{font:12.5px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;min-height:340px;white-space:pre;overflow:auto}
input[type=text]{font:inherit;font-size:14px;border:1px solid var(--line);border-radius:6px;padding:6px 10px;background:var(--paper);color:var(--ink);width:100%;margin-bottom:8px}
.edit{font-size:12.5px}
.tabs{display:flex;gap:6px;margin:0 0 14px}.tabs a{padding:5px 12px;border-radius:6px;color:var(--soft)}.tabs a.on{background:var(--wash);color:var(--ink);font-weight:600}
.icon{color:var(--soft);width:16px;flex:none;text-align:center}
@media(max-width:700px){.bar,main{padding-left:14px;padding-right:14px}.people{margin-left:0}h1{font-size:21px}}
)css";
}

}  // namespace driftwarden::sandbox::forge
