import "./nonce";
import "graphiql/setup-workers/vite";
// What graphiql/style.css holds, without a second copy of the editor's styles and fonts inside of it.
import "@fontsource/fira-code/latin-400.css";
import "@fontsource/roboto/latin-400.css";
import "@fontsource/roboto/latin-500.css";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./page.css";

import { GraphiQL } from "graphiql";
import { useMemo } from "react";
import { createRoot } from "react-dom/client";
import { post } from "./api";
import { AnswerLine } from "./answer";
import { AccessibleEditors, Latest, NewKeyButton, OrderFiller } from "./editors";
import { type Answer, createFetcher } from "./fetcher";
import { LinkedOperation, linkedTab } from "./link";
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

const linked = linkedTab(location.search);

function Page({ endpoint, demo, samples }: PageProps) {
  const session = useMemo(() => new Session((request, headers) => post(endpoint, request, headers)), [endpoint]);
  const latest = useMemo(() => new Latest<string>(), []);
  const answers = useMemo(() => new Latest<Answer>(), []);
  const known = useMemo(() => [...linked, ...samples], [samples]);
  const tabs = useMemo(() => [...known, ...ownTabs()], [known]);
  const fetcher = useMemo(() => {
    const see = (data: unknown) => {
      session.adopt(data);
      const order = orderIn(data);
      if (order) latest.see(order);
    };
    return createFetcher(endpoint, session, { data: see, answer: answers.see });
  }, [endpoint, session, latest, answers]);
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
        onTabChange={(state) => keepOwnTabs(state.tabs, known)}
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
        <GraphiQL.Footer>
          <AnswerLine answers={answers} />
        </GraphiQL.Footer>
        <AccessibleEditors />
        <LinkedOperation />
        <OrderFiller latest={latest} />
      </GraphiQL>
    </>
  );
}

async function start(root: HTMLElement) {
  void import("monaco-graphql/esm/monaco-editor.js"); // GraphiQL asks for it after its first drawing only
  const endpoint = new URL(root.dataset.endpoint ?? "", location.href).href;
  const demo = root.dataset.demo === "true";
  createRoot(root).render(<Page endpoint={endpoint} demo={demo} samples={await sampleTabs(endpoint)} />);
}

void start(document.getElementById("graphiql")!);
