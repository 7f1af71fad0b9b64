// As a server does it for each visit, once: the page with what React rendered in Node.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { html } from "../built/ssr-server/server.js";

const page = readFileSync("built/ssr-client.html", "utf8").replace("<!--html-->", html("SERVER/"));
writeFileSync("built/ssr.html", page);
rmSync("built/ssr-client.html");
