// The table of the list: of thousands of rows only those near the screen are in the document.
import { memo, startTransition, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { absolute, span, useSaid } from "./parts.jsx";

const CHUNK = 25;
const NEAR = "1500px 0px";
const HEADS = ["", "Severity", "Status", "Title", "Service", "Team", "People", "Alerts", "Age", "Next"];

// " 1 of 2" where its policy asks several people to acknowledge.
function counted(row) {
  const needed = row.required_acknowledgements ?? 1;
  return needed > 1 && row.status !== "resolved" ? <span title="acknowledged"> {row.acknowledgements.length} of {needed}</span> : null;
}

function Clocks({ row }) {
  const opened = new Date(row.opened_at).getTime();
  const due = row.next_at && row.status !== "resolved" ? new Date(row.next_at).getTime() : null;
  const age = useSaid((now) => span((now - opened) / 1000));
  const next = useSaid((now) => (due === null ? "" : due > now ? `in ${span((due - now) / 1000)}` : "now"));
  return (
    <>
      <td role="cell" data-label="Age"><time dateTime={row.opened_at} title={absolute(row.opened_at)}>{age}</time></td>
      <td role="cell" data-label="Next" title={row.next}>{next}</td>
    </>
  );
}

const Row = memo(function Row({ row, place, here, chosen, onChoose, onHere }) {
  const line = useRef(null);
  useEffect(() => {
    if (here) line.current.scrollIntoView({ block: "nearest" });
  }, [here]);
  return (
    <tr ref={line} role="row" aria-rowindex={place} data-id={row.id} data-status={row.status} data-revision={row.revision} aria-selected={chosen} className={here ? "here" : ""} onClick={() => onHere(row.id)}>
      <td role="cell"><input type="checkbox" checked={chosen} onChange={() => onChoose(row.id)} aria-label={`Select ${row.title}`} /></td>
      <td role="cell" data-label="Severity"><span className={`severity ${row.severity}`}>{row.severity}</span></td>
      <td role="cell" data-label="Status"><span className={`status ${row.status}`}>{row.status}</span>{counted(row)}</td>
      <td role="cell" className="title"><Link to={`/incidents/${row.id}`}>{row.title}</Link></td>
      <td role="cell" data-label="Service">{row.service}</td>
      <td role="cell" data-label="Team">{row.team}</td>
      <td role="cell" data-label="People">{row.acknowledged_by ?? row.assignee_names.join(", ")}</td>
      <td role="cell" data-label="Alerts" className="number">{row.alerts_firing}/{row.alerts_total}</td>
      <Clocks row={row} />
    </tr>
  );
});

// Rows that stand together. Far from the screen they are one empty row of the height that they had; what the keyboard is at stays.
function Chunk({ rows, from, here, chosen, onChoose, onHere }) {
  const [far, setFar] = useState(0);
  const body = useRef(null);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      const { isIntersecting, boundingClientRect } = entries[entries.length - 1];
      startTransition(() => setFar(isIntersecting || body.current?.contains(document.activeElement) ? 0 : boundingClientRect.height));
    }, { rootMargin: NEAR });
    seen.observe(body.current);
    return () => seen.disconnect();
  }, []);
  if (far > 0 && !rows.some((row) => row.id === here))
    return <tbody ref={body} role="presentation"><tr role="presentation" className="far"><td role="presentation" colSpan={HEADS.length} style={{ height: far }} /></tr></tbody>;
  return (
    <tbody ref={body} role="rowgroup">
      {rows.map((row, n) => <Row key={row.id} row={row} place={from + n + 2} here={row.id === here} chosen={chosen.has(row.id)} onChoose={onChoose} onHere={onHere} />)}
    </tbody>
  );
}

// `more`: there are rows that were not asked for yet; how many is not known.
export function Rows({ rows, more, ...rest }) {
  const chunks = [];
  for (let from = 0; from < rows.length; from += CHUNK) chunks.push(<Chunk key={from} rows={rows.slice(from, from + CHUNK)} from={from} {...rest} />);
  return (
    <table role="table" className="dense incidents" aria-rowcount={more ? -1 : rows.length + 1}>
      <caption className="out-of-sight">Incidents, newest first</caption>
      <thead role="rowgroup"><tr role="row" aria-rowindex={1}>{HEADS.map((name) => <th key={name} scope="col" role="columnheader" data-label={name} className={name === "Alerts" ? "number" : ""}>{name || <span className="out-of-sight">Select</span>}</th>)}</tr></thead>
      {chunks}
    </table>
  );
}
