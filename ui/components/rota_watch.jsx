// Pages about who is on call renew themselves.
import { useEffect, useRef } from "react";
import { listen } from "./live.jsx";

const AGAIN = 1300; // milliseconds: by then every gateway knows what one of them was told, whichever the console asks
const LONGEST = 2_000_000; // seconds: setTimeout counts no further

// Shows nothing; tells when who is on call may have changed: something was saved, the next shift begins, or the connection
// came back. `until`: the next hand-over, or "", in so many `seconds` from when it was said: browsers' clocks are wrong.
export function RotaWatch({ until, seconds, onChange }) {
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    let first = true;
    const due = new Set();
    const look = (after) => {
      const timer = setTimeout(() => {
        due.delete(timer);
        change.current?.();
      }, after);
      due.add(timer);
    };
    const stop = listen((message) => {
      if (message.type === "rota" || (message.type === "live" && !first)) {
        for (const timer of due) clearTimeout(timer);
        due.clear();
        look(30 + Math.random() * 100);
        look(AGAIN);
      }
      if (message.type === "live") first = false;
    });
    return () => {
      for (const timer of due) clearTimeout(timer);
      stop();
    };
  }, []);
  useEffect(() => {
    if (!until || seconds <= 0 || seconds > LONGEST) return;
    const timer = setTimeout(() => change.current?.(), 1000 * (seconds + 1));
    return () => clearTimeout(timer);
  }, [until]);
  return null;
}
