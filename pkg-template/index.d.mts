export * from "./peer-support.js";

export interface Options {
  /**
   * Where the panel's files are: the address of your server, or of the folder that you copied `assets` into; either ends in a
   * slash. Without it they are beside this module, which holds where no bundler moved it.
   */
  files?: string | URL;
}

/** Defines `<peer-support>`, once for the page however often it is called; does nothing where there is no page. */
export declare function define(options?: Options): void;
