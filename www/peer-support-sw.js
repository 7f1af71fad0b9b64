// Keeps the panel for pages without a network. A service worker works for the site whose root it is served from, so the
// owner puts this file there and registers it in the pages that have the snippet:
//
//   <script>navigator.serviceWorker?.register("/peer-support-sw.js").catch(() => {})</script>
//
// It keeps the loader, and of the panel what the visitor has used: its script and wasm, their language, the countries
// they looked at. It keeps no page, no post and nothing that was written, and leaves every other request alone. Still it
// is a trace: who searches the device can see that a panel was opened here, and for which countries. A site whose
// visitors share their device with somebody they fear should do without it.

/** Where `peer-support.js` lies, with a slash at the end; change it when that is another server. */
const PANEL = new URL("/", location.href).href;

const KEPT = "peer-support-1";

/** How long the network may take to give a newer loader than the one that is kept. */
const PATIENCE_MS = 2000;

const LOADER = PANEL + "peer-support.js";

/** What is shown in place of any page that could not be loaded. */
const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>No connection</title>
  <h1>This page could not be loaded</h1>
  <p>You may have no connection to the internet. You can still call these numbers.</p>
  <peer-support mode="inline"></peer-support>
  <script src="${LOADER}" async></script>
</html>`;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(KEPT).then((kept) => kept.add(new Request(LOADER, { mode: "no-cors" }))).catch(() => {}));
});

addEventListener("activate", (event) => {
  const old = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("peer-support-") && name !== KEPT) await caches.delete(name);
    }
    await clients.claim();
  };
  event.waitUntil(old());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    const page = () => new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
    event.respondWith(fetch(request).catch(page));
  } else if (request.url === LOADER) {
    event.respondWith(newest(request));
  } else if (request.url.startsWith(PANEL + "assets/")) {
    event.respondWith(kept(request));
  }
});

/** The loader of the network; where that fails or takes long, the one that is kept. */
async function newest(request) {
  const cache = await caches.open(KEPT);
  const fresh = fetch(request).then((answer) => keep(cache, request, answer));
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
  try {
    return await Promise.race([fresh, late]);
  } catch {
    return (await cache.match(request)) ?? fresh;
  }
}

/** A file whose name changes with what is in it: once kept, it is not asked for again. */
async function kept(request) {
  const cache = await caches.open(KEPT);
  // The loader counts its tries in the query.
  const found = await cache.match(request, { ignoreSearch: true });
  return found ?? keep(cache, request, await fetch(request));
}

/** Keeps a good answer, and lets go of the same file's older versions. */
async function keep(cache, request, answer) {
  // An answer of another server to a plain script is opaque, and its status zero.
  if (!answer.ok && answer.type !== "opaque") throw answer;
  const version = /\/assets\/([a-z]+)-([0-9a-f]+)/.exec(request.url);
  for (const old of version ? await cache.keys() : []) {
    const other = /\/assets\/([a-z]+)-([0-9a-f]+)/.exec(old.url);
    if (other?.[1] === version[1] && other[2] !== version[2]) await cache.delete(old);
  }
  await cache.put(request, answer.clone());
  return answer;
}
