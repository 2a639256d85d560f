import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";
import type { TabDefinition } from "./tabs";

/** The tab that the page's address asks for, if it does: `?query=`, `?variables=` in JSON. */
export function linkedTab(search: string): TabDefinition[] {
  const asked = new URLSearchParams(search);
  const query = asked.get("query");
  return query ? [{ query, variables: asked.get("variables") ?? "" }] : [];
}

/** Chooses the operation that `?operationName=` names, once the document has been read: Ctrl-Enter runs where the cursor is. */
export function LinkedOperation() {
  const { operations, queryEditor } = useGraphiQL(pick("operations", "queryEditor"));
  const { setOperationName } = useGraphiQLActions();
  const asked = useRef(new URLSearchParams(location.search).get("operationName") ?? "");
  useEffect(() => {
    const operation = asked.current && operations?.find(({ name }) => name?.value === asked.current);
    const start = operation && queryEditor?.getModel()?.getPositionAt(operation.loc?.start ?? 0);
    if (!operation || !start) return;
    setOperationName(asked.current);
    queryEditor?.setPosition(start);
    asked.current = "";
  }, [operations, queryEditor, setOperationName]);
  return null;
}
