// Refreshes the table every two seconds, unless somebody reads a page's text or uses the keyboard in it.
const rows = document.getElementById("rows");
const notice = document.getElementById("notice");
async function refresh() {
  if (!rows.querySelector("details[open]") && !rows.contains(document.activeElement)) {
    try {
      const answer = await fetch("outbox/rows" + location.search, { credentials: "same-origin" });
      if (answer.status === 401) location.assign("sign-in");
      if (answer.ok) rows.innerHTML = await answer.text();
      notice.hidden = answer.ok;
    } catch {
      notice.hidden = false;
    }
  }
  setTimeout(refresh, 2000);
}
setTimeout(refresh, 2000);
