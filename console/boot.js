// @ts-check
// Starts the page, and says so when it cannot: a moderator must not wait before an empty window.
import("__GLUE__")
  .then((glue) => glue.default({ module_or_path: new URL("__WASM__", import.meta.url) }))
  .catch((problem) => {
    console.error(problem);
    const show = (/** @type {string} */ id, /** @type {boolean} */ shown) =>
      document.getElementById(id)?.toggleAttribute("hidden", !shown);
    show("starting", false);
    show("failed", true);
  });
