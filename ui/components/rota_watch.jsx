// What one person looks at about who is on call renews itself.
import { useEffect, useRef } from "react";
import { listen } from "./live.jsx";

const SPREAD = 400; // milliseconds: so that not all pages that are open ask at once
const LONGEST = 2_000_000; // seconds: setTimeout counts no further

// Shows nothing; tells when who is on call may have changed: something was saved, the next shift begins, or the connection
// came back. `until`: the next hand-over, or "", in so many `seconds` from when it was said: browsers' clocks are wrong.
// `onChange(people, version)`: whether somebody's or a team's name may be another one; what configuration was told of.
// `names`: tells only when one may be.
export function RotaWatch({ until, seconds, names, onChange }) {
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    let first = true, people = false, version = 0, due = null;
    const stop = listen((message) => {
      if ((message.type === "rota" && (message.people || !names)) || (message.type === "live" && !first)) {
        people ||= message.people ?? true;
        version = message.version ?? 0;
        due ??= setTimeout(() => {
          change.current?.(people, version);
          people = false;
          due = null;
        }, 30 + Math.random() * SPREAD);
      }
      if (message.type === "live") first = false;
    });
    return () => {
      clearTimeout(due);
      stop();
    };
  }, []);
  useEffect(() => {
    if (!until || seconds <= 0 || seconds > LONGEST) return;
    const timer = setTimeout(() => change.current?.(false, 0), 1000 * (seconds + 1));
    return () => clearTimeout(timer);
  }, [until]);
  return null;
}
