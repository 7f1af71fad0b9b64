import { createApp } from "vue";
import Support from "../examples/vue.vue";

const { server } = document.documentElement.dataset;
createApp(Support, { server, files: "/peer-support/" }).mount("#app");
