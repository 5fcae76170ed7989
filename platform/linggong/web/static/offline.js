/* The desk without a network (R010): registration, sign-in and arrival are written down in this browser with the time at which they
   happened, sent by themselves when the line is back, each under a key of its own, and stay here with the reason when they are
   refused. Kept for the one who wrote them, until he signs out. ES2017. */
(function () {
  "use strict";

  var KEY = "lg_offline", CACHE = "lg-desk", OLD = 72 * 3600 * 1000, FRESH = 60 * 1000;
  var who = document.body.getAttribute("data-who") || "";
  var main = document.getElementById("main");
  if (!main || !who || !window.fetch || !window.Promise) { return; }

  function read() {
    var found = null;
    try { found = JSON.parse(localStorage.getItem(KEY) || "null"); } catch (error) { found = null; }
    found = found || {};
    found.entries = (found.entries || []).filter(function (one) { return Date.now() - one.at < OLD + 3600 * 1000; });
    return found;
  }
  function write(held) { try { localStorage.setItem(KEY, JSON.stringify(held)); return true; } catch (error) { return false; } }
  function mine(held) { return held.entries.filter(function (one) { return one.who === who; }); }

  var lost = navigator.onLine === false, out = false, said = "", skew = 0, csrf = "";

  function offline() { return lost || navigator.onLine === false; }

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(at) { var d = new Date(at + 8 * 3600 * 1000); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); }
  function name() { return Date.now().toString(36) + "-" + Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2); }

  // What a form that was to be sent means, by where it goes.
  function kindOf(path) {
    var found = /^\/desk\/(register|numbers|orders\/[0-9a-f-]{36}\/arrive)\/?$/.exec(path);
    return !found ? "" : found[1] === "register" ? "register" : found[1] === "numbers" ? "sign_in" : "arrive";
  }
  function expectedName(id) {
    var found = (read().expected || []).filter(function (one) { return one.id === id; })[0];
    return found ? found.name : "";
  }
  function tail(text) { return text ? "尾号 " + text.slice(-4) : ""; }
  function label(kind, fields) {
    if (kind === "register") { return "登记 " + (fields.name ? fields.name[0].slice(0, 1) + "** " : "") + tail((fields.id_number || [""])[0]); }
    if (kind === "sign_in") { return "签到 " + (fields.person ? "名单上的人" : tail((fields.number || [""])[0])); }
    return "到岗 " + expectedName(fields.one[0]);
  }

  function take(kind, fields, at) {
    var held = read();
    delete fields._csrf;
    if (kind === "sign_in" && (fields.call || fields.left)) { said = "叫号和“走了”要有网才行。"; return false; }
    if (kind === "sign_in" && !fields.person && !(fields.number && fields.number[0].trim())) { said = "请先输身份证号或手机号。"; return false; }
    if (kind === "arrive" && !fields.one) {
      if (!fields.ids) { said = "请先勾人，或点一行里的按钮。"; return false; }
      return fields.ids.map(function (id) { return take("arrive", { one: [id] }, at); }).every(Boolean);
    }
    // A roll's form brings the whole roll along: only who came is kept.
    if (kind === "arrive") { fields = { one: fields.one }; }
    if (mine(held).length >= most()) { said = "已经存满 " + most() + " 条，先连上网上传。"; return false; }
    held.entries.push({ id: name(), who: who, kind: kind, at: at, fields: fields, label: label(kind, fields), why: "" });
    if (!write(held)) { said = "这台电脑存不下了，请先记在纸上。"; return false; }
    said = label(kind, fields) + "，" + clock(at) + " 记下了，有网自动上传。";
    return true;
  }
  function most() { return read().most || 200; }

  function fieldsOf(form, button) {
    var fields = {};
    new FormData(form).forEach(function (value, key) { if (typeof value === "string") { (fields[key] = fields[key] || []).push(value); } });
    if (button && button.name) { fields[button.name] = [button.value]; }
    return fields;
  }

  // What cannot be sent is written down, before anybody else hears of the press.
  window.addEventListener("submit", function (event) {
    var form = event.target, button = event.submitter || null;
    var action = new URL((button && button.getAttribute("formaction")) || form.getAttribute("action") || "", location.href);
    if (action.pathname === "/sign-out") { leave(event); return; }
    var kind = kindOf(action.pathname), mended = form.getAttribute("data-mends");
    if (!kind && offline() && (form.getAttribute("method") || "").toLowerCase() === "post") {
      event.preventDefault();
      event.stopImmediatePropagation();
      said = "这一步要有网才能办，填的都还在，连上网再按一次。";
      show();
    }
    if (!kind || !(offline() || mended)) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (take(kind, fieldsOf(form, button), mended ? Number(mended.split("|")[1]) : Date.now())) {
      if (mended) { drop(mended.split("|")[0]); form.removeAttribute("data-mends"); }
      try { sessionStorage.removeItem("lg_kept"); } catch (error) { kind = ""; }
      if (kind !== "arrive") { form.reset(); var first = form.querySelector("[autofocus]") || document.getElementById("sign") || document.getElementById("id_number"); if (first) { first.focus(); } }
    }
    show();
    if (!offline()) { send(); }
  }, true);

  // Signing out clears everything; what was not sent yet is told once before.
  function leave(event) {
    var left = mine(read()).length;
    if (left && !event.target.getAttribute("data-sure")) {
      event.target.setAttribute("data-sure", "1");
      event.preventDefault();
      event.stopImmediatePropagation();
      said = "还有 " + left + " 条没上传，退出就没了。先连上网上传；一定要退出，再按一次“退出”。";
      show();
      return;
    }
    try { localStorage.removeItem(KEY); } catch (error) { said = ""; }
    if (window.caches) { caches.delete(CACHE); }
  }

  function drop(id) {
    var held = read();
    held.entries = held.entries.filter(function (one) { return one.id !== id; });
    write(held);
  }

  // What the worker behind the page could not send.
  function collect() {
    if (!window.caches) { return Promise.resolve(); }
    return caches.open(CACHE).then(function (cache) {
      return cache.keys().then(function (keys) {
        return Promise.all(keys.filter(function (one) { return one.url.indexOf("/desk/offline/stash/") > 0; }).map(function (one) {
          return cache.match(one).then(function (answer) { return answer.json(); }).then(function (kept) {
            var fields = {};
            new URLSearchParams(kept.body).forEach(function (value, key) { (fields[key] = fields[key] || []).push(value); });
            take(kindOf(kept.path), fields, kept.at);
            return cache.delete(one);
          });
        }));
      });
    }).catch(function () { return null; });
  }

  // The line, and what goes over it.
  function ask(force) {
    var held = read();
    if (!force && held.who === who && Date.now() - (held.asked || 0) < FRESH && !mine(held).length) { return Promise.resolve(true); }
    return fetch("/desk/offline/kept", { credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" } }).then(function (answer) {
      lost = false;
      if (answer.status === 401 || answer.status === 403 || answer.redirected) { out = true; return false; }
      if (answer.status !== 200) { return false; }
      return answer.json().then(function (now) {
        var fresh = read();
        skew = new Date(now.now).getTime() - Date.now();
        csrf = now.csrf;
        out = now.who !== who;
        if (out) { return false; }
        fresh.who = who;
        fresh.asked = Date.now();
        fresh.most = now.most;
        fresh.expected = now.expected;
        write(fresh);
        return true;
      });
    }, function () { lost = true; return false; }).catch(function () { return false; });
  }

  var running = false;
  function send() {
    if (running) { return Promise.resolve(); }
    running = true;
    var done = 0, refused = 0;
    return ask(true).then(function (may) {
      function next() {
        var one = may && mine(read()).filter(function (entry) { return !entry.why; })[0];
        if (!one) { return null; }
        var body = new URLSearchParams();
        Object.keys(one.fields).forEach(function (key) { one.fields[key].forEach(function (value) { body.append(key, value); }); });
        // A computer whose clock is wrong wrote down wrong times: they are set right by the server's.
        body.append("at", String(one.at + (Math.abs(skew) > 60000 ? skew : 0)));
        return fetch("/desk/offline/" + one.kind, {
          method: "POST", credentials: "same-origin", body: body,
          headers: { Accept: "application/json", "x-csrf-token": csrf, "Idempotency-Key": "offline-" + one.id },
        }).then(function (answer) {
          if (answer.ok) { done += 1; drop(one.id); return next(); }
          if (answer.status === 401 || answer.status === 403) { out = true; return null; }
          if (answer.status >= 500 || answer.status === 429) { return null; }
          return answer.json().then(function (problem) {
            var held = read(), faults = (problem.errors || []).map(function (f) { return f.message; }).join(" ");
            held.entries.forEach(function (entry) { if (entry.id === one.id) { entry.why = faults || problem.detail || "没通过，请看一遍"; } });
            write(held);
            refused += 1;
            return next();
          });
        }, function () { lost = true; return null; });
      }
      return next();
    }).catch(function () { return null; }).then(function () {
      running = false;
      if (done) { said = done + " 条断网时记的已经上传，时间按当时的记。" + (refused ? "有 " + refused + " 条没通过，要改。" : ""); }
      show();
    });
  }

  // What the clerk sees.
  var note = document.createElement("div");
  note.id = "offline-note";
  note.setAttribute("role", "status");

  function part(tag, text, cls) {
    var made = document.createElement(tag);
    if (cls) { made.className = cls; }
    made.textContent = text;
    return made;
  }

  function show() {
    var held = read(), own = mine(held), bad = own.filter(function (one) { return one.why; }).length, others = held.entries.length - own.length;
    var words = [];
    if (offline()) { words.push("网络断了：登记、签到、到岗照常记，有网自动上传。"); }
    if (out && own.length) { words.push("登录过期了，重新登录后才能上传。"); }
    if (own.length) { words.push(own.length + " 条待上传" + (bad ? "，其中 " + bad + " 条没通过，要改。" : "。")); }
    if (others) { words.push("这台电脑上还有同事的 " + others + " 条，等他登录后上传。"); }
    if (said) { words.push(said); }
    note.textContent = "";
    if (words.length) {
      var line = part("p", "", "note note-" + (bad ? "danger" : offline() || own.length ? "wait" : "go"));
      line.appendChild(part("span", words.join(" ")));
      if ((own.length || offline()) && location.pathname !== "/desk/offline" && !document.getElementById("kept-list")) {
        var link = part("a", "打开断网登记台", "hit push");
        link.href = "/desk/offline";
        line.appendChild(link);
      }
      note.appendChild(line);
      if (!note.parentNode) { main.insertBefore(note, main.firstChild); }
    }
    lists(held, own);
  }

  function button(text, act, cls) {
    var made = part("button", text, "go go-slim" + (cls || ""));
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function mend(one) {
    var form = document.querySelector('form[action="' + { register: "/desk/register", sign_in: "/desk/numbers" }[one.kind] + '"]');
    if (!form) { return; }
    Object.keys(one.fields).forEach(function (key) {
      Array.prototype.forEach.call(form.elements, function (field) {
        if (field.name !== key) { return; }
        if (/^(radio|checkbox)$/.test(field.type)) { field.checked = one.fields[key].indexOf(field.value) >= 0; } else { field.value = one.fields[key][0]; }
      });
    });
    form.setAttribute("data-mends", one.id + "|" + one.at);
    said = one.label + "：" + one.why + " 改好再按一次，时间还是 " + clock(one.at) + "。";
    show();
    var first = form.querySelector("input:not([type=hidden])");
    if (first) { first.focus(); }
  }

  function lists(held, own) {
    var list = document.getElementById("kept-list"), roll = document.getElementById("roll-list");
    if (!list || !roll) { return; }
    list.textContent = "";
    own.forEach(function (one) {
      var item = part("li", "", "row-line apart"), words = part("span", "");
      words.appendChild(part("span", clock(one.at), "num quiet"));
      words.appendChild(part("strong", " " + one.label));
      if (one.why) { words.appendChild(part("span", " 没通过：" + one.why, "hint-bad")); }
      item.appendChild(words);
      var hands = part("span", "", "row-line push");
      if (one.why && one.kind !== "arrive") { hands.appendChild(button("改", function () { mend(one); })); }
      hands.appendChild(button("不要了", function (event) {
        if (!event.target.getAttribute("data-sure")) { event.target.setAttribute("data-sure", "1"); event.target.textContent = "真的不要了？再按一次"; return; }
        drop(one.id);
        show();
      }, " go-plain"));
      item.appendChild(hands);
      list.appendChild(item);
    });
    document.getElementById("kept-none").hidden = own.length > 0;
    roll.textContent = "";
    var noted = own.filter(function (one) { return one.kind === "arrive"; }).map(function (one) { return one.fields.one[0]; });
    (held.expected || []).forEach(function (one) {
      var item = part("li", "", "row-line apart"), words = part("span", "");
      words.appendChild(part("span", one.start, "num quiet"));
      words.appendChild(part("strong", " " + one.name));
      words.appendChild(part("span", " " + one.title, "quiet"));
      item.appendChild(words);
      item.appendChild(noted.indexOf(one.id) >= 0 ? part("span", "到了，待上传", "state state-wait push") : button("到了", function () {
        take("arrive", { one: [one.id] }, Date.now());
        show();
        if (!offline()) { send(); }
      }, " push"));
      roll.appendChild(item);
    });
    document.getElementById("roll-none").hidden = (held.expected || []).length > 0;
  }

  window.addEventListener("online", function () { lost = false; said = ""; send(); });
  window.addEventListener("offline", function () { lost = true; show(); });
  window.setInterval(function () { if (lost || mine(read()).some(function (one) { return !one.why; })) { send(); } }, 20000);

  if ("serviceWorker" in navigator && window.isSecureContext) {
    navigator.serviceWorker.addEventListener("message", function (event) { if (event.data === "kept") { document.documentElement.setAttribute("data-kept", "1"); } });
    navigator.serviceWorker.register("/desk/worker.js", { scope: "/desk" }).then(function () { return navigator.serviceWorker.ready; }).then(function (it) {
      if (!offline()) { it.active.postMessage("keep"); }
    }).catch(function () { return null; });
  }

  if (document.getElementById("kept-list") && /^\/desk\/register/.test(location.pathname)) { document.getElementById("id_number").focus(); }

  collect().then(function () {
    show();
    if (mine(read()).some(function (one) { return !one.why; }) || document.getElementById("kept-list")) { return send(); }
    return ask(false).then(function () { if (lost || out) { show(); } });
  });
})();
