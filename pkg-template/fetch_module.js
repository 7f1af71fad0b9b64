// @ts-check
/**
 * In the glue of each module that fetches others: the build writes it behind what wasm-bindgen makes.
 */

/** By address; each once for all panels of the page, because a page never lets go of a module. @type {Record<string, Promise<any>>} */
const modules = {};

/** How often one did not come. Firefox remembers that an address gave no module, so the next try asks for another one. */
let failures = 0;

/**
 * A module of ours with its wasm started, by its address without `.js` and `.wasm`.
 * @param {string} address
 */
const fetchModule = (address) =>
  (modules[address] ||= (async () => {
    try {
      const module = await import(`${address}.js?${failures}`);
      await module.default({ module_or_path: address + ".wasm" });
      return module;
    } catch (error) {
      failures++;
      delete modules[address];
      throw error;
    }
  })());
