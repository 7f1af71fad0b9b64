// @ts-check
/**
 * In the glue of each module that fetches others: the build writes it behind what wasm-bindgen makes.
 */

/** By address; each once for all panels of the page, because a page never lets go of a module. @type {Record<string, Promise<any>>} */
const modules = {};

/**
 * A module of ours with its wasm started, by its address without `.js` and `.wasm`.
 * @param {string} address
 */
const fetchModule = (address) =>
  (modules[address] ||= (async () => {
    try {
      // Firefox remembers that an address gave no module, so the next try asks for another one.
      const module = await import(`${address}.js?${Date.now()}`);
      await module.default({ module_or_path: address + ".wasm" });
      return module;
    } catch (error) {
      delete modules[address];
      throw error;
    }
  })());
