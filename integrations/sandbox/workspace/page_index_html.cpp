#include "integrations/sandbox/workspace/page.hpp"

namespace driftwarden::sandbox::workspace {

std::string_view page_index_html() {
  static constexpr std::string_view kText = R"~~~(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Driftwarden sandbox</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%231d3557'/%3E%3Cpath d='M16 5l9 3.5v7c0 6-4 9.7-9 11.5-5-1.8-9-5.5-9-11.5v-7z' fill='%235eead4'/%3E%3Cpath d='M11.5 16l3.3 3.3 6-6.3' fill='none' stroke='%231d3557' stroke-width='2.6' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/sandbox/page/style.css">
<link rel="stylesheet" href="/sandbox/page/blocks.css">
<script type="module" src="/sandbox/page/app.js"></script>
</head>
<body>
<a class="skip" href="#composer-text">Skip to the message box</a>
<div class="app" id="app">
  <aside class="sidebar" id="sidebar" aria-label="Workspace">
    <header class="team">
      <span class="team-logo" id="team-logo" aria-hidden="true"></span>
      <div class="team-text"><strong id="team-name">Sandbox</strong><span id="presence" class="presence">connecting…</span></div>
    </header>
    <nav class="lists" aria-label="Conversations">
      <h2>Channels</h2>
      <ul id="channels"></ul>
      <h2>Direct messages</h2>
      <ul id="ims"></ul>
    </nav>
    <section class="who" aria-labelledby="who-title">
      <h2 id="who-title">You are</h2>
      <div id="people" class="people" role="radiogroup" aria-labelledby="who-title"></div>
      <p class="hint">Switch any time: a second person approves what the first one asked for.</p>
    </section>
  </aside>
  <div class="shade" id="shade"></div>
  <main class="main" id="main">
    <header class="bar">
      <button type="button" class="icon-button only-small" id="menu" aria-label="Channels and people" aria-expanded="false">☰<span class="dot" id="menu-dot" hidden></span></button>
      <div class="bar-text"><h1 id="title">…</h1><p id="subtitle"></p></div>
      <div id="tabs" class="tabs" role="tablist" hidden></div>
      <span id="bookmarks" class="bookmarks"></span>
      <button type="button" class="chip-button" id="lab-toggle" aria-expanded="true" aria-controls="lab"><span aria-hidden="true">🧪</span> <span class="wide-only">Break something</span></button>
    </header>
    <div class="banner" id="banner" role="status" hidden></div>
    <div class="messages" id="messages" role="log" aria-live="polite" aria-label="Messages" tabindex="0"></div>
    <section class="messages home" id="home" role="tabpanel" aria-label="Home" data-view="home" tabindex="0" hidden></section>
    <form class="composer" id="composer"></form>
  </main>
  <aside class="thread" id="thread" aria-label="Thread" hidden>
    <header class="bar">
      <div class="bar-text"><h2>Thread</h2><p id="thread-where"></p></div>
      <button type="button" class="icon-button" id="thread-close" aria-label="Close the thread">✕</button>
    </header>
    <div class="messages" id="thread-messages" role="log" aria-live="polite" aria-label="Replies" tabindex="0"></div>
    <form class="composer" id="thread-composer"></form>
  </aside>
  <aside class="lab" id="lab" aria-label="Break something, and a guide">
    <header class="bar">
      <div class="bar-text"><h2>Break something</h2><p>and watch what happens in chat</p></div>
      <button type="button" class="icon-button" id="lab-close" aria-label="Close this panel">✕</button>
    </header>
    <div class="lab-body">
      <div id="panel-actions"></div>
      <div id="faults"></div>
      <h3>Try this</h3>
      <ul id="tips" class="tips"></ul>
      <p class="hint"><kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> makes a new line, <kbd>Esc</kbd> closes, <kbd>Alt</kbd>+<kbd>1</kbd>…<kbd>3</kbd> changes who you are.</p>
    </div>
  </aside>
</div>
<div id="toasts" class="toasts" role="status" aria-live="polite"></div>
<noscript>This page needs JavaScript; everything it uses comes from this machine.</noscript>
</body>
</html>
)~~~";
  return kText;
}

}  // namespace driftwarden::sandbox::workspace
