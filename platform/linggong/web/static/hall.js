/* The screens of the hall. A wall turns its panels, fetches fresh ones, survives a lost network with the last page and its
   time, and says every minute that it lives. A kiosk types with its keys and forgets what nobody finished. Without scripts the
   wall turns by reloading and each key of the kiosk is a round trip. ES2017. */
(function () {
  "use strict";

  var body = document.body;
  var wall = body.getAttribute("data-screen"), kiosk = body.getAttribute("data-kiosk");

  function each(list, act) { Array.prototype.forEach.call(list, act); }

  // ---- copy and print: buttons that are there only with scripts ----
  each(document.querySelectorAll("[data-copy]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var field = document.getElementById(button.getAttribute("data-copy")), said = document.getElementById("copied");
      field.focus();
      field.select();
      function told() { if (said) { said.textContent = "复制好了，去粘贴吧。"; } else { button.textContent = "复制好了"; } }
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(field.value).then(told); }
      else if (document.execCommand("copy")) { told(); }
    });
  });
  each(document.querySelectorAll("[data-print]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  // ---- a sign of life every minute ----
  function beat(base) {
    var token = document.querySelector('input[name="_csrf"]');
    if (!token || !window.fetch) { return; }
    window.fetch(base + "/beat", {
      method: "POST", credentials: "same-origin", redirect: "manual", headers: { "x-csrf-token": token.value }
    }).then(function (answer) {
      // The page is too old, or the screen was ended: a fresh page says which.
      if (answer.type === "opaqueredirect" || answer.status === 404 || answer.status === 403) { window.location.assign(base); }
    }).catch(function () { /* no network: the hour has a gap, as it should */ });
  }
  if (wall || kiosk) {
    beat(wall || kiosk);
    window.setInterval(function () { beat(wall || kiosk); }, 60000);
  }

  // ---- wall ----
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function runWall() {
    var hall = document.getElementById("hall"), lost = document.getElementById("lost"), clock = document.getElementById("clock");
    var at = 0, timer = 0, running = false, fetched = 0;
    function panels() { return hall.querySelectorAll(".panel"); }
    function show() {
      var all = panels();
      at = at % all.length;
      each(all, function (panel, n) { panel.hidden = n !== at; });
    }
    // The server's time in China, whatever the old computer believes: what its own clock says only counts the seconds since.
    var told = Number(hall.getAttribute("data-now")) * 1000, since = Date.now();
    function tick() {
      var now = new Date(told + (Date.now() - since) + 8 * 3600000);
      clock.textContent = two(now.getUTCHours()) + ":" + two(now.getUTCMinutes());
    }
    function say(broken) {
      lost.hidden = !broken;
      lost.textContent = broken ? "网络断了，这是 " + hall.getAttribute("data-at") + " 的内容" : "";
    }
    function refresh() {
      timer = 0;
      if (running) { within(1000, 1000); return; }
      running = true;
      window.fetch(wall, { credentials: "same-origin" }).then(function (answer) {
        if (answer.status === 404) { window.location.assign(wall); }
        if (!answer.ok) { throw new Error("no page"); }
        return answer.text();
      }).then(function (text) {
        var page = new DOMParser().parseFromString(text, "text/html"), fresh = page.getElementById("hall");
        if (!fresh) { throw new Error("no wall"); }
        // At midnight day and sign-in code are others.
        each(document.querySelectorAll("#today, #code"), function (one) {
          one.textContent = page.getElementById(one.id).textContent;
        });
        hall.innerHTML = fresh.innerHTML;
        hall.setAttribute("data-at", fresh.getAttribute("data-at"));
        told = Number(fresh.getAttribute("data-now")) * 1000;
        since = Date.now();
        show();
        say(false);
        fetched += 1;
        // Once in a while all of it, so that a screen that runs for weeks gets what was changed about the page itself.
        if (fetched > 500) { window.location.assign(wall); }
      }).catch(function () { say(true); }).then(function () { running = false; });
    }
    // What happens in this room is shown at once; what happens on the city's board may gather for a while.
    var due = 0;
    function within(least, spread) {
      var at = Date.now() + least + Math.random() * spread;
      if (timer && due <= at) { return; }
      window.clearTimeout(timer);
      due = at;
      timer = window.setTimeout(refresh, at - Date.now());
    }
    function soon() { within(400, 1200); }
    each(panels(), function (panel, n) { if (!panel.hidden) { at = n; } });
    window.setInterval(function () { at += 1; show(); }, Number(body.getAttribute("data-turn")) * 1000);
    window.setInterval(tick, 1000);
    window.setInterval(refresh, 60000);
    window.addEventListener("offline", function () { say(true); });
    window.addEventListener("online", soon);
    if (window.EventSource) {
      var source = new EventSource(wall + "/live");
      source.addEventListener("change", function (event) {
        if (event.data.indexOf("hall") >= 0) { soon(); } else { within(8000, 8000); }
      });
      source.addEventListener("resync", soon);
      source.addEventListener("error", soon);
    }
    tick();
  }
  if (wall && window.fetch && window.DOMParser) { runWall(); }

  // ---- kiosk ----
  var form = document.getElementById("kiosk"), field = document.getElementById("number");
  if (kiosk && form && field) {
    var idle = 0, sent = false;
    var wake = function () {
      window.clearTimeout(idle);
      // Somebody went away in the middle: what he typed is nobody else's business.
      idle = window.setTimeout(function () { window.location.assign(kiosk); }, 45000);
    };
    var type = function (key) {
      if (key === "back") { field.value = field.value.slice(0, -1); }
      else if (key === "clear") { field.value = ""; }
      else { field.value = (field.value + key).slice(0, 18); }
      field.focus();
      wake();
    };
    each(form.querySelectorAll("button[name=key]"), function (button) {
      button.type = "button";
      button.addEventListener("click", function () { type(button.value); });
    });
    // A reader types wherever the cursor stands.
    document.addEventListener("keydown", function (event) {
      if (event.target === field || event.ctrlKey || event.altKey || event.metaKey) { wake(); return; }
      if (/^[0-9xX]$/.test(event.key)) { event.preventDefault(); type(event.key.toUpperCase()); }
      else if (event.key === "Backspace") { event.preventDefault(); type("back"); }
      else if (event.key === "Enter" && event.target.tagName !== "BUTTON" && field.value) { event.preventDefault(); form.submit(); }
    });
    form.addEventListener("submit", function (event) {
      if (sent) { event.preventDefault(); }
      sent = true;
    });
    window.addEventListener("pageshow", function (event) { if (event.persisted) { window.location.assign(kiosk); } });
    field.focus();
    if (field.value) { field.setSelectionRange(field.value.length, field.value.length); wake(); }
  }
})();
