// What is done with an incident at three in the morning goes from the browser to the gateway: it works without the console's process.
import { useEffect, useRef, useState } from "react";
import { listen } from "./live.jsx";
import { ask } from "./parts.jsx";

// As the page said, or as the feed has said since.
function useStatus(ident, status) {
  const [heard, setHeard] = useState(null);
  useEffect(() => setHeard(null), [ident, status]);
  useEffect(() => listen((message) => {
    const row = message.type === "rows" && message.items.findLast((item) => item.id === ident);
    if (row) setHeard(row.status);
  }), [ident]);
  return heard ?? status;
}

export function IncidentStatus({ ident, status }) {
  const now = useStatus(ident, status);
  return <span id="status" className={`status ${now}`}>{now}</span>;
}

// `words`: of a person for each state that the gateway answers; `onActed`: something was done.
export function IncidentActs({ ident, status, may, words, onActed }) {
  const now = useStatus(ident, status);
  const [said, setSaid] = useState("");
  const [failed, setFailed] = useState("");
  const acting = useRef(false);
  useEffect(() => {
    setSaid("");
    setFailed("");
  }, [ident]);
  const act = async (action) => {
    if (acting.current) return;
    acting.current = true;
    setSaid("");
    setFailed("");
    try {
      const { state, why } = await ask("POST", `/alerts/${encodeURIComponent(ident)}/${action}`);
      setSaid(state === "done" && why ? `Done, but ${why}.` : words[state] ?? `Nothing changed: ${why}`);
      onActed?.();
    } catch (error) {
      setFailed(error.message);
    } finally {
      acting.current = false;
    }
  };
  const button = (text, action, kind) => <button type="button" className={kind} disabled={!may} onClick={() => act(action)}>{text}</button>;
  if (now === "resolved") return <span role="status" className="said">{said}</span>;
  return (
    <>
      {now === "acknowledged" ? button("I do not have it", "unacknowledge") : button("Acknowledge", "acknowledge", "first")}
      {button("Resolve", "resolve")}
      {now === "triggered" && button("Escalate now", "escalate")}
      <span role="status" className="said">{said}</span>
      {failed && <span role="alert" className="problem-text">{failed}</span>}
    </>
  );
}
