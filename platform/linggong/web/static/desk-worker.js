/* Keeps the desk's page for an hour without a network (R010): any page of the desk that cannot be fetched is answered by /desk/offline as
   it was last seen, and a registration, sign-in or arrival that could not be sent is handed to it. Nothing else is kept. ES2017. */
(function () {
  "use strict";

  var SHELL = "/desk/offline", CACHE = "lg-desk", STASH = "/desk/offline/stash/";
  var WRITES = /^\/desk\/(register|numbers|orders\/[0-9a-f-]{36}\/arrive)\/?$/;

  self.addEventListener("install", function () { self.skipWaiting(); });
  self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

  function keep() {
    return Promise.all([caches.open(CACHE), fetch(SHELL, { credentials: "same-origin", cache: "no-store" })]).then(function (got) {
      var cache = got[0], answer = got[1];
      if (!answer.ok || answer.redirected) { return null; }
      return answer.clone().text().then(function (text) {
        var files = [], part = /(?:href|src)="(\/static\/[^"#]+)/g, found;
        while ((found = part.exec(text))) { if (files.indexOf(found[1]) < 0) { files.push(found[1]); } }
        return Promise.all(files.map(function (file) {
          return cache.match(file).then(function (held) { return held || cache.add(file); });
        })).then(function () { return cache.put(SHELL, answer); });
      });
    });
  }

  self.addEventListener("message", function (event) {
    if (event.data !== "keep") { return; }
    event.waitUntil(keep().then(function () { if (event.source) { event.source.postMessage("kept"); } }).catch(function () { return null; }));
  });

  function shell() {
    return caches.match(SHELL).then(function (held) { return held || Response.error(); });
  }

  function stash(request, path) {
    return request.text().then(function (body) {
      var name = STASH + Date.now() + "-" + Math.random().toString(36).slice(2);
      return caches.open(CACHE).then(function (cache) {
        return cache.put(name, new Response(JSON.stringify({ path: path, body: body, at: Date.now() })));
      });
    });
  }

  self.addEventListener("fetch", function (event) {
    var request = event.request, path = new URL(request.url).pathname;
    if (path.indexOf("/static/") === 0) {
      event.respondWith(fetch(request).catch(function () {
        return caches.match(request).then(function (held) { return held || Response.error(); });
      }));
      return;
    }
    if (request.mode !== "navigate" || !/^\/desk(\/|$)/.test(path)) { return; }
    if (request.method === "GET") { event.respondWith(fetch(request).catch(shell)); return; }
    if (request.method !== "POST" || !WRITES.test(path)) { return; }
    var again = request.clone();
    event.respondWith(fetch(request).catch(function () { return stash(again, path).then(shell); }));
  });
})();
