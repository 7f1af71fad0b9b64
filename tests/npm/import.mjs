// Where there is no page, an import does nothing, and neither does what it gives.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const before = Object.getOwnPropertyNames(globalThis).sort();
const imported = await import("peer-support");
const required = require("peer-support");
assert.deepEqual(Object.keys(imported), ["define"]);
assert.deepEqual(Object.keys(required), ["define"]);
imported.define({ files: "https://support.example/" });
required.define();
assert.deepEqual(Object.getOwnPropertyNames(globalThis).sort(), before);
