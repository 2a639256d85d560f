import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";

import { ToolbarButton, useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./api";
import { newKey, sampleTabs } from "./samples";
import { SignIn } from "./sign-in";
import { keepOwnTabs, ownTabs, storage } from "./storage";
import type { TabDefinition } from "./tabs";

interface PageProps {
  endpoint: string;
  demo: boolean;
  samples: TabDefinition[];
}

function Page({ endpoint, demo, samples }: PageProps) {
  const [bar, setBar] = useState<HTMLElement | null>(null);
  const fetcher = useMemo(() => createFetcher(endpoint), [endpoint]);
  const tabs = useMemo(() => [...samples, ...ownTabs()], [samples]);
  return (
    <>
      <header ref={setBar} className="graphiql-container bar" />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={tabs}
        shouldPersistHeaders={false}
        defaultEditorToolsVisibility="variables"
        onTabChange={(state) => keepOwnTabs(state.tabs, samples)}
      >
        <GraphiQL.Toolbar>
          {({ prettify, copy, merge }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <NewKeyButton />
            </>
          )}
        </GraphiQL.Toolbar>
        {bar && <SignIn endpoint={endpoint} demo={demo} bar={bar} />}
      </GraphiQL>
    </>
  );
}

function NewKeyButton() {
  const editor = useGraphiQL((state) => state.variableEditor);
  function renew() {
    const text = editor?.getValue() ?? "";
    editor?.setValue(text.replace(/("idempotencyKey"\s*:\s*")[^"]*/g, `$1${newKey()}`));
  }
  return (
    <ToolbarButton label="New idempotency key" onClick={renew}>
      <svg viewBox="0 0 16 16" className="graphiql-toolbar-icon" fill="none" stroke="currentColor" aria-hidden="true">
        <circle cx="5" cy="8" r="3" />
        <path d="M8 8h7M12 8v3M14.5 8v2" />
      </svg>
    </ToolbarButton>
  );
}

async function start(root: HTMLElement) {
  const endpoint = new URL(root.dataset.endpoint ?? "", location.href).href;
  const demo = root.dataset.demo === "true";
  const samples = await sampleTabs(endpoint, demo);
  createRoot(root).render(<Page endpoint={endpoint} demo={demo} samples={samples} />);
}

void start(document.getElementById("graphiql")!);
