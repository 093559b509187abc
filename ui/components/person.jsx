// Small parts of the pages about people that need the browser: its time zone, and its clipboard.
import { useEffect, useState } from "react";

// Shows nothing; tells the zone that this browser goes by, once.
export function BrowserZone({ onZone }) {
  useEffect(() => {
    onZone?.(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC");
  }, []);
  return null;
}

// A text to be taken along: a link, a key, a command. Without a clipboard (plain http) it is selected instead.
export function Copy({ text, label }) {
  const [said, setSaid] = useState("");
  const [id] = useState(() => "copy-" + Math.random().toString(36).slice(2));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      getSelection().selectAllChildren(document.getElementById(id));
      setSaid("Selected; copy it with the keyboard.");
    }
  };
  return (
    <div className="copy">
      <pre id={id} tabIndex={0} role="region" aria-label={label}>{text}</pre>
      <button type="button" onClick={copy}>Copy</button>
      <span role="status" className="dim">{said}</span>
    </div>
  );
}
