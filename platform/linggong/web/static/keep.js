/* Nothing typed is lost when the session ends in the middle of a form: what somebody handed in stays in this tab until the next
   page shows that it was taken, and comes back to him, and to nobody else, once he has signed in again. Passwords, codes and
   files are never kept, and signing out forgets the rest. ES2017. */
(function () {
  "use strict";

  var KEY = "lg_kept", LASTS = 30 * 60 * 1000;
  var who = document.body.getAttribute("data-who") || "";
  var NEVER = /^(password|file|hidden|submit|button)$/, SECRET = /pass|pin|code|totp|secret|_csrf/i;

  function read() { try { return JSON.parse(sessionStorage.getItem(KEY) || "null"); } catch (error) { return null; } }
  function write(kept) { try { sessionStorage.setItem(KEY, JSON.stringify(kept)); } catch (error) { return; } }
  function drop() { try { sessionStorage.removeItem(KEY); } catch (error) { return; } }

  function mayKeep(field) { return field.name && !NEVER.test(field.type) && !SECRET.test(field.name); }

  function note(form) {
    var fields = [];
    Array.prototype.forEach.call(form.elements, function (field, i) {
      if (mayKeep(field)) { fields.push([i, field.name, field.value, field.checked === true]); }
    });
    // A quiz that was marked is answered afresh: what was ticked before is not "not handed in".
    if (!who || !fields.length || form.getAttribute("role") === "search" || form.hasAttribute("data-once")) { return; }
    write({ who: who, path: location.pathname, action: form.getAttribute("action"), fields: fields, at: Date.now() });
  }

  function find(kept) {
    return Array.prototype.filter.call(document.querySelectorAll("form[method=post]"), function (form) {
      return form.getAttribute("action") === kept.action;
    })[0];
  }

  function restore(form, kept) {
    var back = 0;
    kept.fields.forEach(function (one) {
      var field = form.elements[one[0]];
      if (!field || field.name !== one[1] || !mayKeep(field)) { return; }
      if (/^(radio|checkbox)$/.test(field.type)) {
        if (field.value === one[2] && field.checked !== one[3]) { field.checked = one[3]; back += 1; }
      } else if (field.value !== one[2]) { field.value = one[2]; back += 1; }
    });
    if (!back) { return; }
    var line = document.createElement("p");
    line.className = "note note-wait";
    line.setAttribute("role", "status");
    line.textContent = "刚才填的还在，没有交上去。请看一遍，再交一次。";
    form.insertBefore(line, form.firstChild);
  }

  var kept = read();
  if (kept && (Date.now() - kept.at > LASTS || (who && kept.who !== who))) { drop(); kept = null; }
  // A page of nobody's is the door, or says that the session has ended: what was typed waits behind it.
  if (kept && who && !document.querySelector("[data-problem]")) {
    var form = location.pathname === kept.path && find(kept);
    // A page that says "done" has taken it: nothing of it comes back into the next one's form.
    var taken = document.querySelector("#main > [role=status] .note-go, .fault");
    if (form && !taken) { restore(form, kept); } else { drop(); }
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (/^\/sign-out/.test(form.getAttribute("action") || "")) { drop(); }
    else if (form.getAttribute("method") === "post") { note(form); }
  });
})();
