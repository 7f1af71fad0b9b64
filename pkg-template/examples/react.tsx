/** A button of your own that opens the panel, in React; it renders on a server, and does nothing there. */
import { useEffect, useRef } from "react";
import { define, type PeerSupportElement } from "peer-support";
import type {} from "peer-support/react";

export interface SupportProps {
  /** The address of your server. */
  server: string;
  /** Where the panel's files are: the server too, or a folder of your own. */
  files: string;
}

export function Support({ server, files }: SupportProps) {
  const panel = useRef<PeerSupportElement>(null);
  // Twice in strict mode, which is the same as once.
  useEffect(() => define({ files }), [files]);
  return (
    <>
      <button type="button" onClick={() => panel.current?.open("help")}>
        Talk to someone
      </button>
      <peer-support ref={panel} server={server} site="demo" country="GB">
        <p>
          In danger now? Call <a href="tel:999">999</a>.
        </p>
      </peer-support>
    </>
  );
}
