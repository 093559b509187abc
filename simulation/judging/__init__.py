"""The judge: did the promise hold in this run? Reads the outcome, and works out by itself what should have happened.

lost              an accepted alert is in no journal, or only in part; or what a job or a provider said
doubled-alert     an accepted alert is in journals twice
split-group       alerts that belong together are in two lines, or strangers in one
muted             a firing alert was ignored, or its incident suppressed, without a reason that holds; or its incident
                  was merged, and none of those that it went to is open
reopened          an alert that was over opened or joined an incident
untied            an incident was attached to another one, which does not know
unresolved        nothing fires any more and the incident stays open
two-open          an incident was opened while the one before it was open
wrong-policy      an incident follows another policy than the one it was routed to
step-order        steps are not 0, 1, 2, … through every round, then the last resort
early, late       a step, page or wake-up not at its time; the absence of a heartbeat noticed too soon, or not
skipped           a due step, a person or a notification rule was passed over
condition         a step was taken although its conditions do not hold, or passed over although they do
wrong-people      a step called others than those who were on call and could be reached
wrong-hours       quiet hours held a page that was to go, or did not hold one that was to wait
held-urgent       quiet hours held a page of somebody who was called urgently
nobody            a step or the last resort called nobody although somebody could be reached
no-failover       a page failed and the person's next method was not used
ack-lost          an acknowledgement of a ringing incident changed nothing
paged-after-ack   something was decided or sent for a quiet incident
never-paged       a page ordered was neither sent nor withdrawn nor recorded as failed
doubled           a page reached its person oftener than 1 + outcomes the provider could not clear up, or counts twice
hand-off          a schedule changed hands at another time, or to another person, than it says
stalled           something overdue is left at the end
drift             a state read back is not the state that was left
"""

from __future__ import annotations

from simulation.judging.finding import Finding
from simulation.judging.judge import judge

__all__ = ["Finding", "judge"]
