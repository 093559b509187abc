// A small part of pages that come anew by themselves.
import { useEffect, useRef } from "react";

// Calls onTick every so many milliseconds while the page is looked at.
export function Every({ ms, onTick }) {
  const latest = useRef(onTick);
  latest.current = onTick;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) latest.current?.();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return null;
}
