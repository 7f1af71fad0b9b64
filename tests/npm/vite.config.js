import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";

const isCustomElement = (tag) => tag === "peer-support";

export default ({ mode, isSsrBuild }) => ({
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } }), svelte()],
  esbuild: { jsx: "automatic" },
  // The panel's files lie in `public/peer-support`, as the package's README says.
  build:
    mode === "development" && !isSsrBuild
      ? // React alone: strict mode mounts twice in development only.
        { outDir: "built/development", copyPublicDir: false, rollupOptions: { input: "react.html" } }
      : {
          outDir: "built",
          rollupOptions: { input: ["react.html", "vue.html", "svelte.html", "ssr-client.html"] },
        },
  base: mode === "development" ? "/development/" : "/",
  logLevel: "warn",
});
