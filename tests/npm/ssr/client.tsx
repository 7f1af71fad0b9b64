import { hydrateRoot } from "react-dom/client";
import { App } from "./page.js";

const server = document.documentElement.dataset.server!;
hydrateRoot(document.getElementById("app")!, <App server={server} />, {
  onRecoverableError: (error) => console.error("hydration", error),
});
document.documentElement.dataset.hydrated = "";
