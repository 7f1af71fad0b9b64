import { renderToString } from "react-dom/server";
import { App } from "./page.js";

export const html = (server: string) => renderToString(<App server={server} />);
