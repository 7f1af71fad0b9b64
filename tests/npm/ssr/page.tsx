/** What the server renders and the browser takes over. The panel's files come from the server. */
import { Support } from "../examples/react.js";

export function App({ server }: { server: string }) {
  return (
    <main>
      <h1>Rendered by a server</h1>
      <Support server={server} files={server} />
    </main>
  );
}
