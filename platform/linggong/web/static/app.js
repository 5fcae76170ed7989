/* Small helps for pages that work without it. ES2017, no dependencies, no inline handlers needed. */
(function () {
  "use strict";

  // 大字版 at once; without scripts the same link asks the server to set the cookie.
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("[data-big]");
    if (!link) { return; }
    event.preventDefault();
    var on = document.documentElement.classList.toggle("big");
    document.cookie = "lg_big=" + (on ? "1" : "0") + "; path=/; max-age=31536000; samesite=lax";
    link.textContent = on ? "标准字" : "大字版";
    link.setAttribute("href", "/prefs/big?on=" + (on ? "0" : "1"));
  });

  // On a narrow screen the menu is a row to be drawn along: it starts at the page that is open.
  var here = document.querySelector(".desk-nav [aria-current]");
  var row = here && here.closest(".desk-nav");
  if (row && row.scrollWidth > row.clientWidth) { row.scrollLeft = here.offsetLeft - row.offsetLeft - 40; }

  // Keys of the desk: an element with data-key="F2" is followed or pressed by F2.
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
    if (!/^F\d$/.test(event.key)) { return; }
    var target = document.querySelector('[data-key="' + event.key + '"]');
    if (!target) { return; }
    event.preventDefault();
    target.click();
  });

  // Check digit of an identity number while it is typed (GB 11643-1999); the server decides all the same.
  function idHint(text) {
    var number = text.trim().toUpperCase();
    if (number.length < 18) { return ["还差 " + (18 - number.length) + " 位", ""]; }
    if (!/^\d{17}[\dX]$/.test(number)) { return ["应为 18 位，前 17 位是数字", "hint-bad"]; }
    var weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    var sum = weights.reduce(function (total, weight, i) { return total + weight * Number(number[i]); }, 0);
    if ("10X98765432"[sum % 11] !== number[17]) { return ["号码对不上，请再看一遍", "hint-bad"]; }
    return [(Number(number[16]) % 2 ? "男" : "女") + "，" + number.slice(6, 10) + " 年生，号码对", "hint-good"];
  }
  document.addEventListener("input", function (event) {
    var field = event.target;
    if (!field.matches || !field.matches("[data-id-check]")) { return; }
    var hint = document.getElementById(field.getAttribute("data-id-check"));
    if (!hint) { return; }
    var answer = field.value ? idHint(field.value) : [hint.getAttribute("data-idle") || "", ""];
    hint.textContent = answer[0];
    hint.className = ("hint " + answer[1]).trim();
  });

  // A PIN of full length is sent without a further key.
  document.addEventListener("input", function (event) {
    var field = event.target;
    var length = field.getAttribute && Number(field.getAttribute("data-send-at"));
    if (!length || !/^\d+$/.test(field.value) || field.value.length !== length || !field.form) { return; }
    if (field.form.requestSubmit) { field.form.requestSubmit(); } else { field.form.querySelector("button").click(); }
  });

  // The browser's Chinese voice, if it has one; the list of voices comes late, so it is asked for early.
  function chinese() {
    if (!window.speechSynthesis || !window.SpeechSynthesisUtterance) { return null; }
    return speechSynthesis.getVoices().filter(function (voice) { return /^(zh|cmn)/i.test(voice.lang); })[0] || null;
  }
  chinese();

  // Helps that belong to an element; a region that was fetched again gets them anew (live.js).
  function help(root) {
    // 全选: appears only where scripts run.
    Array.prototype.forEach.call(root.querySelectorAll("[data-tick-all]"), function (box) {
      var label = box.closest("label");
      if (label) { label.hidden = false; }
      box.addEventListener("change", function () {
        var all = box.form.querySelectorAll('input[type="checkbox"][name="' + box.getAttribute("data-tick-all") + '"]');
        Array.prototype.forEach.call(all, function (one) { one.checked = box.checked; });
      });
    });

    // Copy a line (the spoken card, a trace code) for pasting into a chat.
    Array.prototype.forEach.call(root.querySelectorAll("[data-copy]"), function (button) {
      if (!navigator.clipboard) { return; }
      button.hidden = false;
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(button.getAttribute("data-copy")).then(function () {
          button.textContent = "已复制";
        });
      });
    });

    // 念给我听: the browser's own voice where it has a Chinese one, else the server's sound; a second press stops it.
    Array.prototype.forEach.call(root.querySelectorAll("[data-read]"), function (button) {
      var words = button.querySelector("span") || button, label = words.textContent, sound = null;
      var of = document.getElementById(button.getAttribute("data-read")), href = button.getAttribute("href");
      if (!of || (!href && !chinese())) { return; }
      button.hidden = false;
      function rest() { words.textContent = label; button.removeAttribute("aria-busy"); }
      button.addEventListener("click", function (event) {
        event.preventDefault();
        if (words.textContent === "停") {
          if (sound) { sound.pause(); sound = null; }
          if (window.speechSynthesis) { speechSynthesis.cancel(); }
          rest();
          return;
        }
        words.textContent = "停";
        var voice = chinese();
        if (!voice) {
          sound = new Audio(href);
          sound.addEventListener("ended", rest);
          sound.addEventListener("error", function () { rest(); words.textContent = "现在念不了"; });
          var started = sound.play();
          if (started && started.catch) { started.catch(function () { rest(); }); }
          return;
        }
        var marked = of.querySelectorAll("[data-read-text] li, [data-read-text] span");
        var lines = marked.length ? marked : [of];
        Array.prototype.forEach.call(lines, function (line, n) {
          var said = new SpeechSynthesisUtterance(line.textContent);
          said.lang = "zh-CN";
          said.voice = voice;
          said.rate = 0.9;
          if (n === lines.length - 1) { said.onend = rest; said.onerror = rest; }
          speechSynthesis.speak(said);
        });
      });
    });

    // 用手机定位: asked by this button alone, and only where scripts run.
    Array.prototype.forEach.call(root.querySelectorAll("form[data-locate]"), function (form) {
      if (!navigator.geolocation) { return; }
      form.hidden = false;
      form.querySelector("button").addEventListener("click", function () {
        var told = form.querySelector("[role=status]");
        told.textContent = "正在定位，请等几秒……";
        navigator.geolocation.getCurrentPosition(function (at) {
          form.elements.latitude.value = at.coords.latitude.toFixed(4);
          form.elements.longitude.value = at.coords.longitude.toFixed(4);
          form.submit();
        }, function (error) {
          told.textContent = error.code === 1 ? "手机没让定位。在下面选您的乡镇街道，一样能用。" : "没定到位。在下面选您的乡镇街道，一样能用。";
        }, { timeout: 10000, maximumAge: 600000 });
      });
    });

    // A telephone's photo has up to twenty megabytes: it is made smaller before it goes over a slow line.
    Array.prototype.forEach.call(root.querySelectorAll('input[type="file"][accept*="image"]'), function (input) {
      input.addEventListener("change", function () {
        var file = input.files[0];
        if (!file || input.multiple || file.size < 1500000 || !/^image\//.test(file.type)) { return; }
        if (!window.createImageBitmap || !window.DataTransfer) { return; }
        window.createImageBitmap(file).then(function (picture) {
          var share = Math.min(1, 2000 / Math.max(picture.width, picture.height)), canvas = document.createElement("canvas");
          canvas.width = Math.round(picture.width * share);
          canvas.height = Math.round(picture.height * share);
          canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
          canvas.toBlob(function (blob) {
            if (!blob || blob.size >= file.size || input.files[0] !== file) { return; }
            var bag = new DataTransfer();
            bag.items.add(new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
            input.files = bag.files;
          }, "image/jpeg", 0.85);
        }).catch(function () { return; });
      });
    });

    // A photo that proves something: when it was taken, and where, as far as the telephone says so.
    Array.prototype.forEach.call(root.querySelectorAll("[data-proof]"), function (box) {
      var name = box.getAttribute("data-proof"), form = box.closest("form");
      box.querySelector('input[type="file"]').addEventListener("change", function (event) {
        var file = event.target.files[0], at = form.elements[name + "_taken_at"], point = form.elements[name + "_point"];
        if (!file) { return; }
        at.value = new Date(file.lastModified + 8 * 3600000).toISOString().slice(0, 16);  // the market's clock is Beijing's
        if (navigator.geolocation && Date.now() - file.lastModified < 600000) {
          navigator.geolocation.getCurrentPosition(function (here) {
            point.value = here.coords.latitude.toFixed(6) + "," + here.coords.longitude.toFixed(6);
          }, function () { return; }, { timeout: 10000, maximumAge: 60000 });
        }
      });
    });

    // 打印: only where scripts run; without them the browser's own menu prints.
    Array.prototype.forEach.call(root.querySelectorAll("[data-print]"), function (button) {
      button.hidden = false;
      button.addEventListener("click", function () { window.print(); });
    });

    // How long a number still stands on the page; the page itself goes back at the end, with scripts or without.
    Array.prototype.forEach.call(root.querySelectorAll("[data-left]"), function (span) {
      var end = Date.now() + Number(span.getAttribute("data-left")) * 1000;
      function tell() {
        var left = Math.max(0, Math.round((end - Date.now()) / 1000));
        span.textContent = "（还有 " + Math.floor(left / 60) + " 分 " + (left % 60) + " 秒）";
      }
      tell();
      window.setInterval(tell, 1000);
    });
  }
  help(document);
  document.addEventListener("live", function (event) { help(event.target); });

  // A second press on a slow line must not send twice; the pressed button's name still travels.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if ((form.getAttribute("method") || "get").toLowerCase() === "get") { return; }
    if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "1");
    window.setTimeout(function () { form.removeAttribute("data-sent"); }, 8000);
  });
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(document.querySelectorAll("form[data-sent]"), function (form) {
      form.removeAttribute("data-sent");
    });
  });
})();
