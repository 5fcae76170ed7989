/* Pages that keep themselves fresh: a region with an id and data-live="board here me" is fetched again when one of its topics
   changes. What somebody is typing or has ticked stays; without scripts the page is as fresh as its last load. ES2017. */
(function () {
  "use strict";

  var regions = document.querySelectorAll("[data-live][id]");
  // A page that came back with a refused form stays as it is, with what was typed.
  if (document.getElementById("refused")) { return; }
  if (!regions.length || !window.EventSource || !window.fetch || !window.DOMParser) { return; }

  var topics = [];
  Array.prototype.forEach.call(regions, function (region) {
    region.getAttribute("data-live").split(" ").forEach(function (topic) {
      if (topics.indexOf(topic) < 0) { topics.push(topic); }
    });
  });

  var source = null, timer = 0, lostTimer = 0, running = false, again = false, missed = false;
  var shownAt = new Date(), asked = 0, stamp = document.body.getAttribute("data-at");
  var board = topics.indexOf("board") >= 0;
  var lost = document.createElement("p");
  lost.className = "note note-wait live-lost";
  lost.setAttribute("role", "status");

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(at) { return two(at.getHours()) + ":" + two(at.getMinutes()); }

  function say(broken) {
    if (!broken) { if (lost.parentNode) { lost.parentNode.removeChild(lost); } return; }
    lost.textContent = "网络断了，这是 " + clock(shownAt) + " 的内容；连上以后会自己更新。";
    var main = document.getElementById("main");
    if (!lost.parentNode && main) { main.insertBefore(lost, main.firstChild); }
  }

  // Whether somebody chose something else than what the page came with.
  function chosen(select) {
    var first = 0;
    Array.prototype.forEach.call(select.options, function (one, n) { if (one.defaultSelected) { first = n; } });
    return select.selectedIndex !== first;
  }

  // Somebody is in the middle of a form: his words are worth more than fresh ones.
  function busy(region) {
    if (document.activeElement && region.contains(document.activeElement) &&
        /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) &&
        !/^(radio|checkbox|button|submit)$/.test(document.activeElement.type)) { return true; }
    return Array.prototype.some.call(region.querySelectorAll("textarea, input, select"), function (field) {
      if (field.tagName === "SELECT") { return chosen(field); }
      return !/^(radio|checkbox|hidden|button|submit)$/.test(field.type) && field.value !== field.defaultValue;
    });
  }

  function place(field) {
    return field.name ? '[name="' + field.name + '"][value="' + String(field.value).replace(/["\\]/g, "\\$&") + '"]' : "";
  }

  function title(fold) { return fold.querySelector("summary") ? fold.querySelector("summary").textContent : ""; }

  function swap(region, fresh) {
    if (region.innerHTML === fresh.innerHTML) { return; }
    var focused = document.activeElement && region.contains(document.activeElement) ? document.activeElement : null;
    var back = focused ? (focused.id ? "#" + focused.id : place(focused) ||
      (focused.getAttribute("href") ? 'a[href="' + focused.getAttribute("href") + '"]' : "")) : "";
    var ticked = [], opened = [];
    Array.prototype.forEach.call(region.querySelectorAll("input[type=checkbox], input[type=radio]"), function (box) {
      if (box.checked !== box.defaultChecked) { ticked.push([place(box), box.checked]); }
    });
    Array.prototype.forEach.call(region.querySelectorAll("details[open]"), function (fold) { opened.push(title(fold)); });
    region.innerHTML = fresh.innerHTML;
    ticked.forEach(function (one) { var box = one[0] && region.querySelector(one[0]); if (box) { box.checked = one[1]; } });
    Array.prototype.forEach.call(region.querySelectorAll("details"), function (fold) {
      if (opened.indexOf(title(fold)) >= 0) { fold.open = true; }
    });
    var target = back && region.querySelector(back);
    if (target) { target.focus({ preventScroll: true }); }
    region.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  }

  function refresh() {
    timer = 0;
    if (running) { again = true; return; }
    running = true;
    asked = Date.now();
    window.fetch(window.location.href, { credentials: "same-origin", headers: { "X-Live": "1" } }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("no page"); }
      return answer.text();
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html"), late = false;
      Array.prototype.forEach.call(document.querySelectorAll("[data-live][id]"), function (region) {
        var fresh = page.getElementById(region.id);
        if (!fresh) { return; }
        if (busy(region)) { late = true; } else { swap(region, fresh); }
      });
      shownAt = new Date();
      stamp = page.body.getAttribute("data-at") || stamp;
      if (late) { soon(5000); }
    }).catch(function () { missed = true; }).then(function () {
      running = false;
      if (again) { again = false; soon(300); }
    });
  }

  // Spread over a moment: a thousand boards must not ask in the same second, nor again and again at dawn.
  function soon(least, spread) {
    if (timer || document.hidden) { missed = missed || document.hidden; return; }
    var rest = board ? Math.max(0, asked + 15000 - Date.now()) : 0;
    timer = window.setTimeout(refresh, Math.max(least, rest) + Math.random() * (spread || (board ? 2500 : 400)));
  }

  function open() {
    if (source || document.hidden) { return; }
    // From when the page is: what changed between it and the stream is told at once.
    source = new EventSource("/live?topics=" + topics.join(",") + (stamp ? "&at=" + stamp : ""));
    source.addEventListener("open", function () {
      window.clearTimeout(lostTimer);
      lostTimer = 0;
      say(false);
      if (missed) { missed = false; soon(0); }
    });
    source.addEventListener("change", function () { soon(200); });
    source.addEventListener("resync", function () { soon(0, 5000); });
    source.addEventListener("error", function () {
      if (!lostTimer) { lostTimer = window.setTimeout(function () { say(true); }, 5000); }
      // A refusal ends the stream for good; a lost line is tried again by the browser itself.
      if (source && source.readyState === 2) { source = null; window.setTimeout(open, 15000); }
    });
  }

  function close() {
    if (source) { source.close(); source = null; }
    window.clearTimeout(timer);
    timer = 0;
  }

  document.addEventListener("visibilitychange", function () { if (document.hidden) { close(); } else { open(); } });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
})();
