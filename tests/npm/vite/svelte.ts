import { mount } from "svelte";
import Support from "../examples/svelte.svelte";

const { server } = document.documentElement.dataset;
mount(Support, { target: document.getElementById("app")!, props: { server: server!, files: server! } });
