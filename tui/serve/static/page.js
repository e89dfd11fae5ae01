// What the page adds to textual.js: where its WebSocket is, downloads below the token, links that say nothing of this page, and a
// copy that arrives or is said not to.
"use strict";
const terminal = document.getElementById("terminal");
const notice = document.getElementById("notice");
const here = new URL("./", location.href);
const socket = new URL("ws", here);
socket.protocol = here.protocol === "https:" ? "wss:" : "ws:";
terminal.dataset.sessionWebsocketUrl = socket.href;

function say(text, link) {
  notice.replaceChildren(text);
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link;
    anchor.textContent = link;
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
    anchor.addEventListener("click", () => { notice.hidden = true; });
    notice.append(anchor);
  }
  notice.hidden = false;
}

const open = window.open.bind(window);
window.open = (address) => {
  const url = new URL(address, here);
  if (url.origin === location.origin && url.pathname.startsWith("/download/")) {
    const anchor = document.createElement("a");
    anchor.href = new URL(url.pathname.slice(1), here).href;
    anchor.download = "";
    anchor.click();
  } else if (url.protocol === "https:" || url.protocol === "http:") {
    const opened = open("about:blank", "_blank");
    if (opened) {
      opened.opener = null;
      opened.location.replace(url.href);
    } else {
      say("The browser held a new tab back: ", url.href);
    }
  }
  return null;
};

// A page that comes neither from this machine nor by https has no clipboard of the browser's, and any browser may refuse it.
const board = navigator.clipboard;
const write = board?.writeText.bind(board) ?? (() => Promise.reject());
const copied = (text) => write(text).catch(() => {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  document.querySelector(".xterm-helper-textarea")?.focus();
  if (!done) {
    say("The browser did not let this page copy.");
  }
});
if (board) {
  board.writeText = copied;
} else {
  Object.defineProperty(navigator, "clipboard", { value: { writeText: copied, readText: () => Promise.resolve("") } });
}

window.addEventListener("error", () => {
  if (!document.querySelector(".xterm-helper-textarea")) {
    document.getElementById("starting").textContent = "This browser cannot draw the terminal: it needs WebGL 2.";
  }
});
// Keys belong to the app as soon as its socket is open; before, textual.js could not say that it has the focus.
new MutationObserver((_, watch) => {
  if (document.body.classList.contains("-loaded")) {
    watch.disconnect();
    document.querySelector(".xterm-helper-textarea")?.focus();
  }
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });
document.querySelector("#ended button").addEventListener("click", () => location.reload());
