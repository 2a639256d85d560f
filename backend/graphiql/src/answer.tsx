import { useGraphiQL } from "@graphiql/react";
import { useRef, useSyncExternalStore } from "react";
import type { Latest } from "./editors";
import type { Answer } from "./fetcher";

const PLACES = new Intl.NumberFormat("en-GB");

/** Below the answer: its status, time and cost, each tab's own; before the first one, what is to be seen here. */
export function AnswerLine({ answers }: { answers: Latest<Answer> }) {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]!);
  const answer = useSyncExternalStore(answers.subscribe, () => answers.value);
  const byTab = useRef(new Map<string, Answer>());
  const last = useRef(answer);
  if (answer && answer !== last.current) {
    last.current = answer;
    byTab.current.set(tab.id, answer);
  }
  const own = byTab.current.get(tab.id);
  if (!own && tab.response == null) return <Hint />;
  return <output data-testid="answer">{own ? words(own) : ""}</output>;
}

function words({ status, took, cost }: Answer): string {
  const parts = [`HTTP ${status}`, `${PLACES.format(Math.round(took))} ms`];
  if (cost) parts.push(`cost ${PLACES.format(cost.requested)} of ${PLACES.format(cost.allowed)}`);
  return parts.join(" · ");
}

function Hint() {
  return (
    <div className="hint" data-testid="hint">
      <p>
        The answer appears here: press <kbd>▶</kbd>, or <kbd>Ctrl</kbd> <kbd>Enter</kbd> in the editor.
      </p>
      <p>The tabs walk through the shop: the catalogue, a quote, an account, an order and what becomes of it; the last four are for staff.</p>
      <p>
        <kbd>Ctrl</kbd> <kbd>Space</kbd> completes, and the book on the left documents every field.
      </p>
    </div>
  );
}
