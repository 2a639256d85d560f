import "./nonce";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";

import { GraphiQL } from "graphiql";
import { useMemo } from "react";
import { createRoot } from "react-dom/client";
import { post } from "./api";
import { AccessibleEditors, LatestOrder, NewKeyButton, OrderFiller } from "./editors";
import { createFetcher } from "./fetcher";
import { sampleTabs } from "./samples";
import { Session } from "./session";
import { SessionBar } from "./session-bar";
import { keepOwnTabs, ownTabs, storage } from "./storage";
import type { TabDefinition } from "./tabs";
import { orderIn } from "./variables";

interface PageProps {
  endpoint: string;
  demo: boolean;
  samples: TabDefinition[];
}

function Page({ endpoint, demo, samples }: PageProps) {
  const session = useMemo(() => new Session((request, headers) => post(endpoint, request, headers)), [endpoint]);
  const latest = useMemo(() => new LatestOrder(), []);
  const tabs = useMemo(() => [...samples, ...ownTabs()], [samples]);
  const fetcher = useMemo(() => {
    const see = (data: unknown) => {
      const order = orderIn(data);
      if (order) latest.see(order);
    };
    return createFetcher(endpoint, session, see);
  }, [endpoint, session, latest]);
  return (
    <>
      <SessionBar session={session} demo={demo} />
      <GraphiQL
        fetcher={fetcher}
        storage={storage}
        defaultTabs={tabs}
        initialVariables={tabs[0]?.variables ?? ""}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
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
        <AccessibleEditors />
        <OrderFiller latest={latest} />
      </GraphiQL>
    </>
  );
}

async function start(root: HTMLElement) {
  const endpoint = new URL(root.dataset.endpoint ?? "", location.href).href;
  const demo = root.dataset.demo === "true";
  createRoot(root).render(<Page endpoint={endpoint} demo={demo} samples={await sampleTabs(endpoint)} />);
}

void start(document.getElementById("graphiql")!);
