// @ts-check
/**
 * `?peer-support-doctor` at a page's address: what works there, and what its owner should change. Fetched only then.
 *
 * It tries what the panel does, one thing after the other, and nothing else: it asks the panel's own server for what every
 * visitor may ask for, and sends nothing. Its words are modules beside it, because a page may refuse every other request.
 */

/** @typedef {{name: string, is: "good" | "bad" | "note", text: string, lines: string[]}} Finding */

/** @type {Record<string, string>} */
// @ts-ignore: replaced by the build.
const english = __PEER_SUPPORT_DOCTOR__;

const VERSION = 1;
/** How long an answer may take, and how far a clock may be off. */
const PATIENCE_MS = 6000;
const MOST_OFF_MS = 120000;

const NAME = "peer-support-doctor";

/** Stands before and behind what is filled into a text: an address in Arabic would change places with its full stop. */
const APART = "\u0000";

/** The language that the panel's own button speaks, and else English. @param {any} host */
const wordsOf = async (host) => {
  const language = host.shadowRoot.querySelector("[lang]")?.lang;
  if (language === "en") return english;
  try {
    return { ...english, ...(await import(import.meta.url.replace("doctor.js", `doctor/${language}.js`))).default };
  } catch {
    return english;
  }
};

/**
 * Does `act`, and gives the directives of the page's policy that it violates.
 * @param {() => any} act
 */
const violations = async (act) => {
  /** @type {string[]} */
  const found = [];
  const note = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, disposition }) => {
    if (disposition !== "report") found.push(effectiveDirective);
  };
  addEventListener("securitypolicyviolation", note);
  let failed = false;
  try {
    await act();
  } catch {
    failed = true;
  }
  // The event comes a moment after the error.
  await new Promise((go) => setTimeout(go, 100));
  removeEventListener("securitypolicyviolation", note);
  return { failed, found };
};

/** @param {string} address @param {RequestInit} [options] */
const ask = (address, options) =>
  fetch(address, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS), ...options });

/** What lies over the middle of the button: `nav#menu.wide`. @param {any} host @param {Element} launcher */
const cover = (host, launcher) => {
  const { left, top, width, height } = launcher.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  if (x < 0 || y < 0 || x > innerWidth || y > innerHeight || !width) return "";
  const above = document.elementFromPoint(x, y);
  if (!above || above === host) return;
  return above.localName + (above.id && "#" + above.id) + [...above.classList].map((name) => "." + name).join("");
};

/** Whether the panel answers in a frame. @param {string} address */
const tryFrame = (address) =>
  new Promise((/** @type {(answers: boolean) => void} */ done) => {
    const frame = document.createElement("iframe");
    frame.style.display = "none";
    frame.src = address;
    const hear = (/** @type {MessageEvent} */ { source, data }) => {
      if (source && source === frame.contentWindow && data?.peerSupport === VERSION) end(true);
    };
    const refuse = (/** @type {SecurityPolicyViolationEvent} */ { effectiveDirective, disposition }) => {
      if (disposition !== "report" && /^(frame|child)-src/.test(effectiveDirective)) end(false);
    };
    const end = (/** @type {boolean} */ answers) => {
      clearTimeout(patience);
      removeEventListener("message", hear);
      removeEventListener("securitypolicyviolation", refuse);
      frame.remove();
      // Whoever listens for violations hears this one first.
      setTimeout(done, 0, answers);
    };
    const patience = setTimeout(end, PATIENCE_MS, false);
    addEventListener("message", hear);
    addEventListener("securitypolicyviolation", refuse);
    document.body.append(frame);
  });

/**
 * The findings, one after the other.
 * @param {any} host
 * @param {any} build what the loader knows
 * @param {(key: string, values?: Record<string, string>) => string} t
 */
async function* examine(host, build, t) {
  const files = new URL(build.base);
  const written = (host.server || build.base).replace(/\/?$/, "/");
  /** @type {URL | undefined} */
  let server;
  try {
    server = new URL(written, document.baseURI);
  } catch {
    // What is no address answers as little as a server that is gone.
  }
  const { origin } = location;
  const site = host.site ?? "";
  const values = { base: files.href, server: server?.origin ?? written, origin, site };
  /** @returns {Finding} */
  const finding = (/** @type {string} */ name, /** @type {Finding["is"]} */ is, /** @type {string} */ what, /** @type {string[]} */ lines = [], more = {}) => ({
    name: t(name),
    is,
    text: t(name + "-" + what, { ...values, ...more }),
    lines,
  });
  if (!server) return yield finding("connect", "bad", "silent", [`server="${files.href}"`]);
  const sources = [...new Set([files.origin, server.origin])].filter((source) => source !== origin);
  const directive = (/** @type {string} */ name, ...more) => [name, "'self'", ...sources, ...more].join(" ");

  const launcher = host.shadowRoot.querySelector("[part=launcher]");
  if (!launcher) yield finding("launcher", "note", host.mode === "inline" ? "inline" : "link");
  else if (launcher.hidden) yield finding("launcher", "note", "hidden");
  else {
    const above = cover(host, launcher);
    if (above === undefined) yield finding("launcher", "good", "seen");
    else if (above) yield finding("launcher", "bad", "covered", [`${above} { z-index: auto }`, 'corner="bottom-start"'], { above });
    else yield finding("launcher", "bad", "outside", ['corner="bottom-start"']);
  }

  const isRefused = async (/** @type {() => any} */ act, /** @type {string} */ name) => (await violations(act)).found.includes(name);
  // The shortest module there is.
  const module = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  if (typeof WebAssembly !== "object") yield finding("wasm", "note", "none");
  else if ((await violations(() => WebAssembly.instantiate(module))).failed) {
    yield finding("wasm", "bad", "refused", [directive("script-src", "'wasm-unsafe-eval'")]);
  } else yield finding("wasm", "good", "allowed");

  /** @type {Response | undefined} */
  let loader;
  const asked = await violations(async () => (loader = await ask(files.href + "peer-support.js")));
  const answered = await violations(() => ask(server.href + "peer-support.js", { mode: "no-cors" }));
  if ([...asked.found, ...answered.found].includes("connect-src")) yield finding("connect", "bad", "refused", [directive("connect-src")]);
  else if (answered.failed) yield finding("connect", "bad", "silent", [`server="${server.href}"`]);
  else yield finding("connect", "good", "answers");

  const text = loader?.ok ? await loader.text() : "";
  if (!text) yield finding("script", "note", "unknown");
  else if (text.includes(build.panel)) yield finding("script", "good", "newest");
  else yield finding("script", "bad", "old", [`<script src="${files.href}peer-support.js" async></script>`]);

  /** @type {Response | undefined} */
  let answer;
  const origins = `origins = ["${origin}"]`;
  if (!site) yield finding("site", "note", "none", ['data-site="…"', 'site="…"']);
  else if (!answered.failed) {
    await violations(async () => (answer = await ask(`${server.href}api/v1/sites/${encodeURIComponent(site)}`)));
    if (answer?.ok) {
      yield finding("site", "good", "known");
      yield finding("origin", "good", "allowed");
    } else if (answer?.status === 404 || answer?.status === 400 || answer?.status === 422) {
      yield finding("site", "bad", "unknown", ["[[sites]]", `id = "${site}"`, origins]);
    } else if (answer && answer.status >= 500) yield finding("site", "bad", "failed");
    else yield finding("origin", "bad", "refused", ["[[sites]]", `id = "${site}"`, origins]);
  }

  const clock = Date.parse(answer?.headers.get("date") ?? "");
  if (clock) {
    const off = Math.abs(Date.now() - clock);
    yield off < MOST_OFF_MS ? finding("clock", "good", "right") : finding("clock", "note", "wrong", [], { minutes: String(Math.round(off / 60000)) });
  }

  // A site that the server does not know has no frame.
  if (site && (!answer || answer.ok || answer.status === 403)) {
    /** @type {boolean | undefined} */
    let frames;
    const framed = await violations(async () => (frames = await tryFrame(`${server.href}frame/${encodeURIComponent(site)}`)));
    if (frames) yield finding("frame", "good", "answers");
    else if (framed.found.some((name) => /^(frame|child)-src/.test(name))) yield finding("frame", "bad", "refused", [directive("frame-src")]);
    else yield finding("frame", "bad", "silent", [origins]);
  }

  // Reading what may not be read throws.
  const isStored = () => localStorage.getItem("peer-support-doctor");
  yield (await violations(isStored)).failed ? finding("storage", "note", "denied") : finding("storage", "good", "there");

  const parse = () => new DOMParser().parseFromString("", "text/html");
  yield (await isRefused(parse, "require-trusted-types-for")) ? finding("trusted", "good", "on") : finding("trusted", "note", "off");
}

const SHEET = `:host{all:initial;position:fixed;inset:0 auto auto 0;z-index:2147483647;width:min(560px,100%);max-height:100%;
overflow:auto;color-scheme:light dark;background:Canvas;color:CanvasText;font:16px/1.5 system-ui;box-shadow:0 0 0 1px}
section{padding:16px 24px 32px}h1{font-size:22px;margin:0}h2{font-size:16px;margin:0}ol{list-style:none;padding:0;margin:0}
li{border-top:1px solid;padding:12px 0}p{margin:4px 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:8px;margin:8px 0}
b{border:1px solid;border-radius:4px;padding:0 6px;margin-inline-end:8px}.bad b{border-width:3px}
button{font:inherit;min-height:44px;padding:8px 16px}output{display:block;font-weight:600;margin:8px 0}
@media print{:host{position:static}}`;

/**
 * @param {any} host the element, as its loader began it
 * @param {any} build
 */
export default async (host, build) => {
  if (document.querySelector(NAME)) return;
  const place = document.createElement(NAME);
  const words = await wordsOf(host);
  const t = (/** @type {string} */ key, /** @type {Record<string, string>} */ values = {}) =>
    (words[key] ?? english[key]).replace(/\{(\w+)}/g, (_, name) => `${APART}${values[name] ?? ""}${APART}`);

  const root = place.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SHEET);
  root.adoptedStyleSheets = [sheet];
  const make = (/** @type {string} */ tag, /** @type {(string | Node)[]} */ children, more = {}) => {
    const node = Object.assign(document.createElement(tag), more);
    node.append(...children);
    return node;
  };
  const said = (/** @type {string} */ text) => text.split(APART).map((part, at) => (at % 2 ? make("bdi", [part]) : part));
  const title = make("h1", [t("title")], { id: "title", tabIndex: -1 });
  const state = make("output", [t("checking")]);
  const list = make("ol", []);
  const close = make("button", [t("close")], { onclick: () => place.remove() });
  const section = make("section", [title, make("p", [t("intro")]), state, list, close], { lang: words.lang ?? "en", dir: "auto" });
  section.setAttribute("aria-labelledby", "title");
  root.append(section);

  let n = 0;
  /** @type {Finding[]} */
  const found = [];
  // The button is looked at before we may lie over it.
  for await (const finding of examine(host, build, t)) {
    if (!found.length) {
      document.body.append(place);
      title.focus();
    }
    found.push(finding);
    if (finding.is === "bad") n++;
    const { name, is, text, lines } = finding;
    const heading = make("h2", [make("b", [t(is)]), " ", name]);
    const item = make("li", [heading, make("p", said(text))], { className: is });
    if (lines.length) item.append(make("p", [t("lines")]), make("pre", [lines.join("\n")], { tabIndex: 0, dir: "ltr", ariaLabel: t("lines") }));
    if (lines.length) item.lastElementChild?.setAttribute("role", "group");
    list.append(item);
  }
  state.replaceChildren(...said(n ? t("to-change", { n: String(n) }) : t("all-well")));
};
