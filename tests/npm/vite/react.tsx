import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Support } from "../examples/react";

const { server } = document.documentElement.dataset;
createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <Support server={server!} files="/peer-support/" />
  </StrictMode>,
);
