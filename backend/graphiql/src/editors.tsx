import { pick, ToolbarButton, useGraphiQL } from "@graphiql/react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { NO_ORDER, withNewKey, withOrder } from "./variables";

type Editor = NonNullable<ReturnType<typeof useMonacoEditors>["queryEditor"]>;

function useMonacoEditors() {
  return useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"));
}

/** Gives the editors names, and a way out: Enter goes into the one that has the focus, Tab indents, Escape leaves. */
export function AccessibleEditors() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useMonacoEditors();
  useEffect(() => name(queryEditor, "Operation"), [queryEditor]);
  useEffect(() => name(variableEditor, "Variables, JSON"), [variableEditor]);
  useEffect(() => name(headerEditor, "Headers, JSON"), [headerEditor]);
  useEffect(() => name(responseEditor, "Response"), [responseEditor]);
  return null;
}

function name(editor: Editor | undefined, label: string): void {
  if (!editor) return;
  editor.updateOptions({ ariaLabel: label });
  const frame = editor.getContainerDomNode();
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", `${label} (Enter to edit, Escape to leave)`);
  // An Escape that closes suggestions or a search never gets here.
  frame.onkeydown = (event) => {
    if (event.key === "Escape") frame.focus();
  };
}

export function NewKeyButton() {
  const editor = useGraphiQL((state) => state.variableEditor);
  return (
    <ToolbarButton label="New idempotency key" onClick={() => editor?.setValue(withNewKey(editor.getValue()))}>
      <svg viewBox="0 0 16 16" className="graphiql-toolbar-icon" fill="none" stroke="currentColor" aria-hidden="true">
        <circle cx="5" cy="8" r="3" />
        <path d="M8 8h7M12 8v3M14.5 8v2" />
      </svg>
    </ToolbarButton>
  );
}

/** The order last seen in a reply. */
export class LatestOrder {
  id = NO_ORDER;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  see(id: string): void {
    this.id = id;
    for (const listener of this.#listeners) listener();
  }
}

/** Writes the id of the order last seen into the open tab's variables, where the tab waits for one. */
export function OrderFiller({ latest }: { latest: LatestOrder }) {
  const { activeTabIndex, variableEditor } = useGraphiQL(pick("activeTabIndex", "variableEditor"));
  const id = useSyncExternalStore(latest.subscribe, () => latest.id);
  const filled = useRef(new Set<string>());
  useEffect(() => {
    if (!variableEditor || id === NO_ORDER) return;
    filled.current.add(id);
    const text = variableEditor.getValue();
    const about = withOrder(text, filled.current, id);
    if (about !== text) variableEditor.setValue(about);
  }, [activeTabIndex, variableEditor, id]);
  return null;
}
