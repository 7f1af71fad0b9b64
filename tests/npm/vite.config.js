import { svelte } from "@sveltejs/vite-plugin-svelte";
import vue from "@vitejs/plugin-vue";

const isCustomElement = (tag) => tag === "peer-support";

export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } }), svelte()],
  esbuild: { jsx: "automatic" },
  // The panel's files lie in `public/peer-support`, as the package's README says.
  build: {
    outDir: "built",
    rollupOptions: { input: ["react.html", "vue.html", "svelte.html", "ssr-client.html"] },
  },
  logLevel: "warn",
};
