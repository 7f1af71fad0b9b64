// @ts-check
/**
 * The search of the documentation. Without it every page is whole; with it, a question never leaves the page. The index is a
 * script beside this one, fetched when somebody goes to the field: pages that are opened from a disk may load nothing else.
 */
(() => {
  /** @typedef {[address: string, page: string, heading: string, begins: string]} Place */
  const SHOWN = 20;
  const box = /** @type {HTMLElement} */ (document.querySelector("search"));
  const field = /** @type {HTMLInputElement} */ (document.getElementById("site-search"));
  const found = /** @type {HTMLElement} */ (document.getElementById("site-found"));
  const results = /** @type {HTMLElement} */ (document.getElementById("site-results"));
  /** @type {Place[]} */
  let places = [];
  /** @type {Map<string, number[]>} */
  let words = new Map();
  let isAsked = false;

  /** Called by the index. @param {[Place[], Record<string, number[]>]} index */
  const take = ([all, steps]) => {
    places = all;
    words = new Map(Object.entries(steps));
    show();
  };
  Object.defineProperty(self, "peerSupportSearch", { value: take });

  const fetchIndex = () => {
    if (isAsked) return;
    isAsked = true;
    const script = document.createElement("script");
    script.src = "search-index.js";
    script.onerror = () => {
      found.textContent = "The search could not be loaded. The lists of pages lead everywhere.";
      isAsked = false;
    };
    document.head.append(script);
  };

  /** As the index takes texts apart. @param {string} text */
  const wordsOf = (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => [...word].length > 1);

  /** The places that have a word, or one that begins so. @param {string} wanted */
  const having = (wanted) => {
    const where = new Set();
    for (const [word, steps] of words) {
      if (!word.startsWith(wanted)) continue;
      let place = 0;
      for (const step of steps) where.add((place += step));
    }
    return where;
  };

  const show = () => {
    const wanted = wordsOf(field.value);
    results.replaceChildren();
    if (!wanted.length || !places.length) {
      found.textContent = "";
      return;
    }
    const [first, ...others] = wanted.map(having);
    const hits = [...first].filter((place) => others.every((other) => other.has(place)));
    // What a heading says counts for more than what stands below it.
    const weight = (/** @type {number} */ place) => {
      const [, page, heading] = places[place];
      const title = `${page} ${heading}`.toLowerCase();
      return wanted.filter((word) => title.includes(word)).length;
    };
    hits.sort((a, b) => weight(b) - weight(a) || a - b);
    found.textContent = hits.length === 1 ? "1 place" : `${hits.length} places`;
    for (const place of hits.slice(0, SHOWN)) {
      const [address, page, heading, begins] = places[place];
      const link = document.createElement("a");
      link.href = address;
      link.textContent = heading === page ? page : `${page}: ${heading}`;
      const below = document.createElement("small");
      below.textContent = begins;
      const row = document.createElement("li");
      row.append(link, below);
      results.append(row);
    }
  };

  box.hidden = false;
  field.addEventListener("focus", fetchIndex);
  field.addEventListener("input", () => {
    fetchIndex();
    show();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      show();
    }
  });
})();
