// What the package's types promise to a module, and refuse.
import { define, type Options, type PeerSupportElement, type View } from "peer-support";

const options: Options = { files: new URL("https://support.example/") };
define(options);
define();
// @ts-expect-error: no such option
define({ folder: "/" });

const panel: PeerSupportElement = document.createElement("peer-support");
const view: View = "help";
panel.open(view);
panel.close();
// @ts-expect-error: no such view
panel.open("elsewhere");
document.querySelector("peer-support")?.leave();
