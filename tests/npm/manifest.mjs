// The package's custom-elements.json, against the schema of its format.
import Ajv from "ajv";
import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(`node_modules/${path}`, "utf8"));
const isValid = new Ajv({ strict: false, allErrors: true }).compile(read("custom-elements-manifest/schema.json"));
if (!isValid(read("peer-support/custom-elements.json"))) {
  console.error(isValid.errors);
  process.exit(1);
}
