/* Keys of the desk, for hands that stay on the keyboard; every page works without them. ES2017.
   form[data-enter]: Enter leads to the next empty [data-stop], and sends the form when none is left (a card reader ends with Enter).
   [data-quick]: a group of choices is one stop of Tab; its keys are 1 to 9, 0, then letters, whatever input method is on.
   form[data-match]: up and down choose, Tab changes sides, right leads to a row's buttons, digits choose by number;
   a long number that somebody types, or a reader, goes to the field that signs in. */
(function () {
  "use strict";

  var KEYS = "1234567890ABCDEFGHIJ";

  function key(event) {
    var found = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(event.code || "");
    if (found) { return found[1]; }
    return /^[0-9a-z]$/i.test(event.key) ? event.key.toUpperCase() : "";
  }

  function plain(event) { return !event.ctrlKey && !event.altKey && !event.metaKey; }

  // Choices by one key each.
  function choices(group) { return Array.prototype.slice.call(group.querySelectorAll("input[type=checkbox], input[type=radio]")); }

  function settle(group, at) {
    choices(group).forEach(function (box) { if (box.type === "checkbox") { box.tabIndex = box === at ? 0 : -1; } });
  }

  function mark(root) {
    Array.prototype.forEach.call(root.querySelectorAll("[data-quick]"), function (group) {
      if (group.querySelector("kbd")) { return; }
      choices(group).forEach(function (box, i) {
        var cap = document.createElement("kbd");
        cap.textContent = KEYS[i] || "";
        cap.setAttribute("aria-hidden", "true");
        if (box.nextElementSibling && KEYS[i]) { box.nextElementSibling.insertBefore(cap, box.nextElementSibling.firstChild); }
      });
      settle(group, choices(group)[0]);
    });
  }

  document.addEventListener("keydown", function (event) {
    var group = event.target.closest && event.target.closest("[data-quick]");
    if (!group || !plain(event)) { return; }
    var all = choices(group), now = all.indexOf(event.target), step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step && event.target.type === "checkbox") {
      var next = all[(now + step + all.length) % all.length];
      settle(group, next);
      next.focus();
      event.preventDefault();
      return;
    }
    var box = key(event) && all[KEYS.indexOf(key(event))];
    if (box) { box.click(); settle(group, box); box.focus(); event.preventDefault(); }
  });

  // Enter: on to what is still empty, then away.
  function empty(stop) {
    if (stop.matches("fieldset")) { return !stop.querySelector("input:checked"); }
    return !stop.value.trim() && !(stop.form.elements.contact_kind && stop.name === "phone" && stop.form.elements.contact_kind.value === "station");
  }

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || !plain(event) || !/^(INPUT|SELECT)$/.test(event.target.tagName)) { return; }
    var form = event.target.form, stop = null;
    if (!form || !form.hasAttribute("data-enter")) { return; }
    Array.prototype.forEach.call(form.querySelectorAll("[data-stop]"), function (one) {
      var after = event.target.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!stop && after && empty(one)) { stop = one; }
    });
    if (!stop) { return; }
    event.preventDefault();
    (stop.matches("fieldset") ? stop.querySelector("input") : stop).focus();
  });

  // The two sides of the desk.
  var typed = "", typedAt = 0;

  function digits(event, form) {
    if (!/^[0-9X]$/.test(key(event))) { return false; }
    typed = Date.now() - typedAt < 900 ? typed + key(event) : key(event);
    typedAt = Date.now();
    var sign = document.getElementById("sign");
    if (typed.length > 3 && sign) { sign.value = typed; typed = ""; sign.focus(); return true; }
    var side = event.target.name;
    var row = form.querySelector('input[name="' + side + '"][data-no="' + typed + '"]');
    if (row) { row.checked = true; row.focus(); }
    return true;
  }

  document.addEventListener("keydown", function (event) {
    var form = event.target.form, row = event.target.closest && event.target.closest(".choice"), to = null;
    if (!row || !plain(event) || !document.querySelector("form[data-match]")) { return; }
    var stops = Array.prototype.slice.call(row.querySelectorAll("input[type=radio], .go")), at = stops.indexOf(event.target);
    if (event.key === "ArrowRight") { to = stops[at + 1] || event.target; }
    if (event.key === "ArrowLeft") { to = stops[at - 1] || event.target; }
    if (event.target.type === "radio" && event.key === "Tab") {
      var left = event.target.name === "worker";
      if (left !== event.shiftKey) { to = form.querySelector(left ? "input[name=order]:checked" : "input[name=worker]:checked"); }
      if (!left && !event.shiftKey) { to = form.querySelector("[data-sends]"); }
    }
    if (to) { to.focus(); event.preventDefault(); return; }
    if (event.target.type === "radio" && digits(event, form)) { event.preventDefault(); }
  });

  mark(document);
  document.addEventListener("live", function (event) { mark(event.target); });
  document.addEventListener("htmx:after:swap", function () { mark(document); });
  var wrong = document.querySelector("form[data-enter] [aria-invalid=true]");
  if (wrong) { wrong.focus(); }
})();
